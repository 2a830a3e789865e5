"""What tests of people need."""

import pytest

from ledger.models import Entry
from tests.ledger.conftest import fresh_record
from tests.newsroom import PASSWORD, person

__all__ = ["fresh_record"]


@pytest.fixture
def boss(db):
    return person("boss", is_superuser=True)


@pytest.fixture
def drafter(db):
    return person("drafter")


@pytest.fixture
def sign_in(client):
    """Posts the sign-in form; the answer is a redirect when it succeeded."""

    def post(username, password=PASSWORD, **extra):
        return client.post("/admin/login/", {"username": username, "password": password}, **extra)

    return post


@pytest.fixture
def last_entry(db):
    """Asks for the newest entry of the ledger."""
    return lambda: Entry.objects.order_by("-number").first()
