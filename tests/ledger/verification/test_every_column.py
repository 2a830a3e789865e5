"""`verify` names what SQL changes in any column of any table (scenarios 43, 52 and 56)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from tests.ledger.attacker import past_the_guards, run, undone
from tests.ledger.auditor import verify
from tests.ledger.verification.population import populate
from tests.ledger.verification.vouchers import (
    ABSENCE_DENIES,
    BEGIN,
    DOCUMENT,
    END,
    UNSEALED_COLUMNS,
    UNSEALED_TABLES,
    as_markdown,
    our_models,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases("rows are changed with SQL, and read back by each database"),
]


def other_value(field: models.Field, value: Any) -> Iterator[Any]:
    """Values that the column can hold instead of `value`, as SQL writes them."""
    if isinstance(field, models.ForeignKey | models.OneToOneField):
        target = field.remote_field.model._base_manager
        yield from target.exclude(pk=value).order_by("-pk").values_list("pk", flat=True)[:3]
    elif isinstance(field, models.BooleanField):
        yield not value
    elif isinstance(field, models.JSONField):
        yield json.dumps({"forged": 1})
    elif isinstance(field, models.DateTimeField):
        yield (value or timezone.now()) + timedelta(days=1)
    elif isinstance(field, models.DateField):
        yield (value or timezone.localdate()) + timedelta(days=1)
    elif isinstance(field, models.IntegerField):
        yield (value or 0) + 1
        yield (value or 0) + 4711
    elif field.choices:
        yield from (choice for choice, _label in field.flatchoices if choice != value)
    else:
        text = value or ""
        yield ("f" * field.max_length if field.max_length in (64, 128, 16) else f"{text}伪")[: field.max_length or None]
        yield "forged"


@pytest.fixture
def population(newsroom, media):
    populate(newsroom)
    assert verify() == []


def forge(model: type[models.Model], field: models.Field, row: models.Model) -> list[str] | None:
    """Change one column of one row, and return what `verify` says. None: the database refuses every other value."""
    table, key = model._meta.db_table, model._meta.pk
    for value in other_value(field, getattr(row, field.attname)):
        with undone():
            try:
                with transaction.atomic(), past_the_guards():
                    placeholder = (
                        "%s::jsonb"
                        if isinstance(field, models.JSONField) and connection.vendor == "postgresql"
                        else "%s"
                    )
                    sql = f'UPDATE "{table}" SET "{field.column}" = {placeholder} WHERE "{key.column}" = %s'
                    assert run(sql, [value, row.pk]) == 1
                    connection.check_constraints()
            except DatabaseError:
                continue
            return verify()
    return None


def columns_of(model: type[models.Model], share: int) -> list[models.Field]:
    """Every column but the key, of which another value is a row that is gone and one that was put in.

    `share`: 1 for all; 12 for every twelfth, one at least.
    """
    columns = [field for field in model._meta.concrete_fields if not field.primary_key]
    return columns if share == 1 else columns[len(columns) % share :: share] or columns[:1]


@pytest.mark.parametrize("share", [12, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "every one"])
def test_verify_names_a_change_of_any_column(population, share):
    """The last row of each table, column by column; what is not named must stand in the list of what is unsealed."""
    silent, empty = [], []
    for model in our_models():
        if model._meta.label in UNSEALED_TABLES:
            continue
        row = model._base_manager.order_by("-pk").first()
        if row is None:
            empty.append(model._meta.label)
            continue
        for field in columns_of(model, share):
            name = f"{model._meta.label}.{field.name}"
            if name not in UNSEALED_COLUMNS and forge(model, field, row) == []:
                silent.append(name)
    assert (empty, silent) == ([], [])


@pytest.mark.slow
def test_verify_names_a_row_that_is_gone(population):
    silent = []
    for model in our_models():
        if model._meta.label in {*UNSEALED_TABLES, *ABSENCE_DENIES}:
            continue
        row = model._base_manager.order_by("-pk").first()
        with undone():
            try:
                with transaction.atomic(), past_the_guards():
                    run(f'DELETE FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = %s', [row.pk])
                    connection.check_constraints()
            except DatabaseError:
                continue
            if verify() == []:
                silent.append(model._meta.label)
    assert silent == []


def test_the_document_has_the_table():
    between = DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0]
    assert between.strip() == as_markdown(), "run python -m tests.ledger.verification.vouchers"


def test_the_list_of_what_is_unsealed_names_only_what_exists():
    tables = {model._meta.label for model in our_models()}
    columns = {f"{model._meta.label}.{field.name}" for model in our_models() for field in model._meta.concrete_fields}
    assert {*UNSEALED_TABLES, *ABSENCE_DENIES} <= tables
    assert UNSEALED_COLUMNS.keys() <= columns
