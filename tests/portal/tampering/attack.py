"""Changes of single columns by somebody who owns the database: no triggers, no checks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models

from ledger import guards
from tests.ledger.attacker import run

MODELS = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
HIJACKED = "365体育"
# Tables whose rows stand beside each other on a page → the row that is changed first: the live publication of the
# richest article, its text, its place in a listing, its department; the newest part of the index and identity.
ONE_ROW = {
    "articles_publication": 1,
    "articles_revision": 1,
    "articles_placement": 2,
    "articles_searchpartition": 1,
    "departments_department": 0,
    "portal_identity": 1,
}


@contextmanager
def undefended() -> Iterator[None]:
    """Triggers and checks are gone, as for the owner of the database. Call it in a transaction that is rolled back."""
    connection.check_constraints()
    guards.drop_all(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute(
                "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype IN ('c', 'x') "
                "AND connamespace = current_schema()::regnamespace"
            )
            for table, name in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    try:
        yield
    finally:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")


def columns_in(statements: list[str]) -> set[tuple[str, str]]:
    """(table, column) of all that SQL statements read or ask for, under whatever alias."""
    found = set()
    for sql in statements:
        words = set(re.findall(r"\w+", sql))
        for table in words & MODELS.keys():
            aliases = {table, *re.findall(rf'"{table}" (\w+)', sql)}
            named = {column for alias in aliases for column in re.findall(rf'"?\b{alias}"?\."?(\w+)"?', sql)}
            if re.search(rf'(?<!["\w.]){table}(?!["\w])', sql):  # SQL of our own names columns without their table
                named |= words
            found |= {(table, field.column) for field in MODELS[table]._meta.concrete_fields if field.column in named}
    return found


@dataclass(frozen=True)
class Change:
    """One column of some rows set to other values. `rows`: ids; the words say what was done."""

    table: str
    column: str
    values: tuple[tuple[Any, Any], ...]  # (key of the row, new value)

    def __str__(self) -> str:
        shown = ", ".join(f"{key}: {value!r}" for key, value in self.values[:2])
        return f"{self.table}.{self.column} ({shown}{' …' if len(self.values) > 2 else ''})"

    def apply(self) -> None:
        """Raises IntegrityError where rows would not be unique, or would refer to what is not there."""
        key = MODELS[self.table]._meta.pk.column
        update = f'UPDATE "{self.table}" SET "{self.column}" = %s WHERE "{key}" = %s'
        if len(self.values) > 1 and all(type(value) is int for _row, value in self.values) and self.column != key:
            for row, _value in self.values:  # out of each other's way
                run(update, [-row, row])
        for row, value in self.values:
            assert run(update, [value, row]) == 1
        connection.check_constraints()


def changes(table: str, column: str) -> list[list[Change]]:
    """What to try, of each list the first that the database takes.

    Another value of the same kind: in one row where rows of one page stand beside each other, in all rows elsewhere.
    And, for columns that may be empty, nothing instead of something.
    """
    model = MODELS[table]
    of = next(field for field in model._meta.concrete_fields if field.column == column)
    rows = list(model._base_manager.order_by("pk").values_list("pk", of.attname))
    changed = [(pk, _other_value(of, pk, value)) for pk, value in rows]
    # From the last on: what is moved up by one finds its place free.
    everywhere = Change(table, column, tuple(reversed(changed)))
    in_one = [Change(table, column, (one,)) for one in changed[ONE_ROW[table] :]] if table in ONE_ROW else []
    tried = [[*in_one, everywhere]]
    if of.null and any(value is not None for _pk, value in rows):
        tried.append([Change(table, column, tuple((pk, None) for pk, value in rows if value is not None))])
    return tried


def _other_value(of: models.Field, pk: Any, value: Any) -> Any:
    """A value that the row does not have: for a reference, the next row that it could lead to."""
    if of.primary_key and of.get_internal_type().endswith(("AutoField", "IntegerField")):
        return value + 100_000
    if of.remote_field:
        ids = list(of.remote_field.model._base_manager.order_by("pk").values_list("pk", flat=True))
        return ids[(ids.index(value) + 1) % len(ids)] if value is not None else ids[-1]
    if of.choices and of.get_internal_type() == "CharField":
        return next(choice for choice, _label in of.flatchoices if choice not in (value, ""))
    return _OTHER_BY_KIND.get(of.get_internal_type(), lambda pk, value: (value or 0) + 7)(pk, value)


FIRST_DAY = datetime(1, 2, 1, tzinfo=UTC)
_OTHER_BY_KIND = {
    "CharField": lambda pk, _value: f"{HIJACKED}{pk}",
    "TextField": lambda pk, _value: f"{HIJACKED}{pk}",
    "SlugField": lambda pk, _value: f"/{HIJACKED}.example/{pk}",
    "BooleanField": lambda _pk, value: not value,
    "DateField": lambda _pk, value: (value or date(2026, 1, 1)) - timedelta(days=40),
    "DateTimeField": lambda _pk, value: max(value or datetime.now(UTC), FIRST_DAY) - timedelta(hours=36),
    "JSONField": lambda _pk, value: "{}" if isinstance(value, dict) else "[]" if value else "[4]",
}
