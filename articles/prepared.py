"""Queries whose SQL is written once: for the few that every act runs, and that take longer to write than to answer."""

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Generic, TypeVar

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)
STAND_IN = -4_711_000_815  # no id of any row, so that it is found again among the parameters


class Prepared(Generic[Row]):
    """`Prepared(lambda pk: Article.objects.filter(pk=pk))`: `first(pk)` gives what `.first()` of that queryset would.

    The SQL is kept for each database. `build` is called once, with a stand-in for the id, which it may use repeatedly;
    nothing else in the queryset may differ from call to call, the present moment least of all.
    """

    def __init__(self, build: Callable[[int], QuerySet[Row]]) -> None:
        self._build = build
        self._compilers: dict[str, tuple[SQLCompiler, str, tuple]] = {}

    @cached_property
    def _queryset(self) -> QuerySet[Row]:
        return self._build(STAND_IN)

    def first(self, pk: int) -> Row | None:
        alias = self._queryset.db
        if alias not in self._compilers:
            compiler = self._queryset.query.get_compiler(using=alias)
            sql, params = compiler.as_sql()
            self._compilers[alias] = (compiler, sql, params)
        known, sql, params = self._compilers[alias]
        compiler = copy.copy(known)  # threads have connections of their own
        compiler.connection = connections[alias]
        bound = tuple(pk if value == STAND_IN else value for value in params)
        compiler.as_sql = lambda *_args, **_named: (sql, bound)
        asked = self._queryset.all()
        asked.query.get_compiler = lambda *_args, **_named: compiler
        return next(iter(asked), None)
