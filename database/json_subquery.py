"""Subqueries that return related rows as one JSON column."""

from typing import Any

from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject

from database.datetimes import read_datetime


class JSONSubquery(Subquery):
    """`JSONSubquery(queryset, "id", "state", name="role__name")`: a list of dicts, in the order of the queryset.

    Datetimes come as text (see `datetime_from_json`), truth values of SQLite as 0 and 1.
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


# Datetimes in such a row are text.
datetime_from_json = read_datetime
