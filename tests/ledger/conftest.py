"""Fixtures for tests of the ledger."""

import pytest

from ledger import keys


@pytest.fixture
def own_keys(settings, tmp_path):
    """Places for keys of this test's own, still empty; the usual keys are read again afterwards."""
    settings.SIGNING_KEY_FILE = tmp_path / "keys" / "signing.pem"
    settings.TRUSTED_KEYS_DIR = tmp_path / "keys" / "trusted"
    keys.clear_caches()
    yield settings
    keys.clear_caches()
