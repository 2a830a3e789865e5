"""Fixtures: acts that note heads, and databases restored from a snapshot."""

from collections.abc import Callable

import pytest
from django.db import transaction

from departments.models import Role
from ledger.models import Entry
from ledger.record import record
from tests.ledger.snapshots import DatabaseSnapshot


@pytest.fixture
def act(db, django_capture_on_commit_callbacks) -> Callable[..., Entry]:
    """A function that records one act and notes its head, as after a commit."""

    def acted(**data) -> Entry:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            return record("role.noted", Role.objects.get(code="drafter"), **data)

    return acted


@pytest.fixture
def take_snapshot(db) -> Callable[[], DatabaseSnapshot]:
    """A function that keeps the database as it is now; its `restore` puts that back."""
    return DatabaseSnapshot
