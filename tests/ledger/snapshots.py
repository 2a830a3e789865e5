"""A backup of the database: all rows of all models, put back past the triggers as its owner can."""

from io import StringIO
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from tests.ledger.attacker import past_the_guards, run


class DatabaseSnapshot:
    """The rows as they are now, outside the database: `verify` names tables that the site did not make."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.columns: dict[str, list[str]] = {}
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{table}"')
                self.columns[table] = [column[0] for column in cursor.description]
                self.rows[table] = cursor.fetchall()

    def restore(self) -> None:
        with past_the_guards(), transaction.atomic():  # foreign keys are looked at when it ends
            for table in self.rows:
                run(f'DELETE FROM "{table}"')
            for table, rows in self.rows.items():
                names = ", ".join(f'"{name}"' for name in self.columns[table])
                places = ", ".join(["%s"] * len(self.columns[table]))
                for row in rows:
                    run(f'INSERT INTO "{table}" ({names}) VALUES ({places})', [_as_parameter(value) for value in row])
            connection.check_constraints()
        call_command("reindex", stdout=StringIO())  # the tables of the search are no models


def _as_parameter(value: Any) -> Any:
    """A value as the database gave it, in the form in which it takes it back."""
    if isinstance(value, dict | list) and connection.vendor == "postgresql":
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    return value
