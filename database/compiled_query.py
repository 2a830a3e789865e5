"""Queries whose SQL is compiled once per process."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from database.datetimes import adapt_param

ModelT = TypeVar("ModelT", bound=Model)
Param = int | str | datetime
# Placeholders stand for the values while the SQL is compiled, one for each position. None is the id, time or text of
# any row, so each is found again among the parameters.
INT_PLACEHOLDERS = [-4_711_000_815 - place for place in range(32)]
DATETIME_PLACEHOLDERS = [datetime(1971, 2, 3, 4, 5, 6, 7 + place, tzinfo=UTC) for place in range(8)]
STR_PLACEHOLDERS = [f"placeholder of CompiledQuery {place}" for place in range(8)]


class CompiledQuery(Generic[ModelT]):
    """`CompiledQuery(lambda pk: Article.objects.filter(pk=pk))`: `first(pk)` returns what `.first()` of it would.

    `build` is called once, with a placeholder for each value, which it may use repeatedly. `param_types` are the types
    of the values: int, str or datetime (`CompiledQuery(lambda pk, at: …, int, datetime)`). Nothing else in the queryset
    may differ between calls, least of all the present time. A value may not be None, which SQL compares differently.
    """

    def __init__(self, build: Callable[..., QuerySet[ModelT]], *param_types: type) -> None:
        self._build = build
        pools = {int: INT_PLACEHOLDERS, datetime: DATETIME_PLACEHOLDERS, str: STR_PLACEHOLDERS}
        self._placeholders: list[Param] = [pools[kind][place] for place, kind in enumerate(param_types or (int,))]
        self._lock = Lock()
        self._compiled: dict[str, _CompiledSQL] = {}

    def first(self, *values: Param) -> ModelT | None:
        return next(iter(self.all(*values)), None)

    def all(self, *values: Param) -> QuerySet[ModelT]:
        """Return the rows as a queryset, which runs when it is iterated, and which nobody may filter further."""
        compiled = self._compiled.get(DEFAULT_DB_ALIAS) or self._compile(DEFAULT_DB_ALIAS)
        compiler = copy.copy(compiled.compiler)  # threads have connections of their own
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        params = compiled.bind(values, compiler.connection)
        compiler.as_sql = lambda *_args, **_named: (compiled.sql, params)
        compiler.get_converters = lambda _columns: compiled.converters
        queryset = compiled.queryset.all()
        queryset.query.get_compiler = lambda *_args, **_named: compiler
        return queryset

    def first_row(self, *values: Param) -> tuple | None:
        """Return the first row of a `values_list()` query. Faster than `first`: no queryset is made."""
        compiled = self._compiled.get(DEFAULT_DB_ALIAS) or self._compile(DEFAULT_DB_ALIAS)
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, compiled.bind(values, connection))
            row = cursor.fetchone()
        if row is None or not compiled.converters:
            return row
        return tuple(next(compiled.compiler.apply_converters([row], compiled.converters)))

    def _compile(self, alias: str) -> "_CompiledSQL":
        # Compiling changes the query: one thread does it, the others see the result.
        with self._lock:
            if alias not in self._compiled:
                queryset = self._build(*self._placeholders).using(alias)
                compiler = queryset.query.get_compiler(using=alias)
                sql, params = compiler.as_sql()
                # Raw SQL has its parameters as they are, fields have adapted them.
                places: dict[Any, int] = {}
                for place, one in enumerate(self._placeholders):
                    places |= {one: place, adapt_param(one, connections[alias]): place}
                found = [
                    (value, places.get(value) if isinstance(value, int | datetime | str) else None) for value in params
                ]
                converters = compiler.get_converters([column for column, *_rest in compiler.select])
                self._compiled[alias] = _CompiledSQL(queryset, compiler, sql, found, converters)
            return self._compiled[alias]


class _CompiledSQL(NamedTuple):
    """`params`: each with the position of the value that replaces it, or None. `converters`: Django's, by column."""

    queryset: QuerySet
    compiler: SQLCompiler
    sql: str
    params: list[tuple[Any, int | None]]
    converters: dict[int, Any]

    def bind(self, values: tuple[Param, ...], connection: Any) -> tuple:
        """Return the parameters with the values in their positions."""
        bound = [adapt_param(value, connection) for value in values]
        return tuple(value if index is None else bound[index] for value, index in self.params)
