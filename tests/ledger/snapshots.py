"""A backup of the database: all rows of all models, put back past the triggers as its owner can."""

from itertools import count

from django.apps import apps
from django.db import connection, transaction

from tests.ledger.attacker import past_the_guards, run

_numbers = count(1)


class DatabaseSnapshot:
    """The rows as they are now. After a test with real transactions, `discard` removes the copies."""

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
            connection.check_constraints()

    def discard(self) -> None:
        for table in self.tables:
            run(f"DROP TABLE IF EXISTS {self.name}{table}")
