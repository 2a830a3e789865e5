"""Signing keys: created once, private, trusted by file only."""

import stat
from io import StringIO

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from django.db import transaction

from departments.models import Role
from ledger import keys, seals
from ledger.record import record
from tests.ledger.auditor import verify

PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8


def made(settings):
    return keys.create_signing_key(settings.SIGNING_KEY_FILE, settings.TRUSTED_KEYS_DIR)


def pem_of(private, encryption=None):
    return private.private_bytes(PEM, PKCS8, encryption or serialization.NoEncryption())


def test_a_key_is_made_once_and_kept(own_keys):
    name = made(own_keys)
    before = own_keys.SIGNING_KEY_FILE.read_bytes()
    assert made(own_keys) == name
    assert own_keys.SIGNING_KEY_FILE.read_bytes() == before
    assert [file.name for file in own_keys.TRUSTED_KEYS_DIR.iterdir()] == [f"{name}.pem"]


def test_only_its_owner_can_read_the_key(own_keys):
    made(own_keys)
    assert stat.S_IMODE(own_keys.SIGNING_KEY_FILE.stat().st_mode) == 0o600


def test_the_trusted_file_holds_no_secret(own_keys):
    name = made(own_keys)
    assert b"PRIVATE" in own_keys.SIGNING_KEY_FILE.read_bytes()
    assert b"PRIVATE" not in (own_keys.TRUSTED_KEYS_DIR / f"{name}.pem").read_bytes()


def test_a_lost_trusted_file_is_made_again_from_the_key(own_keys):
    name = made(own_keys)
    (own_keys.TRUSTED_KEYS_DIR / f"{name}.pem").unlink()
    assert made(own_keys) == name
    assert name in keys.trusted_keys()


def test_the_command_makes_a_key_and_leaves_one_alone(own_keys):
    call_command("signing_key", stdout=StringIO())
    before = own_keys.SIGNING_KEY_FILE.read_bytes()
    with pytest.raises(CommandError, match=str(own_keys.SIGNING_KEY_FILE)):
        call_command("signing_key", stdout=StringIO())
    call_command("signing_key", create_if_missing=True, stdout=StringIO())
    assert own_keys.SIGNING_KEY_FILE.read_bytes() == before


def test_signing_without_a_key_says_what_to_run(own_keys):
    with pytest.raises(ImproperlyConfigured, match="signing_key"):
        keys.sign(b"words")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not hold a private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "does not hold a private key"),
        (pem_of(ec.generate_private_key(ec.SECP256R1())), "is not Ed25519"),
        (
            pem_of(Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"secret")),
            "does not hold a private key in PEM form without a password",
        ),
        (
            Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
            "does not hold a private key",
        ),
    ],
    ids=["empty", "damaged", "another kind", "with a password", "a public key"],
)
def test_a_wrong_signing_key_file_is_named(own_keys, content, words):
    own_keys.SIGNING_KEY_FILE.parent.mkdir(parents=True)
    own_keys.SIGNING_KEY_FILE.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=words) as caught:
        keys.sign(b"words")
    assert str(own_keys.SIGNING_KEY_FILE) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no key", "does not hold a public key"),
        (
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
            "is not Ed25519",
        ),
    ],
    ids=["damaged", "another kind"],
)
def test_a_wrong_trusted_file_is_named(own_keys, content, words):
    made(own_keys)
    wrong = own_keys.TRUSTED_KEYS_DIR / "wrong.pem"
    wrong.write_bytes(content)
    keys.clear_caches()
    with pytest.raises(ImproperlyConfigured, match=words) as caught:
        keys.is_valid_signature(b"words", "0" * 16, "00" * 64)
    assert str(wrong) in str(caught.value)
    with pytest.raises(SystemCheckError, match=words):
        call_command("check", tags=["security"], stdout=StringIO(), stderr=StringIO())


def test_a_site_that_does_not_trust_its_own_key_does_not_pass_the_check(own_keys):
    name = made(own_keys)
    call_command("check", tags=["security"], stdout=StringIO(), stderr=StringIO())
    (own_keys.TRUSTED_KEYS_DIR / f"{name}.pem").unlink()
    keys.clear_caches()
    with pytest.raises(SystemCheckError, match=name):
        call_command("check", tags=["security"], stdout=StringIO(), stderr=StringIO())


def test_what_a_rotated_key_signed_holds_as_long_as_it_is_trusted(own_keys, db):
    """Scenario 44."""
    old = made(own_keys)
    manifest = {"schema": 1, "name": "组织建设"}
    sealed = seals.seal("department", manifest)
    with transaction.atomic():
        record("role.noted", Role.objects.get(code="drafter"))

    own_keys.SIGNING_KEY_FILE.unlink()
    new = made(own_keys)
    assert new != old
    with transaction.atomic():
        record("role.noted", Role.objects.get(code="drafter"))
    assert seals.seal("department", manifest).key == new
    assert seals.is_valid_seal("department", manifest, *sealed)
    assert verify() == []

    (own_keys.TRUSTED_KEYS_DIR / f"{old}.pem").unlink()
    keys.clear_caches()
    assert not seals.is_valid_seal("department", manifest, *sealed)
    assert verify() == [f"ledger entry 1: signed with a key that is not trusted ({old})"]


@pytest.mark.parametrize("signature", ["", "0", "xyz", "签章", "00" * 64, "00" * 1000])
def test_a_signature_of_any_kind_is_answered_and_never_raises(own_keys, signature):
    name = made(own_keys)
    assert not keys.is_valid_signature(b"words", name, signature)
    assert not keys.is_valid_signature(b"words", "not a key", signature)


def test_a_good_signature_holds_for_its_words_only(own_keys):
    name, signature = (made(own_keys), keys.sign(b"words")[1])
    assert keys.is_valid_signature(b"words", name, signature)
    assert keys.is_valid_signature(b"words", name, signature)  # also from memory
    assert not keys.is_valid_signature(b"other words", name, signature)
