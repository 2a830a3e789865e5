"""Verification of triggers, constraints and everything else in the schema of the database."""

from collections.abc import Iterator
from functools import lru_cache

from django.apps import apps
from django.db import connection, models

from ledger import guards
from ledger.verification.foreign_objects import schema_mismatches

# Every table, constraint and index of the schema, with its definition.
SCHEMA_SQL = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",
    "postgresql": """
        SELECT 'table', tablename, '', '' FROM pg_tables WHERE schemaname = current_schema()
        UNION ALL
        SELECT 'index', indexname, tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()
        UNION ALL
        SELECT 'constraint', conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace
        ORDER BY 1, 2, 3
    """,
}


def verify_triggers() -> Iterator[str]:
    for name in guards.missing_guards(connection):
        yield f"trigger {name}: missing from the database, or changed"


def verify_constraints() -> Iterator[str]:
    """Every named constraint of the models, and every column that is to be unique, in the tables of the database."""
    # Django inspects one table after the other, which takes a second. So the answer is cached for each schema.
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA_SQL[connection.vendor])
        yield from _missing_for_schema(tuple(cursor.fetchall()))


@lru_cache(maxsize=4)
def _missing_for_schema(_schema: tuple) -> list[str]:
    """Return what `_missing_from_tables` yields. `_schema`: the rows of SCHEMA_SQL."""
    return list(_missing_from_tables())


def verify_schema() -> Iterator[str]:
    """Whatever stands in the database that neither migrations nor guards made (ledger.foreign_objects)."""
    yield from schema_mismatches()


def _missing_from_tables() -> Iterator[str]:
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in apps.get_models(include_auto_created=True):
            if not model._meta.managed or model._meta.proxy:
                continue
            table = model._meta.db_table
            if table not in tables:
                yield f"table {table}: missing from the database"
                continue
            yield from _missing_constraints(model, connection.introspection.get_constraints(cursor, table))


def _missing_constraints(model: type[models.Model], found: dict[str, dict]) -> Iterator[str]:
    table = model._meta.db_table
    for constraint in model._meta.constraints:
        if constraint.name not in found:
            yield f"constraint {constraint.name}: missing from table {table}"
    unique = [facts["columns"] for facts in found.values() if facts["unique"] or facts["primary_key"]]
    for field in model._meta.local_concrete_fields:
        if field.unique and [field.column] not in unique:
            yield f"constraint: column {field.column} of table {table} is no longer unique"
