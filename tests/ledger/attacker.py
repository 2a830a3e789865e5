"""An attacker with SQL access: tries the triggers, then drops them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from ledger import guards, keys

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has this way in")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has this way in")


@contextmanager
def past_the_guards() -> Iterator[None]:
    """The triggers are gone inside, as for the owner of the database, and stand again afterwards."""
    connection.check_constraints()  # PostgreSQL drops no trigger of a table while checks of its rows are pending
    guards.drop_all(connection)
    try:
        yield
    finally:
        guards.install_all(connection)


def run(sql: str, params: Sequence[Any] = ()) -> int:
    """Runs one statement; returns how many rows it touched. Moments are written as Django writes them."""
    written = [
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value for value in params
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, written)
        return cursor.rowcount


def tamper(sql: str, params: Sequence[Any] = ()) -> None:
    """Runs one statement past the guards. Fails when it hits no row: then nothing was tampered with."""
    with past_the_guards():
        assert run(sql, params) > 0


def refused(sql: str, params: Sequence[Any] = ()) -> str:
    """The words in which the database refuses the statement; fails when it accepts it."""
    try:
        with transaction.atomic():
            run(sql, params)
    except IntegrityError as refusal:
        return str(refusal)
    return pytest.fail(f"the database accepts: {sql} {params}")


class Stranger:
    """A key of the attacker's own, well made but trusted by nobody here."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.name = keys.key_id(self.private.public_key())

    def sign(self, message: bytes) -> str:
        return self.private.sign(message).hex()


def copied(model: type[Model], pk: int, verb: str = "INSERT", **changes: Any) -> tuple[str, list[Any]]:
    """The statement that puts in a copy of a row, with other values in the columns of `changes`."""
    columns = [
        field.column for field in model._meta.concrete_fields if not field.primary_key or field.column in changes
    ]
    taken = ", ".join("%s" if column in changes else f'"{column}"' for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    sql = f"{verb} INTO {model._meta.db_table} ({names}) SELECT {taken} FROM {model._meta.db_table} WHERE id = %s"
    return sql, [*(changes[column] for column in columns if column in changes), pk]


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is undone at its end, so that the next attack finds everything as it was.

    The database is rolled back, and so are the files beside it: an alarm that was raised would be named ever after.
    """
    folder = settings.LEDGER_HEAD_FILE.parent
    before = {file: file.read_bytes() for file in folder.glob("*.json*")}
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    for file in folder.glob("*.json*"):
        if file in before:
            file.write_bytes(before[file])
        else:
            file.unlink()
