import pytest
from django.utils import translation

from legacy.pages import read_page
from tests.legacy.samples import REAL


@pytest.fixture(autouse=True)
def english():
    """The reasons are compared in the words of the source, whatever the catalogue says."""
    with translation.override("en"):
        yield


@pytest.fixture
def page(english):
    return read_page(REAL)
