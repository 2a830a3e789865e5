"""Queries compiled to SQL once per process."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

ModelT = TypeVar("ModelT", bound=Model)
Param = int | datetime
# What stands for a value while the SQL is written: no id of any row and no moment of any act, so that each is found
# again among the parameters. One for each place of a value.
INT_PLACEHOLDERS = [-4_711_000_815 - place for place in range(32)]
DATETIME_PLACEHOLDERS = [datetime(1971, 2, 3, 4, 5, 6, 7 + place, tzinfo=UTC) for place in range(8)]


class CompiledQuery(Generic[ModelT]):
    """`Prepared(lambda pk: Article.objects.filter(pk=pk))`: `first(pk)` gives what `.first()` of that queryset would.

    `build` is called once, with a stand-in for each value, which it may use repeatedly; `kinds` says what the values
    are, int or datetime (`Prepared(lambda pk, at: …, int, datetime)`). Nothing else in the queryset may differ from
    call to call, the present moment least of all. A value of None is none: it is written otherwise in SQL.
    """

    def __init__(self, build: Callable[..., QuerySet[ModelT]], *param_types: type) -> None:
        self._build = build
        pools = {int: INT_PLACEHOLDERS, datetime: DATETIME_PLACEHOLDERS}
        self._placeholders: list[Param] = [pools[kind][place] for place, kind in enumerate(param_types or (int,))]
        self._lock = Lock()
        self._compiled: dict[str, _CompiledSQL] = {}

    def first(self, *values: Param) -> ModelT | None:
        return next(iter(self.all(*values)), None)

    def all(self, *values: Param) -> QuerySet[ModelT]:
        """The rows; asked for when they are gone through, like those of any queryset, but never to be narrowed."""
        compiled = self._compiled.get(DEFAULT_DB_ALIAS) or self._compile(DEFAULT_DB_ALIAS)
        compiler = copy.copy(compiled.compiler)  # threads have connections of their own
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        params_bound = [_adapt_param(value, compiler.connection) for value in values]
        params = tuple(value if index is None else params_bound[index] for value, index in compiled.params)
        compiler.as_sql = lambda *_args, **_named: (compiled.sql, params)
        compiler.get_converters = lambda _columns: compiled.converters
        queryset = compiled.queryset.all()
        queryset.query.get_compiler = lambda *_args, **_named: compiler
        return queryset

    def _compile(self, alias: str) -> "_CompiledSQL":
        # Writing SQL changes the query that it is written from: one thread does it, the others see it when it is done.
        with self._lock:
            if alias not in self._compiled:
                queryset = self._build(*self._placeholders).using(alias)
                compiler = queryset.query.get_compiler(using=alias)
                sql, params = compiler.as_sql()
                # Raw SQL has its parameters as they were given, fields have adapted them.
                places: dict[Any, int] = {}
                for place, one in enumerate(self._placeholders):
                    places |= {one: place, _adapt_param(one, connections[alias]): place}
                found = [
                    (value, places.get(value) if isinstance(value, int | datetime | str) else None) for value in params
                ]
                converters = compiler.get_converters([column for column, *_rest in compiler.select])
                self._compiled[alias] = _CompiledSQL(queryset, compiler, sql, found, converters)
            return self._compiled[alias]


def _adapt_param(value: Param, connection: Any) -> Any:
    """A value as it stands among the parameters: SQLite has moments as text."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


class _CompiledSQL(NamedTuple):
    """`params`: each with the place of the value that it stands for, or None. `converters`: Django's, by column."""

    queryset: QuerySet
    compiler: SQLCompiler
    sql: str
    params: list[tuple[Any, int | None]]
    converters: dict[int, Any]
