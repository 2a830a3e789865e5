"""What stands in the database beyond what migrations and guards make: `verify` names it.

A trigger, rule, view or function of somebody else's can show other words for a minute and hide the traces. So can a
generated column, a default, a weakened constraint, a policy on rows, or a table that another one inherits from.
"""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ledger import guards

# Tables that no model has: Django's own, and those that apps register.
_known_tables = {"django_migrations"}
# What SQLite makes beside each full-text table.
FTS_SUFFIXES = ("_data", "_idx", "_content", "_docsize", "_config")

Definitions = dict[tuple[str, str], str]


def register_tables(*names: str) -> None:
    """Says that migrations make these tables although no model has them."""
    _known_tables.update(names)


def _managed_models() -> list[type[models.Model]]:
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def _known_table_names() -> set[str]:
    return _known_tables | {model._meta.db_table for model in _managed_models()}


def schema_mismatches() -> Iterator[str]:
    """A line for each object, column and constraint that is not as migrations and guards make it."""
    if connection.vendor == "sqlite":
        yield from _sqlite_objects()
        yield from _sqlite_tables()
    else:
        yield from _postgresql_objects()
        yield from _postgresql_columns()
        yield from _postgresql_constraints()


def _rows(sql: str, params: Iterable = ()) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall()


# SQLite.


def _sqlite_objects() -> Iterator[str]:
    """Triggers, views and tables, also temporary ones of this connection."""
    known = _known_table_names()
    known |= {table + suffix for table in _known_tables for suffix in FTS_SUFFIXES}
    guards_known = guards.expected_names(connection)
    masters = (
        "SELECT type, name, tbl_name FROM sqlite_master UNION ALL SELECT type, name, tbl_name FROM sqlite_temp_master"
    )
    for kind, name, table in _rows(masters):
        if kind == "trigger" and name not in guards_known:
            yield f"trigger {name} on table {table}: was not made by the site"
        elif kind == "view":
            yield f"view {name}: was not made by the site"
        elif kind == "table" and name not in known and not name.startswith("sqlite_"):
            yield f"table {name}: was not made by the site"


def _sqlite_tables() -> Iterator[str]:
    """Every column and constraint of a table, against what Django would write for the model."""
    written = dict(_rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    indexes = dict(_rows("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    for model in _managed_models():
        table = model._meta.db_table
        if table not in written:
            continue  # ledger.verification names it
        expected, found = _elements_by_django(model), _elements(written[table])
        for element in sorted(found - expected):
            yield f"table {table}: {_excerpt(element)} is not as the site made it"
        if not found - expected and expected - found:
            for element in sorted(expected - found):
                yield f"table {table}: {_excerpt(element)} is missing"
        for name, definition in _partial_indexes_by_django(model).items():
            if indexes.get(name, definition) != definition:  # ledger.verification names those that are missing
                yield f"constraint {name} of table {table}: is not as the site made it"


@cache
def _elements_by_django(model: type[models.Model]) -> frozenset[str]:
    editor = connection.schema_editor(collect_sql=True)
    editor.deferred_sql = []  # table_sql puts statements for later there, which nobody runs
    return _elements(editor.table_sql(model)[0])


@cache
def _partial_indexes_by_django(model: type[models.Model]) -> dict[str, str]:
    """Name → statement of the unique constraints that are indexes, because they hold under a condition."""
    editor = connection.schema_editor(collect_sql=True)
    partial = [one for one in model._meta.constraints if getattr(one, "condition", None) and hasattr(one, "fields")]
    return {one.name: str(one.create_sql(model, editor)) for one in partial}


@lru_cache(maxsize=500)
def _elements(sql: str) -> frozenset[str]:
    """The columns and constraints of a CREATE TABLE statement, each with single blanks."""
    found = set()
    begin, depth, text, quote = 0, 0, sql[sql.index("(") + 1 : sql.rindex(")")], ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "," and depth == 0:
            found.add(" ".join(text[begin:place].split()))
            begin = place + 1
        else:
            depth += {"(": 1, ")": -1}.get(sign, 0)
    found.add(" ".join(text[begin:].split()))
    return frozenset(found)


def _excerpt(element: str, most: int = 120) -> str:
    return f"“{element[:most]}{'…' if len(element) > most else ''}”"


# PostgreSQL. A row of pg_depend with "e" says that an extension made the thing.

# (kind, name) of whatever Django's migrations never make.
POSTGRESQL_OBJECTS = """
SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialised view' WHEN 'f' THEN 'foreign table'
    ELSE 'partitioned table' END, relname::text
FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('v', 'm', 'f', 'p')
UNION ALL
SELECT 'rule', r.rulename || ' on table ' || c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind NOT IN ('v', 'm')
UNION ALL
SELECT 'row-level security policy', p.polname || ' on table ' || c.relname
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT 'row-level security', 'of table ' || relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND (relrowsecurity OR relforcerowsecurity)
UNION ALL
SELECT 'inheritance', h.relname || ' from ' || c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
JOIN pg_class h ON h.oid = i.inhrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'event trigger', e.evtname::text FROM pg_event_trigger e
WHERE NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = e.oid AND d.deptype = 'e')
UNION ALL
SELECT 'setting', 'session_replication_role' WHERE current_setting('session_replication_role') <> 'origin'
UNION ALL
SELECT 'disabled foreign key', 'on table ' || c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace AND t.tgisinternal AND t.tgenabled <> 'O'
"""
POSTGRESQL_TRIGGERS = """
SELECT t.tgname::text, c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
"""
POSTGRESQL_FUNCTIONS = """
SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
POSTGRESQL_TABLES = """
SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
"""
POSTGRESQL_COLUMNS = """
SELECT c.relname::text, a.attname::text, a.attnotnull, d.oid IS NOT NULL
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""
# (table, name, definition) of every constraint and unique index of a schema, in the words of the database.
POSTGRESQL_DEFINITIONS = """
SELECT c.relname::text, k.conname::text, pg_get_constraintdef(k.oid) FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = %s AND k.contype IN ('c', 'u')
UNION ALL
SELECT c.relname::text, i.relname::text, regexp_replace(pg_get_indexdef(x.indexrelid), '^.* USING ', '')
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
WHERE c.relnamespace = %s AND x.indisunique AND x.indisvalid
AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid)
"""
POSTGRESQL_FOREIGN_KEYS = """
SELECT c.relname::text, k.conname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = current_schema()::regnamespace AND k.contype = 'f' AND c.relname::text <> ALL (%s)
AND (k.confdeltype <> 'a' OR k.confupdtype <> 'a' OR NOT k.convalidated)
"""


def _postgresql_objects() -> Iterator[str]:
    for kind, name in sorted(_rows(POSTGRESQL_OBJECTS)):
        yield f"{kind} {name}: was not made by the site"
    known = guards.expected_names(connection)
    for name, table in sorted(_rows(POSTGRESQL_TRIGGERS)):
        if name not in known:
            yield f"trigger {name} on table {table}: was not made by the site"
    for (name,) in sorted(_rows(POSTGRESQL_FUNCTIONS)):
        if name not in known:
            yield f"function {name}: was not made by the site"
    tables = _known_table_names()
    for (name,) in sorted(_rows(POSTGRESQL_TABLES)):
        if name not in tables:
            yield f"table {name}: was not made by the site"


def _postgresql_columns() -> Iterator[str]:
    columns = {
        (model._meta.db_table, field.column): field
        for model in _managed_models()
        for field in model._meta.local_concrete_fields
    }
    tables = {table for table, _column in columns}
    for table, column, is_required, has_default in sorted(_rows(POSTGRESQL_COLUMNS)):
        field = columns.get((table, column))
        where = f"column {column} of table {table}"
        if has_default:
            yield f"{where}: computed by the database, which the site never asks for"
        if field is None and table in tables:
            yield f"{where}: was not made by the site"
        elif field is not None and is_required == field.null:
            yield f"{where}: {'may not' if is_required else 'may'} be empty, other than the site made it"


def _postgresql_constraints() -> Iterator[str]:
    """Constraints by what they say: Django's words for them go through the same database, on temporary tables."""
    for table, name in sorted(_rows(POSTGRESQL_FOREIGN_KEYS, [sorted(_known_tables)])):
        yield f"constraint {name} of table {table}: is not as the site made it"
    present = {table for (table,) in _rows(POSTGRESQL_TABLES)}
    checked = tuple(model for model in _managed_models() if model._meta.db_table in present)
    try:
        expected = _definitions_by_django(checked)
    except DatabaseError as error:  # such as a replica, or a user who may make no temporary table
        yield f"constraints: what they say could not be compared ({str(error).strip().splitlines()[0]})"
        return
    [[schema]] = _rows("SELECT current_schema()::regnamespace::oid")
    found = {(table, name): definition for table, name, definition in _rows(POSTGRESQL_DEFINITIONS, [schema] * 2)}
    for (table, name), definition in sorted(expected.items()):
        if found.get((table, name), definition) != definition:  # ledger.verification names those that are missing
            yield f"constraint {name} of table {table}: is not as the site made it"
    fields = [(model._meta.db_table, field.column) for model in checked for field in model._meta.local_concrete_fields]
    own = {(table, f"{table}_{column}_check") for table, column in fields}
    for (table, name), definition in sorted(found.items()):
        if definition.startswith("CHECK") and (table, name) not in expected and (table, name) not in own:
            yield f"constraint {name} of table {table}: was not made by the site"


@cache
def _definitions_by_django(checked: tuple[type[models.Model], ...]) -> Definitions:
    """(table, name) → definition of the constraints that the models state, as this database writes them.

    `verify` reads in a transaction that may write nothing, so this takes a connection of its own.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            found = _define_on_temporary_tables(connection, checked)
            transaction.set_rollback(True)
        return found
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            return _define_on_temporary_tables(own, checked)
    finally:
        if own.connection is not None:
            own.connection.rollback()  # a pool warns of a connection that comes back in a transaction
        own.close()


def _define_on_temporary_tables(own: BaseDatabaseWrapper, checked: Iterable[type[models.Model]]) -> Definitions:
    editor = own.schema_editor(collect_sql=True)
    with own.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
        for model in checked:
            table = model._meta.db_table
            cursor.execute(f'CREATE TEMPORARY TABLE "{table}" (LIKE "{schema}"."{table}")')
            for constraint in model._meta.constraints:
                cursor.execute(str(constraint.create_sql(model, editor)))
        cursor.execute("SELECT pg_my_temp_schema()")
        cursor.execute(POSTGRESQL_DEFINITIONS, [cursor.fetchone()[0]] * 2)
        return {(table, name): definition for table, name, definition in cursor.fetchall()}
