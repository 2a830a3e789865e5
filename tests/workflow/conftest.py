"""What tests of the workflow need."""

import pytest
from django.test import Client


@pytest.fixture(autouse=True)
def fresh_head(settings, tmp_path):
    """A note of the ledger's head that no other test has written to (real transactions leave theirs behind)."""
    settings.LEDGER_HEAD_FILE = tmp_path / "ledger-head.json"


@pytest.fixture
def as_user(newsroom):
    """A browser in which somebody has signed in: a person, or the name of one of the newsroom."""

    def signed_in(who):
        client = Client()
        client.force_login(newsroom.people[who] if isinstance(who, str) else who)
        return client

    return signed_in
