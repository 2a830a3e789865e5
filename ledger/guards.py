"""Database triggers that hold invariants, on SQLite and PostgreSQL.

Each app states its guards as data in its own guards.py and registers them (`register_guards`); this module writes the
SQL of both dialects, drops and installs them around migrations, and says which are missing. A refusal reaches Django as
IntegrityError on both databases.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

PREFIX = "guard_"


@dataclass(frozen=True)
class Guard:
    """Refuses `event` (INSERT, UPDATE, DELETE or TRUNCATE) on `table` when `when` holds for the row.

    `when` is SQL over OLD and NEW that both databases understand, with the one liberty of `{changed:column}`, which
    becomes "NEW.column differs from OLD.column, NULLs included". `only_vendor` names the one vendor that needs it.
    """

    name: str
    table: str
    event: str
    message: str
    when: str = "TRUE"
    only_vendor: str = ""

    def statements(self, vendor: str) -> list[str]:
        if self.only_vendor and self.only_vendor != vendor:
            return []
        when = condition_sql(self.when, vendor)
        return _sqlite_statements(self, when) if vendor == "sqlite" else _postgresql_statements(self, when)

    def definition(self, vendor: str) -> str:
        """What the database says of the trigger when it stands as written."""
        statements = self.statements(vendor)
        level = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        return statements[0] if vendor == "sqlite" else postgresql_definition(statements[0], self, "BEFORE", level)


class Trigger(Protocol):
    """What can be registered here: a Guard, or another trigger whose absence would be as bad."""

    name: str
    table: str
    event: str

    def statements(self, vendor: str) -> list[str]: ...

    def definition(self, vendor: str) -> str: ...


def postgresql_definition(function: str, trigger: "Trigger", timing: str, level: str) -> str:
    """How `_installed` tells of a trigger of PostgreSQL whose function was made by this statement."""
    return (
        f"{trigger.table}: CREATE TRIGGER {PREFIX}{trigger.name} {timing} {trigger.event} FOR EACH {level} "
        f"EXECUTE FUNCTION {PREFIX}{trigger.name}() O {function.split('$guard$')[1]}"
    )


def condition_sql(when: str, vendor: str) -> str:
    """A condition in the words of the database."""
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    while "{changed:" in when:
        before, _, rest = when.partition("{changed:")
        column, _, after = rest.partition("}")
        when = f'{before}NEW."{column}" {differs} OLD."{column}"{after}'
    return when


def _sql_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sqlite_statements(guard: Guard, when: str) -> list[str]:
    if guard.event == "TRUNCATE":
        return []
    name, refuse = PREFIX + guard.name, f"SELECT RAISE(ABORT, {_sql_literal(guard.message)})"
    return [
        f'CREATE TRIGGER "{name}" BEFORE {guard.event} ON "{guard.table}" FOR EACH ROW WHEN {when} BEGIN {refuse}; END'
    ]


def _postgresql_statements(guard: Guard, when: str) -> list[str]:
    name = PREFIX + guard.name
    refuse = (
        f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = {_sql_literal(guard.message)};"
    )
    if guard.event == "TRUNCATE":
        body, level = f"BEGIN {refuse} END", "STATEMENT"
    else:
        row = "OLD" if guard.event == "DELETE" else "NEW"
        body, level = f"BEGIN IF {when} THEN {refuse} END IF; RETURN {row}; END", "ROW"
    return [
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $guard${body}$guard$',
        f'CREATE TRIGGER "{name}" BEFORE {guard.event} ON "{guard.table}" FOR EACH {level} EXECUTE FUNCTION "{name}"()',
    ]


@dataclass
class _Registry:
    guards: dict[str, Trigger] = field(default_factory=dict)


_registry = _Registry()


def register_guards(guards: Iterable[Trigger]) -> None:
    for guard in guards:
        _registry.guards[guard.name] = guard


UniqueKey = str | tuple[str, ...]


def append_only(table: str, unique: Iterable[UniqueKey], what: str) -> list[Guard]:
    """Guards of a table whose rows are never changed, removed or replaced. `unique`: as in never_removed."""
    return [
        Guard(f"{table}_no_update", table, "UPDATE", f"{what} are never changed"),
        *never_removed(table, unique, what),
    ]


def never_removed(table: str, unique: Iterable[UniqueKey], what: str, when: str = "TRUE") -> list[Guard]:
    """Guards against DELETE (`when` it holds), TRUNCATE and INSERT OR REPLACE (both pass by DELETE triggers).

    `unique`: every column, or tuple of columns, that is unique in the table, its key included.
    """
    exists = " OR ".join(
        "(" + " AND ".join(f'"{column}" = NEW."{column}"' for column in ([key] if isinstance(key, str) else key)) + ")"
        for key in unique
    )
    return [
        Guard(f"{table}_no_delete", table, "DELETE", f"{what} are never removed", when),
        Guard(f"{table}_no_truncate", table, "TRUNCATE", f"{what} are never removed", only_vendor="postgresql"),
        Guard(
            f"{table}_no_replace",
            table,
            "INSERT",
            f"{what} are never replaced",
            f'EXISTS (SELECT 1 FROM "{table}" WHERE {exists})',
            only_vendor="sqlite",
        ),
    ]


def _installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Name → definition of the guards in the database."""
    if connection.vendor == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            # The table stands apart: how pg_get_triggerdef spells it depends on the search path.
            "SELECT t.tgname, c.relname || ': ' || regexp_replace(pg_get_triggerdef(t.oid), ' ON [^ ]+ FOR ', ' FOR ') "
            "|| ' ' || t.tgenabled::text || ' ' || p.prosrc FROM pg_trigger t "
            "JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name: sql for name, sql in cursor.fetchall() if name.startswith(PREFIX)}


def _expected(connection: BaseDatabaseWrapper) -> dict[str, Trigger]:
    tables = set(connection.introspection.table_names())
    return {
        PREFIX + guard.name: guard
        for guard in _registry.guards.values()
        if guard.table in tables and guard.statements(connection.vendor)
    }


def expected_names(connection: BaseDatabaseWrapper) -> set[str]:
    """Names of the triggers, and on PostgreSQL of their functions, that belong in the database."""
    return set(_expected(connection))


def missing_guards(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of guards that are absent, disabled or not as written, for the tables that exist."""
    found = _installed(connection)
    return sorted(
        name for name, guard in _expected(connection).items() if found.get(name) != guard.definition(connection.vendor)
    )


def install_all(connection: BaseDatabaseWrapper) -> None:
    """Puts every guard in place whose table exists."""
    drop_all(connection)
    with connection.cursor() as cursor:
        for guard in _expected(connection).values():
            for statement in guard.statements(connection.vendor):
                cursor.execute(statement)


def drop_all(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _installed(connection):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        else:
            cursor.execute(
                "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
            )
            for name, table in cursor.fetchall():
                if name.startswith(PREFIX):
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
                    cursor.execute(f'DROP FUNCTION IF EXISTS "{name}"() CASCADE')


# pre_migrate and post_migrate are sent once for each app: the work is done at the first and after the last.


def before_migrate(*, using: str = DEFAULT_DB_ALIAS, app_config: Any, **_: Any) -> None:
    if app_config.name == "ledger":
        drop_all(connections[using])


def after_migrate(*, using: str = DEFAULT_DB_ALIAS, app_config: Any, **_: Any) -> None:
    if app_config.name == "ledger":
        install_all(connections[using])


register_guards(append_only("ledger_entry", ["number", "previous", "hash"], "ledger entries"))
register_guards(never_removed("ledger_alarm", ["id", "subject"], "alarms"))
register_guards(never_removed("ledger_run", ["id", "kind"], "notes of runs"))
register_guards(
    [
        # SQLite's INSERT OR REPLACE would take the first one away, by the unique index over it.
        Guard(
            "ledger_entry_setup_ends_once",
            "ledger_entry",
            "INSERT",
            "setup ends once",
            "NEW.\"verb\" = 'site.setup_ended' "
            'AND EXISTS (SELECT 1 FROM "ledger_entry" WHERE "verb" = \'site.setup_ended\')',
        )
    ]
)
