"""The benchmark environment: PostgreSQL, Redis, nginx and the site on loopback."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.harness.processes import MeasurementFailed, Processes, end_with_parent, free_port, is_listening, wait_until

PROJECT_DIR = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
HOST = "127.0.0.1"
DEBIAN_PACKAGES = {"wrk": "wrk", "nginx": "nginx", "redis-server": "redis-server", "postgres": "postgresql"}
POSTGRESQL_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
}


def postgresql_bin_dir() -> Path | None:
    """The folder with initdb and postgres, of the newest version where there are several."""
    found = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "postgres").exists()]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


def find_program(name: str) -> str:
    """Path of a program; nginx is in /usr/sbin, which not everybody has on PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin") or ""


def missing_packages(needed: set[str], *, own_server: bool) -> list[str]:
    """Debian's names of what `needed` (keys of DEBIAN_PACKAGES) lacks."""
    lacking = {DEBIAN_PACKAGES[name] for name in needed - {"postgres"} if not find_program(name)}
    if own_server and postgresql_bin_dir() is None:
        lacking.add(DEBIAN_PACKAGES["postgres"])
    return sorted(lacking)


def _postgresql_account() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as: ourselves (None), or `postgres` for root, whom it refuses."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


@dataclass
class BenchEnvironment:
    """Where things lie and what runs. `postgresql_url`: address of PostgreSQL, without a database."""

    work_dir: Path
    processes: Processes
    postgresql_url: str = ""
    redis_url: str = ""
    node_count: int = field(default=0, init=False)

    def ensure_folder(self, name: str) -> Path:
        made = self.work_dir / name
        made.mkdir(parents=True, exist_ok=True)
        return made

    # --- PostgreSQL -----------------------------------------------------------------------------------------------

    def start_database_server(self) -> None:
        """Our own cluster, which keeps its databases from one run to the next."""
        programs, account = postgresql_bin_dir(), _postgresql_account()
        data, port = self.work_dir / "postgresql", free_port()
        other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        if not (data / "PG_VERSION").exists():
            data.mkdir(mode=0o700, exist_ok=True)
            if account:
                os.chown(data, account.pw_uid, account.pw_gid)
            made = subprocess.run(
                [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
                capture_output=True, text=True, check=False, cwd="/", **other,
            )  # fmt: skip
            if made.returncode:
                hint = f" Can the user postgres reach {data}? Choose another folder with --work." if account else ""
                raise MeasurementFailed(f"initdb failed: {made.stderr.strip()[-500:]}{hint}")
        settings = [word for name, value in POSTGRESQL_SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [programs / "postgres", "-D", data, "-p", port, *settings]
        # SIGINT: its "fast" end, which waits for no client.
        self.processes.start_server("postgresql", command, port, stopping=signal.SIGINT, cwd="/", **other)
        self.postgresql_url = f"postgresql://postgres@{HOST}:{port}"
        wait_until(
            self._database_answers, f"PostgreSQL does not answer: {self.processes.log_tail('postgresql')}", pause=0.2
        )

    def _database_answers(self) -> bool:
        try:
            with psycopg.connect(self.database_url("postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def database_url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.postgresql_url)._replace(path=f"/{database}"))

    def create_database(self, name: str) -> None:
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                made = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name))
                connection.execute(made)
                self.head_file(name).unlink(missing_ok=True)  # of a database of this name that is gone

    def head_file(self, database: str) -> Path:
        return self.ensure_folder("site") / f"ledger-heads-{database}.jsonl"

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def database_version(self) -> str:
        with psycopg.connect(self.database_url("postgres")) as connection:
            return connection.execute("SHOW server_version").fetchone()[0]

    # --- Redis ----------------------------------------------------------------------------------------------------

    def ensure_redis(self) -> str:
        """Address of a Redis of our own, started at the first call."""
        if not self.redis_url or not is_listening(urlsplit(self.redis_url).port):
            port = free_port()
            # As docs/operations.md asks for reads: what was acknowledged is on the disk.
            keeping = ["--save", "", "--appendonly", "yes", "--dir", self.ensure_folder("redis")]
            self.processes.start_server(
                "redis", [find_program("redis-server"), "--bind", HOST, "--port", port, *keeping], port
            )
            self.redis_url = f"redis://{HOST}:{port}/0"
        return self.redis_url

    # --- The site -------------------------------------------------------------------------------------------------

    def process_environ(self, database: str, **more: str) -> dict[str, str]:
        """Variables of a process of the site, as in production; nothing of the caller's own settings gets through."""
        var = self.ensure_folder("site")
        secret = self.work_dir / "secret-key"
        if not secret.exists():
            secret.write_text(secrets.token_urlsafe(50))
        own = {
            "DATABASE_URL": self.database_url(database), "VAR_DIR": str(var), "SECRET_KEY": secret.read_text(),
            "SIGNING_KEY_FILE": str(var / "keys/signing.pem"), "TRUSTED_KEYS_DIR": str(var / "keys/trusted"),
            "LEDGER_HEAD_FILE": str(self.head_file(database)), "SEAL_SITE": "bench", "DEBUG": "0",
            "DEMONSTRATION": "0", "SITE_URL": f"http://{HOST}:8000", "ALLOWED_HOSTS": f"{HOST},localhost",
            "TRUSTED_PROXIES": HOST, "REDIS_URL": "", "EMAIL_URL": "dummymail://", "WEBHOOK_URLS": "",
            "LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "portal.settings", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        return kept | own | more

    def run_python(self, arguments: list[object], environment: dict[str, str], *, stream_output: bool = False) -> str:
        """What a program of the project said. Raises MeasurementFailed with the end of its complaint."""
        process = subprocess.Popen(
            [PYTHON, *map(str, arguments)], cwd=PROJECT_DIR, env=environment, text=True, stderr=subprocess.PIPE,
            stdout=None if stream_output else subprocess.PIPE, preexec_fn=end_with_parent,  # noqa: PLW1509 (one prctl, no lock)
        )  # fmt: skip
        try:
            said, complaint = process.communicate()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if process.returncode:
            raise MeasurementFailed(f"python {' '.join(map(str, arguments[:4]))}: {complaint.strip()[-800:]}")
        return said or ""

    def start_site(self, database: str, *, workers: int = 2, threads: int = 0, **more: str) -> "SiteNode":
        """gunicorn with the site, sync workers, or `threads` threads in each."""
        self.node_count += 1
        return self.start_gunicorn(
            f"site-{self.node_count}", "portal.wsgi", self.process_environ(database, **more), workers, threads
        )

    def start_gunicorn(
        self, name: str, application: str, environment: dict[str, str], workers: int, threads: int = 0
    ) -> "SiteNode":
        port = free_port()
        kind = ["--worker-class", "gthread", "--threads", threads] if threads else []
        command = [PYTHON, "-m", "gunicorn", application, "--workers", workers, *kind, "--bind", f"{HOST}:{port}"]
        command += ["--log-level", "warning", "--graceful-timeout", 3, "--no-control-socket"]
        process = self.processes.start_server(name, command, port, environment=environment, cwd=PROJECT_DIR)
        return SiteNode(f"http://{HOST}:{port}", port, process.pid)

    # --- nginx ----------------------------------------------------------------------------------------------------

    def start_nginx(self, name: str, configuration: str, port: int) -> str:
        """nginx with this configuration; its address."""
        file = self.ensure_folder("nginx") / f"{name}.conf"
        file.write_text(configuration)
        command = [
            find_program("nginx"),
            "-c",
            file,
            "-e",
            self.ensure_folder("logs") / f"{name}.error.log",
            "-g",
            "daemon off;",
        ]
        self.processes.start_server(name, command, port)
        return f"http://{HOST}:{port}"


@dataclass(frozen=True)
class SiteNode:
    """One gunicorn with its workers."""

    address: str
    port: int
    pid: int
