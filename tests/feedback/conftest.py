"""Fixtures for tests of letters."""

import pytest

from tests.factories import grant, person


@pytest.fixture
def keeper(newsroom):
    """A person with a role on the whole site."""
    one = person("keeper")
    grant(one, "reviewer", None, newsroom.admin)
    return one
