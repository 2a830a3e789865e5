"""Signing keys (Ed25519, RFC 8032) and trusted public keys, read from files only.

Whoever can write to the database can therefore neither sign nor make a key trusted.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ledger.atomic_files import write_atomically
from ledger.canonical_json import sha256

# What was found good once stays good: the same key, words and signature. One entry is about 200 bytes.
MAX_CACHED_VERIFICATIONS = 50_000
_verified_signatures: dict[tuple[str, str, str], bool] = {}


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the raw public key."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return sha256(raw)[:16]


def create_signing_key(signing_file: Path, trusted_dir: Path) -> str:
    """Makes a signing key (PEM, for its owner only) and trusts it; keeps one that exists. Returns the key id."""
    private = _read_private(signing_file) if signing_file.exists() else _make_private(signing_file)
    name = _add_trusted_key(private.public_key(), trusted_dir)
    clear_caches()
    return name


def _make_private(file: Path) -> Ed25519PrivateKey:
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_atomically(file, pem, mode=0o600, replace=False)
    return private


def _add_trusted_key(public: Ed25519PublicKey, trusted_dir: Path) -> str:
    """Puts the public key among the trusted ones unless it is there. Returns its id."""
    name = key_id(public)
    file = trusted_dir / f"{name}.pem"
    if not file.exists():
        write_atomically(file, public_key_pem(public))
    return name


def public_key_pem(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def rotation(signing_file: Path, trusted_dir: Path) -> Iterator[tuple[str, str]]:
    """Puts a new signing key in the place of the old one; gives (id of the old, id of the new).

    The old private key is kept beside it as <file>.retired-<id>, for its owner only, and both public keys are trusted.
    When the block fails, the old key is back in its place and the new one is gone. Raises ImproperlyConfigured when
    there is no old key.
    """
    if not signing_file.exists():
        raise ImproperlyConfigured(f"There is no signing key at {signing_file} that could be replaced.")
    old = _add_trusted_key(_read_private(signing_file).public_key(), trusted_dir)
    fresh = signing_file.with_name(f"{signing_file.name}.new")
    fresh.unlink(missing_ok=True)  # left behind by a rotation that broke off
    new = _add_trusted_key(_make_private(fresh).public_key(), trusted_dir)
    retired = signing_file.with_name(f"{signing_file.name}.retired-{old}")
    retired.unlink(missing_ok=True)
    os.link(signing_file, retired)  # so that there is a key in place at every instant
    fresh.replace(signing_file)
    retired.chmod(0o600)
    clear_caches()
    try:
        yield old, new
    except BaseException:
        retired.replace(signing_file)
        (trusted_dir / f"{new}.pem").unlink()
        clear_caches()
        raise


def _read_private(file: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ImproperlyConfigured(f"{file} does not hold a private key in PEM form without a password.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(f"{file} holds a key that is not Ed25519.")
    return key


@cache
def signing_key() -> Ed25519PrivateKey:
    """The key of SIGNING_KEY_FILE. Raises ImproperlyConfigured when there is none."""
    file = settings.SIGNING_KEY_FILE
    if not file.exists():
        raise ImproperlyConfigured(
            f"There is no signing key at {file}. Run 'manage.py signing_key', or set SIGNING_KEY_FILE."
        )
    return _read_private(file)


@cache
def trusted_keys() -> dict[str, Ed25519PublicKey]:
    """Key id → public key, for every *.pem in TRUSTED_KEYS_DIR. Raises ImproperlyConfigured for a file that is none."""
    keys = {}
    for file in sorted(settings.TRUSTED_KEYS_DIR.glob("*.pem")):
        try:
            key = serialization.load_pem_public_key(file.read_bytes())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ImproperlyConfigured(f"{file} does not hold a public key in PEM form.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ImproperlyConfigured(f"{file} holds a key that is not Ed25519.")
        keys[key_id(key)] = key
    return keys


_trusted_dir_mtimes_ns: dict[Path, int] = {}


def trusted_key(key: str) -> Ed25519PublicKey | None:
    """The trusted public key with this id. A file that has come since (a rotation by another process) is found."""
    if key not in trusted_keys() and settings.TRUSTED_KEYS_DIR.exists():
        changed = settings.TRUSTED_KEYS_DIR.stat().st_mtime_ns
        if _trusted_dir_mtimes_ns.get(settings.TRUSTED_KEYS_DIR) != changed:
            trusted_keys.cache_clear()
            trusted_keys()
            _trusted_dir_mtimes_ns[settings.TRUSTED_KEYS_DIR] = changed
    return trusted_keys().get(key)


_cache_clear_callbacks: list[Callable[[], None]] = []


def on_clear_caches(forget_too: Callable[[], None]) -> None:
    """Has a memory of what was verified cleared together with the keys."""
    _cache_clear_callbacks.append(forget_too)


def clear_caches() -> None:
    """Reads the key files again at the next use."""
    signing_key.cache_clear()
    trusted_keys.cache_clear()
    _verified_signatures.clear()
    for forget_too in _cache_clear_callbacks:
        forget_too()


def sign(message: bytes) -> tuple[str, str]:
    """(key id, signature as 128 hexadecimal digits) over `message`."""
    key = signing_key()
    return key_id(key.public_key()), key.sign(message).hex()


def is_valid_signature(message: bytes, key: str, signature: str) -> bool:
    """Whether `signature` over `message` was made by the trusted key with id `key`. Never raises for bad input."""
    remembered = (key, sha256(message), signature)
    if remembered in _verified_signatures:
        return True
    public = trusted_key(key)
    if public is None:
        return False
    try:
        public.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    if len(_verified_signatures) >= MAX_CACHED_VERIFICATIONS:
        _verified_signatures.clear()
    _verified_signatures[remembered] = True
    return True
