"""Key rotation: old signatures stay valid."""

import stat
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from departments.models import Role
from ledger import keys, seals
from ledger.models import Entry
from ledger.record import record
from tests.ledger.attacker import run
from tests.ledger.auditor import verify

MANIFEST = {"schema": 1, "name": "组织建设"}


@pytest.fixture
def old(own_keys):
    """Id of the key before."""
    return keys.create_signing_key(own_keys.SIGNING_KEY_FILE, own_keys.TRUSTED_KEYS_DIR)


def rotate() -> str:
    said = StringIO()
    call_command("signing_key", rotate=True, stdout=said)
    return said.getvalue()


def own(settings) -> str:
    return keys.key_id(keys.signing_key().public_key())


def retired(settings, name):
    return settings.SIGNING_KEY_FILE.with_name(f"{settings.SIGNING_KEY_FILE.name}.retired-{name}")


def test_old_seals_and_entries_hold_and_new_ones_are_made_with_the_new_key(own_keys, old, db):
    sealed = seals.seal("department", MANIFEST)
    with transaction.atomic():
        record("role.noted", Role.objects.first())
    rotate()
    assert own(own_keys) != old
    assert seals.is_valid_seal("department", MANIFEST, *sealed)
    again = seals.seal("department", MANIFEST)
    assert again.key == own(own_keys) and seals.is_valid_seal("department", MANIFEST, *again)
    assert verify() == []


def test_the_rotation_stands_in_the_ledger_signed_with_the_new_key(own_keys, old, db):
    rotate()
    entry = Entry.objects.get()
    assert (entry.verb, entry.object_type, entry.object_id) == ("key.rotated", "ledger.key", own(own_keys))
    assert entry.data == {"replaces": old}
    assert entry.key == own(own_keys)


def test_the_old_key_is_kept_for_its_owner_only_and_both_are_trusted(own_keys, old, db):
    before = own_keys.SIGNING_KEY_FILE.read_bytes()
    own_keys.SIGNING_KEY_FILE.chmod(0o640)
    rotate()
    kept = retired(own_keys, old)
    assert kept.read_bytes() == before
    for file in (kept, own_keys.SIGNING_KEY_FILE):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    trusted = {file.stem for file in own_keys.TRUSTED_KEYS_DIR.iterdir()}
    assert trusted == {old, own(own_keys)}


def test_the_command_says_where_the_old_key_is_and_that_processes_must_be_restarted(own_keys, old, db):
    said = rotate()
    assert str(retired(own_keys, old)) in said
    assert "重启" in said or "Restart" in said


def test_keys_can_be_rotated_again_and_again(own_keys, old, db):
    sealed = [seals.seal("department", MANIFEST)]
    for _ in range(3):
        rotate()
        sealed.append(seals.seal("department", MANIFEST))
    assert len({seal.key for seal in sealed}) == 4
    assert all(seals.is_valid_seal("department", MANIFEST, *seal) for seal in sealed)
    assert verify() == []


def test_a_rotation_that_the_ledger_refuses_leaves_the_old_key_in_its_place(own_keys, old, db):
    """The ledger's table is gone: an entry cannot be written, so nothing may have changed."""
    before = own_keys.SIGNING_KEY_FILE.read_bytes()
    run("ALTER TABLE ledger_entry RENAME TO ledger_away")
    with pytest.raises(Exception, match="ledger_entry"), transaction.atomic():
        rotate()
    assert own_keys.SIGNING_KEY_FILE.read_bytes() == before
    assert not retired(own_keys, old).exists()
    assert [file.stem for file in own_keys.TRUSTED_KEYS_DIR.iterdir()] == [old]
    assert own(own_keys) == old


def test_without_a_key_there_is_nothing_to_rotate(own_keys, db):
    with pytest.raises(CommandError, match=str(own_keys.SIGNING_KEY_FILE)):
        rotate()
    assert not Entry.objects.exists()


def test_a_process_that_was_not_restarted_signs_with_the_old_key_and_believes_the_new_one(own_keys, old, db):
    """Another process rotates: this one finds out by the file of the public key alone."""
    keys.sign(b"words")  # both keys are remembered now
    assert set(keys.trusted_keys()) == {old}
    file = own_keys.SIGNING_KEY_FILE
    new = keys._add_trusted_key(keys._make_private(file.with_name("new.pem")).public_key(), own_keys.TRUSTED_KEYS_DIR)
    file.with_name("new.pem").replace(file)
    assert keys.sign(b"words")[0] == old
    signature = keys._read_private(file).sign(b"words").hex()
    assert keys.is_valid_signature(b"words", new, signature)


def test_a_failed_rotation_by_hand_is_undone(own_keys, old):
    class Stopped(Exception):
        pass

    with pytest.raises(Stopped), keys.rotation(own_keys.SIGNING_KEY_FILE, own_keys.TRUSTED_KEYS_DIR):
        raise Stopped
    assert own(own_keys) == old
    with pytest.raises(ImproperlyConfigured), keys.rotation(own_keys.VAR_DIR / "none.pem", own_keys.TRUSTED_KEYS_DIR):
        pass
