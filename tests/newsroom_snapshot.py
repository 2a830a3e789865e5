"""The rows of a newsroom, kept by each process: making them takes a quarter of most tests."""

import copy
import json
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils import timezone

from departments.models import Role
from ledger.models import Entry
from tests.factories import Newsroom

FILLED_BY_TRIGGERS = {"articles_contentversion"}
_kept: dict[tuple, tuple[Newsroom, dict[str, Any]]] = {}  # ids of the roles → a newsroom, and the rows it added


def open_newsroom() -> Newsroom:
    """A newsroom in an empty database: the first by the services, later ones by putting the same rows in again.

    By the services too where something is there already, and where rows will be committed.
    """
    if not connection.in_atomic_block or Entry.objects.exists():
        return Newsroom.open()
    roles = tuple(Role.objects.order_by("code").values_list("pk", flat=True))  # others after a test that empties tables
    if roles not in _kept:
        before = _rows()
        newsroom = Newsroom.open()
        _kept[roles] = copy.deepcopy(newsroom), _added(before, _rows())
        return newsroom
    newsroom, rows = _kept[roles]
    if timezone.now() < newsroom.admin.date_joined:  # the test lives in an earlier time
        return Newsroom.open()
    with connection.cursor() as cursor:
        for table, added in rows.items():
            _insert(cursor, table, added)
    return copy.deepcopy(newsroom)


def _rows() -> dict[str, list]:
    """Table → its rows by their key, as tuples on SQLite and as JSON on PostgreSQL."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table, key = model._meta.db_table, model._meta.pk.column
            if table in FILLED_BY_TRIGGERS:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(f'SELECT to_json(t)::text FROM "{table}" t ORDER BY t."{key}"')
                found[table] = [row[0] for row in cursor.fetchall()]
            else:
                cursor.execute(f'SELECT * FROM "{table}" ORDER BY "{key}"')
                found[table] = cursor.fetchall()
    return found


def _added(before: dict[str, list], after: dict[str, list]) -> dict[str, list]:
    added = {}
    for table, rows in after.items():
        known = set(before[table])
        if new := [row for row in rows if row not in known]:
            added[table] = new
    return added


def _insert(cursor: Any, table: str, rows: list) -> None:
    if connection.vendor == "postgresql":
        together = json.dumps([json.loads(row) for row in rows])
        cursor.execute(f'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", %s)', [together])
    else:
        places = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)
