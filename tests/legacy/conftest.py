"""Fixtures for tests of imports."""

import pytest

from legacy.pages import read_page
from tests.legacy.samples import REAL


@pytest.fixture(autouse=True)
def english_messages(english):
    """Every test here compares reasons in English."""


@pytest.fixture
def page(english):
    return read_page(REAL)
