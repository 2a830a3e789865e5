"""Proof 核验: the signed manifest and ledger entry that let anybody check an article."""

import base64
import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop

from accounts.identity_changes import unconfirmed_labels
from articles.models import Publication
from articles.models.revision import CONTENT_SCHEMA
from articles.public.languages import without_language
from articles.publication_records import EMERGENCY_VERB, PUBLICATION_VERBS
from ledger import keys, seals
from ledger.canonical_json import canonical_json, canonical_timestamp
from ledger.heads.head_file import Head, read_head
from ledger.heads.restores import AcceptedRestore, accepted_restores
from ledger.models import Entry
from ledger.monitoring.alarms import raise_alarm
from ledger.record import signature_holds
from ledger.seals import Sealed


@dataclass(frozen=True)
class Proof:
    """The facts about one publication. `content`: the canonical form that its digest is taken over, as text."""

    publication: Publication
    canonical_content: str
    entry: Entry | None
    head: Head | None
    restores: list[AcceptedRestore]

    @property
    def signed_message(self) -> str:
        """Exactly what was signed."""
        return seals.signing_input(Publication.seal_kind, self.publication.manifest()).decode()

    @property
    def approvals(self) -> int:
        """How many sign-offs there were; the one name on an emergency publication is no approval."""
        unapproved = self.entry is not None and self.entry.verb == EMERGENCY_VERB
        return 0 if unapproved else len(self.publication.sign_offs)

    @property
    def sign_offs(self) -> list[dict[str, Any]]:
        """Step, name, in whose place, the time as text and as a moment, and what of the account was unconfirmed."""
        return [
            {
                **sign,
                "at": datetime.fromisoformat(sign["time"]),
                "labels": unconfirmed_labels(sign.get("unconfirmed", [])),
            }
            for sign in self.publication.sign_offs
        ]

    @property
    def public_key(self) -> str:
        return _public_key_pem(self.publication.seal_key)

    @property
    def planned_end(self) -> dict[str, Any] | None:
        """The signed end of the publication, for programs; None while it is public until further notice."""
        end = self.publication.recorded_end()
        if end is None or end.until is None:
            return None
        return {
            "until": canonical_timestamp(end.until),
            "message": seals.signing_input(end.seal_kind, end.manifest()).decode(),
            "seal": _seal_data(end),
            "public_key": _public_key_pem(end.seal_key),
        }

    def as_json(self) -> dict[str, Any]:
        publication = self.publication
        return {
            "schema": 1,
            "article": publication.article_id,
            "publication": publication.number,
            "url": settings.SITE_URL + publication.get_absolute_url(),
            "title": publication.title,
            "dated": canonical_timestamp(publication.dated),
            "published": canonical_timestamp(publication.live_from),
            "digest": publication.digest,
            "content_schema": CONTENT_SCHEMA,
            "content": self.canonical_content,
            "manifest": json.loads(canonical_json({**publication.manifest(), "site": settings.SEAL_SITE})),
            "message": self.signed_message,
            "seal": _seal_data(publication),
            "public_key": self.public_key,
            "approvals": self.approvals,
            "sign_offs": [
                {name: sign.get(name, "") for name in ("step", "name", "for", "time")}
                | ({"unconfirmed": sign["unconfirmed"]} if sign.get("unconfirmed") else {})
                for sign in publication.sign_offs
            ],
            "emergency": publication.is_emergency,
            "end": self.planned_end,
            "ledger": {
                "entry": {"number": self.entry.number, "hash": self.entry.hash} if self.entry else None,
                "head": self.head.as_dict() if self.head else None,
                "restores": [restore.as_dict() for restore in self.restores],
            },
        }


def _seal_data(row: Sealed) -> dict[str, str]:
    """The seal as programs read it."""
    signature = bytes.fromhex(row.seal_signature)
    return {
        "key": row.seal_key,
        "algorithm": "Ed25519",
        "signature": row.seal_signature,
        "signature_base64": base64.b64encode(signature).decode(),
    }


def _public_key_pem(key_id: str) -> str:
    """The trusted public key with this id; "" when there is none."""
    key = keys.trusted_key(key_id)
    return keys.public_key_pem(key).decode() if key else ""


def build_proof(publication: Publication, attachments: list) -> Proof:
    """The proof of a publication that is intact. `attachments`: those of its revision, with their files."""
    content = publication.revision.content(publication.columns, attachments)
    words, entry = canonical_json(content).decode(), publication_entry(publication)
    return Proof(publication, words, entry, read_head(), accepted_restores())


def publication_entry(publication: Publication) -> Entry | None:
    """The ledger entry that recorded the publication; None, and an alarm, when there is none that says so."""
    entries = Entry.objects.filter(
        object_type=publication.article._meta.label_lower,
        object_id=str(publication.article_id),
        verb__in=PUBLICATION_VERBS,
    )
    for entry in entries.order_by("-number"):
        if entry.data.get("publication") == publication.number:
            right = entry.data.get("digest") == publication.digest
            if right and entry.compute_hash() == entry.hash and signature_holds(entry):
                return entry
    said = gettext_noop("article %(article)d: the ledger does not have it")
    raise_alarm(f"publication {publication.pk}", said, article=publication.article_id)
    return None


def proof_url(publication: Publication) -> str:
    """Where the proof of the article is shown, as an address for people outside."""
    page = reverse("proof", args=[publication.department.slug, publication.article_id])
    return settings.SITE_URL + without_language(page)


def qr_code_svg(text: str) -> bytes:
    """A QR code (ISO/IEC 18004, error correction M) as an SVG image without any style or script."""
    import segno  # here: it is needed for this alone, and takes 20 ms to load

    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", border=4, omitsize=True, svgclass=None, lineclass=None, nl=False, light="#fff")
    return out.getvalue()
