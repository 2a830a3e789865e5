"""A backup of the database: all rows of all models, put back past the triggers as its owner can."""

from itertools import count

from django.apps import apps
from django.db import connection, transaction

from tests.ledger.attacker import past_the_guards, run

_numbers = count(1)


class DatabaseSnapshot:
    """The rows as they are now. Only for tests with real transactions; `discard` must be called at the end."""

    def __init__(self) -> None:
        self.name = f"snapshot_{next(_numbers)}_"
        self.tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
        for table in self.tables:
            run(f"CREATE TABLE {self.name}{table} AS SELECT * FROM {table}")

    def restore(self) -> None:
        with past_the_guards(), transaction.atomic():  # foreign keys are looked at when it ends
            for table in self.tables:
                run(f"DELETE FROM {table}")
            for table in self.tables:
                run(f"INSERT INTO {table} SELECT * FROM {self.name}{table}")

    def discard(self) -> None:
        connection.close()
        for table in self.tables:
            run(f"DROP TABLE IF EXISTS {self.name}{table}")
