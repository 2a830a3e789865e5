"""What tests of letters need."""

import pytest

from tests.ledger.conftest import fresh_record
from tests.newsroom import grant, person
from tests.portal.conftest import site

__all__ = ["fresh_record", "site"]


@pytest.fixture
def keeper(newsroom):
    """Somebody with a role on the whole site."""
    one = person("keeper")
    grant(one, "reviewer", None, newsroom.admin)
    return one
