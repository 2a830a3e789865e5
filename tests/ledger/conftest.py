"""What tests of the record need."""

import pytest

from ledger import alarms, keys


@pytest.fixture(autouse=True)
def fresh_record(settings, tmp_path):
    """A note of the head that no other test has written to, and alarms that have not been raised yet.

    (A test with real transactions leaves its note behind, but not its ledger.)
    """
    settings.LEDGER_HEAD_FILE = tmp_path / "ledger-head.json"
    alarms.forget()


@pytest.fixture
def own_keys(settings, tmp_path):
    """Places for keys of this test's own, still empty; the usual keys are read again afterwards."""
    settings.SIGNING_KEY_FILE = tmp_path / "keys" / "signing.pem"
    settings.TRUSTED_KEYS_DIR = tmp_path / "keys" / "trusted"
    keys.forget()
    yield settings
    keys.forget()
