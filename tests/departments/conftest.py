"""What tests of departments need."""

import pytest

from ledger.models import Entry
from tests.ledger.conftest import fresh_record
from tests.newsroom import person

__all__ = ["fresh_record"]


@pytest.fixture
def boss(db):
    return person("boss", is_superuser=True)


@pytest.fixture
def desk(client, boss):
    """A superuser at the desk."""
    client.force_login(boss)
    return client


@pytest.fixture
def last_entry(db):
    """Asks for the newest entry of the ledger."""
    return lambda: Entry.objects.order_by("-number").first()
