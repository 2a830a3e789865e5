"""The site's identity (footer, theme, licence numbers): read and save."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import User
from ledger import verbs
from ledger.models import Entry
from ledger.monitoring.alarms import raise_alarm
from ledger.record import record
from ledger.verification.checks import register_verifier
from portal.models import IDENTITY_FIELDS, Identity

verbs.register_verbs(
    "identity", gettext_lazy("Identity of the site"), {"identity.changed": gettext_lazy("changed the identity")}
)

MAX_FALLBACK_VERSIONS = 10  # versions to look back for one whose seal holds


def current_identity() -> Identity:
    """The newest version whose seal holds; a nameless one, which shows no footer line, when there is none."""
    for identity in Identity.objects.all()[:MAX_FALLBACK_VERSIONS]:
        if identity.seal_holds():
            return identity
        said = gettext_noop("the seal of the site's identity does not hold; an older one is shown")
        raise_alarm(f"identity {identity.pk}", said)
    return Identity()


@transaction.atomic
def save_identity(identity: Identity, *, by: User | None) -> Identity:
    """Keeps `identity` as a new version, sealed, with a ledger entry. Raises ValidationError."""
    version = Identity(
        **{name: getattr(identity, name) for name in IDENTITY_FIELDS},
        saved_by=by,
        saved_by_name=by.full_name if by else "",
    )
    version.full_clean()
    version.apply_seal()
    version.save()
    record("identity.changed", version, by=by, **version.ledger_data())
    return version


@register_verifier
def verify_identity_seals() -> Iterator[str]:
    for identity in Identity.objects.order_by("pk").iterator():
        if not identity.seal_holds():
            yield f"identity {identity.pk} ({identity.name}): its seal does not hold; changed outside the site"


@register_verifier
def verify_identity_versions() -> Iterator[str]:
    """The versions are those of the ledger, so that the newest there is the one that visitors see.

    A seal alone does not say so: an older version, copied to the end, carries a good one.
    """
    recorded = {
        entry.object_id: entry.data for entry in Entry.objects.filter(verb="identity.changed").iterator(chunk_size=500)
    }
    for identity in Identity.objects.order_by("pk").iterator():
        words = recorded.pop(str(identity.pk), None)
        if identity.seal_holds() and words != identity.ledger_data():
            yield f"identity {identity.pk} ({identity.name}): the ledger does not have this version"
    for pk, words in recorded.items():
        yield f"identity {pk} ({words.get('name')}): stands in the ledger, but is gone"
