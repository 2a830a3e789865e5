"""Queries whose SQL is written once: for the few that every act runs, and that take longer to write than to answer."""

import copy
from collections.abc import Callable
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)
STAND_IN = -4_711_000_815  # no id of any row, so that it is found again among the parameters


class Prepared(Generic[Row]):
    """`Prepared(lambda pk: Article.objects.filter(pk=pk))`: `first(pk)` gives what `.first()` of that queryset would.

    `build` is called once, with a stand-in for the id, which it may use repeatedly;
    nothing else in the queryset may differ from call to call, the present moment least of all.
    """

    def __init__(self, build: Callable[[int], QuerySet[Row]]) -> None:
        self._build = build
        self._lock = Lock()
        self._written: dict[str, _Written] = {}

    def first(self, pk: int) -> Row | None:
        written = self._written.get(DEFAULT_DB_ALIAS) or self._write(DEFAULT_DB_ALIAS)
        compiler = copy.copy(written.compiler)  # threads have connections of their own
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        bound = tuple(pk if value == STAND_IN else value for value in written.params)
        compiler.as_sql = lambda *_args, **_named: (written.sql, bound)
        asked = written.queryset.all()
        asked.query.get_compiler = lambda *_args, **_named: compiler
        return next(iter(asked), None)

    def _write(self, alias: str) -> "_Written":
        # Writing SQL changes the query that it is written from: one thread does it, the others see it when it is done.
        with self._lock:
            if alias not in self._written:
                queryset = self._build(STAND_IN).using(alias)
                compiler = queryset.query.get_compiler(using=alias)
                sql, params = compiler.as_sql()
                self._written[alias] = _Written(queryset, compiler, sql, params)
            return self._written[alias]


class _Written(NamedTuple):
    queryset: QuerySet
    compiler: SQLCompiler
    sql: str
    params: tuple
