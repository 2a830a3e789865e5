"""Seals 签章: signatures over a manifest of what was sealed.

A manifest is a dict of the canonical form (ledger.canonical_json). What is signed is a line naming the kind of
thing, then the manifest: a signature over one kind never passes for another.
"""

import hashlib
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import keys
from ledger.canonical_json import canonical_json, sha256


class BrokenSeal(PermissionDenied):
    """A row that an action relies on is not as the site sealed it last. Django answers 403; the message says so."""

    def __init__(self, row: models.Model) -> None:
        self.row = row
        name = f"{row._meta.verbose_name} {row.pk}"
        super().__init__(
            _("%(name)s was changed outside the site, so it does not count. Nothing was done; tell a superuser.")
            % {"name": name}
        )


class Seal(NamedTuple):
    """`key`: id of the signing key, 16 hexadecimal digits; `signature`: 128 hexadecimal digits."""

    key: str
    signature: str


def signing_input(kind: str, manifest: dict) -> bytes:
    """The bytes that are signed: "qianfa <kind>\\n" and the canonical manifest with the site's name in it."""
    return f"qianfa {kind}\n".encode() + canonical_json({**manifest, "site": settings.SEAL_SITE})


def seal(kind: str, manifest: dict) -> Seal:
    return Seal(*keys.sign(signing_input(kind, manifest)))


# Digests of manifests and signatures that held, in this process. They are taken over `repr`, which is quicker than the
# canonical form; nothing reads it back.
_verified_seals: set[bytes] = set()


def is_valid_seal(kind: str, manifest: dict, key: str, signature: str) -> bool:
    """Whether the seal (`key`, `signature`) is a trusted one over exactly this manifest. Never raises for bad input."""
    written = repr((kind, manifest, key, signature, settings.SEAL_SITE))
    known = hashlib.blake2b(written.encode(), digest_size=20).digest()
    if known in _verified_seals:
        return True
    if not _verify_seal(kind, manifest, key, signature):
        return False
    if len(_verified_seals) >= keys.MAX_CACHED_VERIFICATIONS:
        _verified_seals.clear()
    _verified_seals.add(known)
    return True


keys.on_clear_caches(_verified_seals.clear)


def _verify_seal(kind: str, manifest: dict, key: str, signature: str) -> bool:
    try:
        sealed = signing_input(kind, manifest)
    except TypeError:  # no canonical form: somebody wrote, say, a float straight into a JSON column
        return False
    return keys.is_valid_signature(sealed, key, signature)


SEAL_FIELDS = ("seal_key", "seal_signature")


class Sealed(models.Model):
    """Columns of a row that carries its own seal. `seal_kind` and `manifest()` say what is sealed."""

    seal_kind: str
    # Set by whoever hands out rows that many read and nobody changes: whether the seal held when they were read.
    seal_verified: bool | None = None

    seal_key = models.CharField(gettext_lazy("key of the seal"), max_length=16, default="", editable=False)
    seal_signature = models.CharField(gettext_lazy("seal"), max_length=128, default="", editable=False)

    class Meta:
        abstract = True

    def manifest(self) -> dict:
        raise NotImplementedError

    def apply_seal(self) -> None:
        """Signs the row as it stands; saving it is the caller's business."""
        self.seal_key, self.seal_signature = seal(self.seal_kind, self.manifest())

    def sealed_digest(self) -> str:
        """SHA-256 of what the seal covers."""
        return sha256(signing_input(self.seal_kind, self.manifest()))

    def seal_holds(self) -> bool:
        if self.seal_verified is not None:
            return self.seal_verified
        return is_valid_seal(self.seal_kind, self.manifest(), self.seal_key, self.seal_signature)

    def check_seal(self) -> None:
        """Raise BrokenSeal if the row is not as it was sealed."""
        if not self.seal_holds():
            raise BrokenSeal(self)

    def update_sealed(self, **changes: Any) -> None:
        """Change a sealed row and seal it again. Raise BrokenSeal, and change nothing, if its present seal is broken.

        Sealing a row blesses all of its columns, so what stands in them must be what was sealed before.
        """
        self.check_seal()
        for name, value in changes.items():
            setattr(self, name, value)
        self.apply_seal()
        self.save(update_fields=[*changes, *SEAL_FIELDS])
