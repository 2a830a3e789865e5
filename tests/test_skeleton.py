"""The scripts under bin/, and the test environment itself."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from departments.models import Role
from ledger import guards
from ledger.models import Entry
from ledger.record import record
from tests.browser.conftest import IN_EVERY_RUN
from workflow.models import Pipeline

PROJECT = Path(settings.BASE_DIR)
SCRIPTS = ["bin/run", "bin/test", "bin/_setup", ".ci/run"]


def copy_of_the_scripts(folder: Path) -> Path:
    """A clone with the scripts and requirements only, so that nothing is set up in this one."""
    for name in [*SCRIPTS, "requirements.txt", "requirements-dev.txt"]:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    return folder


def made_up_python(file: Path, version: str, *, has_venv: bool = True) -> None:
    """A program that answers like a Python of `version`, as far as the scripts ask."""
    major, minor, _ = map(int, version.split("."))
    old = (major, minor) < (3, 11)
    file.write_text(
        "#!/bin/sh\n"
        f'case "$2" in *ensurepip*) exit {0 if has_venv else 1} ;; *) echo {version}; exit {int(old)} ;; esac\n'
    )
    file.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """A folder of programs that holds what every system has, and no Python and no uv."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in [
        "sh",
        "cat",
        "cksum",
        "basename",
        "dirname",
        "mktemp",
        "rm",
        "sed",
        "tail",
        "find",
        "sort",
        "id",
        "uname",
    ]:
        (programs / name).symlink_to(shutil.which(name))
    return programs


def run(command: str, clone: Path, programs: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        command.split(),
        cwd=clone,
        env={"PATH": str(programs), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_written_in_plain_shell(script):
    assert (PROJECT / script).read_text().startswith(("#!/bin/sh\n", "# shellcheck shell=sh\n"))
    subprocess.run(["sh", "-n", PROJECT / script], check=True)


def test_every_browser_test_that_bin_test_names_is_there():
    files = [file.read_text() for file in (PROJECT / "tests/browser").glob("test_*.py")]
    assert [name for name in IN_EVERY_RUN if not any(f"def {name}(" in text for text in files)] == []


@pytest.mark.parametrize("script", ["bin/run", "bin/test", ".ci/run"])
def test_a_script_can_be_executed(script):
    assert os.access(PROJECT / script, os.X_OK)


def test_a_machine_without_python_is_told_what_to_install(tmp_path, machine):
    done = run("bin/run", copy_of_the_scripts(tmp_path), machine)
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr
    assert "apt install python3" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_that_is_too_old_is_named_with_its_version(tmp_path, machine):
    made_up_python(machine / "python3", "3.9.2")
    made_up_python(machine / "python", "2.7.18")
    done = run("bin/run", copy_of_the_scripts(tmp_path), machine)
    assert done.returncode == 1
    assert "too old: python3 is 3.9.2; python is 2.7.18" in done.stderr


def test_a_python_shim_that_fails_is_passed_over(tmp_path, machine):
    (machine / "python3.12").write_text("#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n")
    (machine / "python3.12").chmod(0o755)
    made_up_python(machine / "python3", "3.11.2", has_venv=False)
    done = run("bin/run", copy_of_the_scripts(tmp_path), machine)
    assert done.returncode == 1
    assert "python3 (3.11.2) cannot make virtual environments" in done.stderr
    assert "apt install python3-venv" in done.stderr


def test_the_quick_tests_ask_for_python_and_for_nothing_else(tmp_path, machine):
    done = run("bin/test --quick", copy_of_the_scripts(tmp_path), machine)
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr


def test_the_python_that_is_asked_for_is_tried_first(tmp_path, machine):
    made_up_python(tmp_path / "special", "3.13.1", has_venv=False)
    done = run("bin/run", copy_of_the_scripts(tmp_path), machine, PYTHON=str(tmp_path / "special"))
    assert done.returncode == 1
    assert f"{tmp_path / 'special'} (3.13.1) cannot make virtual environments" in done.stderr


def test_an_unknown_argument_is_answered_with_the_usage():
    done = subprocess.run([PROJECT / "bin/run", "--port"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "From a fresh clone to a running site" in done.stdout


def test_a_taken_port_is_said_before_anything_is_set_up(tmp_path):
    if not (PROJECT / ".venv/installed-requirements.txt").exists():
        pytest.skip("bin/run has not set this clone up; what it says is seen only after that")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [PROJECT / "bin/run"],
            env={"PATH": os.environ["PATH"], "PORT": port, "VAR_DIR": str(tmp_path / "var")},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in done.stderr
    assert not (tmp_path / "var").exists()


def clone_with_made_up_python(folder: Path, machine: Path) -> Path:
    """A clone that is set up already; its Python says yes to whatever it is asked."""
    clone = copy_of_the_scripts(folder)
    for name in ("mkdir", "mv", "rm"):
        if not (machine / name).exists():
            (machine / name).symlink_to(shutil.which(name))
    (clone / ".venv/bin").mkdir(parents=True)
    python = clone / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho made up\necho "$@" >>commands.txt\n')
    python.chmod(0o755)
    requirements = (clone / "requirements.txt").read_bytes()
    stamp = subprocess.run(["cksum"], input=requirements, capture_output=True, check=True)
    (clone / ".venv/installed-requirements.txt").write_bytes(stamp.stdout)
    return clone


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORT": "8123"}, "http://127.0.0.1:8123"),
        ({"PORT": "8123", "HOST": "::"}, "http://[::1]:8123"),
        ({"PORT": "8123", "SITE_URL": "https://www.example.gov.cn"}, "https://www.example.gov.cn"),
    ],
)
def test_a_run_notes_its_address_for_plain_commands(tmp_path, machine, environment, address):
    clone = clone_with_made_up_python(tmp_path, machine)
    for _turn in range(2):  # the second run writes over what another one left
        done = run("bin/run", clone, machine, **environment)
        assert done.returncode == 0, done.stderr
        assert (clone / "var/site-url").read_text() == f"{address}\n"
        (clone / "var/site-url").write_text("http://127.0.0.1:9999\n")


NAMED = "postgres://qianfa@127.0.0.1/portal"


@pytest.mark.parametrize(
    ("environment", "env_file", "is_filled"),
    [
        ({}, "", True),
        ({"DEMONSTRATION": "0"}, "", False),
        ({"DATABASE_URL": NAMED}, "", False),
        ({}, f"DATABASE_URL={NAMED}\n", False),
        ({}, f'export DATABASE_URL = "{NAMED}"\n', False),
        ({"DATABASE_URL": "sqlite:////srv/portal/db.sqlite3"}, "", False),
        ({"DATABASE_URL": NAMED, "DEMONSTRATION": "1"}, "", True),
        ({}, f"DATABASE_URL={NAMED}\nDEMONSTRATION=1\n", True),
    ],
)
def test_demonstration_content_goes_into_a_named_database_only_when_it_is_asked_for(
    tmp_path, machine, environment, env_file, is_filled
):
    clone = clone_with_made_up_python(tmp_path, machine)
    (clone / ".env").write_text(env_file)
    done = run("bin/run", clone, machine, **environment)
    assert done.returncode == 0, done.stderr
    assert ("manage.py demo" in (clone / "commands.txt").read_text().splitlines()) == is_filled
    assert ("No demonstration content" in done.stdout) != is_filled


def site_url_of_a_plain_command(var: Path, **environment: str) -> str:
    code = "import portal.settings; print(portal.settings.SITE_URL)"
    given = {"PATH": os.environ["PATH"], "VAR_DIR": str(var), "SECRET_KEY": "x" * 50, **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=given, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_plain_command_finds_the_address_of_the_last_run(tmp_path):
    if (PROJECT / ".env").exists():
        pytest.skip("the developer's .env says where the site is")
    assert site_url_of_a_plain_command(tmp_path) == "http://127.0.0.1:8000"
    (tmp_path / "site-url").write_text("http://127.0.0.1:8123\n")
    assert site_url_of_a_plain_command(tmp_path) == "http://127.0.0.1:8123"
    given = site_url_of_a_plain_command(tmp_path, SITE_URL="https://www.example.gov.cn/")
    assert given == "https://www.example.gov.cn"


@pytest.mark.both_databases("each is emptied in its own way")
@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_test_with_real_transactions_finds_guards_and_presets_and_an_empty_ledger(transactional_db, turn):
    assert guards.missing_guards(connection) == []
    assert Role.objects.filter(name="签发人").exists()
    assert Pipeline.objects.filter(is_default=True).count() == 1
    assert not Entry.objects.exists()
    with transaction.atomic():
        record("role.made", Role.objects.first(), turn=turn)
    with pytest.raises(IntegrityError):
        Entry.objects.all().delete()
    assert Entry.objects.count() == 1


def test_a_test_database_on_sqlite_is_a_file_of_its_own_process(db):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL databases are no files of ours")
    name = connection.settings_dict["NAME"]
    assert Path(name).is_relative_to(settings.VAR_DIR)
    assert Path(name).exists()


def test_nothing_of_the_developers_own_site_reaches_the_tests(environment):
    assert not settings.DEBUG
    head_file = Path(environment["LEDGER_HEAD_FILE"])
    for path in [settings.SIGNING_KEY_FILE, head_file, settings.MEDIA_ROOT, settings.STATIC_ROOT]:
        assert path.is_relative_to(environment["VAR_DIR"])
        assert not path.is_relative_to(PROJECT)
