"""Queries whose SQL is written once: those of every act or page, which take longer to write than to answer."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)
Value = int | datetime
# What stands for a value while the SQL is written: no id of any row and no moment of any act, so that each is found
# again among the parameters. One for each place of a value.
NUMBERS = [-4_711_000_815 - place for place in range(32)]
MOMENTS = [datetime(1971, 2, 3, 4, 5, 6, 7 + place, tzinfo=UTC) for place in range(8)]


class Prepared(Generic[Row]):
    """`Prepared(lambda pk: Article.objects.filter(pk=pk))`: `first(pk)` gives what `.first()` of that queryset would.

    `build` is called once, with a stand-in for each value, which it may use repeatedly; `kinds` says what the values
    are, int or datetime (`Prepared(lambda pk, at: …, int, datetime)`). Nothing else in the queryset may differ from
    call to call, the present moment least of all. A value of None is none: it is written otherwise in SQL.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]], *kinds: type) -> None:
        self._build = build
        pools = {int: NUMBERS, datetime: MOMENTS}
        self._stand_ins: list[Value] = [pools[kind][place] for place, kind in enumerate(kinds or (int,))]
        self._lock = Lock()
        self._written: dict[str, _Written] = {}

    def first(self, *values: Value) -> Row | None:
        return next(iter(self.all(*values)), None)

    def all(self, *values: Value) -> QuerySet[Row]:
        """The rows; asked for when they are gone through, like those of any queryset, but never to be narrowed."""
        written = self._written.get(DEFAULT_DB_ALIAS) or self._write(DEFAULT_DB_ALIAS)
        compiler = copy.copy(written.compiler)  # threads have connections of their own
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        bound = [_adapted(value, compiler.connection) for value in values]
        params = tuple(value if place is None else bound[place] for value, place in written.params)
        compiler.as_sql = lambda *_args, **_named: (written.sql, params)
        compiler.get_converters = lambda _columns: written.converters
        asked = written.queryset.all()
        asked.query.get_compiler = lambda *_args, **_named: compiler
        return asked

    def _write(self, alias: str) -> "_Written":
        # Writing SQL changes the query that it is written from: one thread does it, the others see it when it is done.
        with self._lock:
            if alias not in self._written:
                queryset = self._build(*self._stand_ins).using(alias)
                compiler = queryset.query.get_compiler(using=alias)
                sql, params = compiler.as_sql()
                # Raw SQL has its parameters as they were given, fields have adapted them.
                places: dict[Any, int] = {}
                for place, one in enumerate(self._stand_ins):
                    places |= {one: place, _adapted(one, connections[alias]): place}
                found = [
                    (value, places.get(value) if isinstance(value, int | datetime | str) else None) for value in params
                ]
                converters = compiler.get_converters([column for column, *_rest in compiler.select])
                self._written[alias] = _Written(queryset, compiler, sql, found, converters)
            return self._written[alias]


def _adapted(value: Value, connection: Any) -> Any:
    """A value as it stands among the parameters: SQLite has moments as text."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


class _Written(NamedTuple):
    """`params`: each with the place of the value that it stands for, or None. `converters`: Django's, by column."""

    queryset: QuerySet
    compiler: SQLCompiler
    sql: str
    params: list[tuple[Any, int | None]]
    converters: dict[int, Any]
