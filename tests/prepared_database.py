"""Databases for the tests, copied from one that has been migrated before.

Migrating an empty database costs each process several seconds of computing; a copy costs a fraction of one. On SQLite
the migrated file stays under var/ until a migration, a trigger or a library changes. On PostgreSQL the first process of
a run makes the template, and `python -m tests.postgres` drops it.
"""

import fcntl
import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.test.utils import setup_databases, teardown_databases

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATES = PROJECT / "var" / "test-databases"
MAX_TEMPLATES = 4  # older ones are deleted


@contextmanager
def prepared_databases(verbosity: int) -> Iterator[None]:
    """Set up the test databases of this process, and take them down again."""
    connection = connections[DEFAULT_DB_ALIAS]
    prepare = _from_sqlite_file if connection.vendor == "sqlite" else _from_postgresql_template
    config = prepare(connection, verbosity)
    try:
        yield
    finally:
        teardown_databases(config, verbosity)


def _schema_key() -> str:
    """Return a digest of everything that a migrated database depends on."""
    digest = hashlib.sha256(f"{version('django')} {sqlite3.sqlite_version}".encode())
    sources = [*PROJECT.glob("*/migrations/*.py"), *PROJECT.glob("*/guards.py"), *PROJECT.glob("*/**/presets.py")]
    sources += [PROJECT / "requirements.txt", PROJECT / "portal" / "settings.py"]
    sources += [*(PROJECT / "articles").glob("*/*.py"), *(PROJECT / "articles" / "models").glob("*.py")]
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:20]


@contextmanager
def _locked(name: str) -> Iterator[None]:
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    with (TEMPLATES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _from_sqlite_file(connection: object, verbosity: int) -> list:
    template = TEMPLATES / f"{_schema_key()}.sqlite3"
    file = Path(connection.creation._get_test_db_name())
    with _locked("sqlite"):
        if not template.exists():
            config = setup_databases(verbosity, interactive=False)
            _copy_sqlite(file, template)
            for former in sorted(TEMPLATES.glob("*.sqlite3"), key=lambda path: path.stat().st_mtime)[:-MAX_TEMPLATES]:
                former.unlink()
            return config
    shutil.copyfile(template, file)
    return setup_databases(verbosity, interactive=False, keepdb=True)


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that may have a write-ahead log beside it."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copy = Path(folder) / "copy.sqlite3"
        with sqlite3.connect(source) as read, sqlite3.connect(copy) as written:
            read.backup(written)
        written.close()
        read.close()
        copy.rename(target)


def _from_postgresql_template(connection: object, verbosity: int) -> list:
    settings = connection.settings_dict
    template = f"test_{settings['NAME']}_template"
    with _locked("postgresql"), connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if not cursor.fetchone():
            config = setup_databases(verbosity, interactive=False)
            connections.close_all()
            connection.close_pool()
            made = psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                psycopg.sql.Identifier(template), psycopg.sql.Identifier(connection.settings_dict["NAME"])
            )
            cursor.execute(made)
            return config
    settings["TEST"]["TEMPLATE"] = template
    return setup_databases(verbosity, interactive=False)
