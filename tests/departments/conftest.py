"""Fixtures for tests of departments."""

import pytest


@pytest.fixture
def desk(client, superuser):
    """A client in which a superuser has signed in."""
    client.force_login(superuser)
    return client
