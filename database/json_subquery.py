"""Subqueries that return related rows as one JSON column."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject


class JSONSubquery(Subquery):
    """`Rows(queryset, "id", "state", name="role__name")`: a list of dicts, in the order of the queryset.

    Moments come as text (see `moment_of`), truth values of SQLite as 0 and 1.
    """

    output_field = JSONField()

    def __init__(self, queryset: QuerySet, *fields: str, **named: Any) -> None:
        super().__init__(queryset.values(_row=JSONObject(**{field: field for field in fields}, **named)))

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple]:
        template = "(SELECT COALESCE(jsonb_agg(_rows._row), '[]'::jsonb) FROM (%(subquery)s) _rows)"
        return super().as_sql(compiler, connection, template=template, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple]:
        template = "(SELECT json_group_array(json(_rows._row)) FROM (%(subquery)s) _rows)"
        return super().as_sql(compiler, connection, template=template, **extra)


def datetime_from_json(text: str | None) -> datetime | None:
    """A moment from such a row; SQLite's has no zone and is meant as UTC."""
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
