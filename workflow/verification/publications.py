"""Verify publications: sign-offs, newest seals, withdrawals, emergencies, pins, expunging."""

from collections.abc import Iterator

from django.utils import timezone

from articles.models import Placement, Publication, Revision
from articles.public.proof import EMERGENCY_VERB, PUBLICATION_VERBS
from ledger.canonical_json import canonical_timestamp
from ledger.models import Entry
from ledger.verification import register_verifier
from workflow.models import Emergency, Verdict
from workflow.verification.ledger_rows import CHUNK_ROWS, chunks, ledger_entries

# Acts after which a publication carries a new seal.
SEALING_VERBS = [
    *PUBLICATION_VERBS,
    "article.unscheduled",
    "article.withdrawn",
    "article.expiry_set",
    "article.moved",
    "article.emergency_confirmed",
    "article.expunged",
]


@register_verifier
def verify_sign_offs() -> Iterator[str]:
    """The sealed sign-offs are the decisions of the round, all on this digest, enough of them at each step."""
    rows = Publication.objects.filter(emergency=None).select_related("round")
    prefetched = rows.prefetch_related("round__steps", "round__decisions").order_by("pk")
    for publication in prefetched.iterator(chunk_size=500):
        where = f"publication {publication.pk} (article {publication.article_id})"
        of = getattr(publication, "round", None)
        if of is None or of.revision_id != publication.revision_id:
            yield f"{where}: no round approved it"
            continue
        approvals = [decision for decision in of.decisions.all() if decision.verdict == Verdict.APPROVE]
        said = sorted((decision.person_id, canonical_timestamp(decision.decided_at)) for decision in approvals)
        if said != sorted((sign["person"], sign["time"]) for sign in publication.sign_offs):
            yield f"{where}: its sign-offs are not the decisions of its round"
        if any(decision.digest != publication.digest for decision in approvals):
            yield f"{where}: decided on another text"
        for step in of.steps.all():
            if sum(decision.step_id == step.pk for decision in approvals) < step.people:
                yield f"{where}: step {step.position} ({step.name}) was not decided by {step.people}"


@register_verifier
def verify_publications() -> Iterator[str]:
    """Each publication as the ledger says that it was sealed last, and none is missing. A chunk at a time.

    A seal alone does not say that it is the newest: who put an earlier one back (reopened, moved back, flagged no
    longer) is named here.
    """
    for chunk in chunks(Publication.objects.order_by("pk").iterator(chunk_size=CHUNK_ROWS)):
        entries = ledger_entries((publication.article_id for publication in chunk), SEALING_VERBS)
        known = {
            (entry.object_id, number): digest
            for entry in entries
            for number, digest in entry.data.get("seals", {}).items()
        }
        for publication in chunk:
            where = f"publication {publication.pk} (article {publication.article_id})"
            sealed = known.get((str(publication.article_id), str(publication.number)))
            if sealed is None:
                yield f"{where}: the ledger does not have it"
            elif publication.seal_holds() and publication.sealed_digest() != sealed:
                yield f"{where}: sealed once, but not as the ledger says it was last; an earlier state was put back"
    entries = Entry.objects.filter(verb__in=PUBLICATION_VERBS).order_by("number").values_list("object_id", "data")
    for chunk in chunks(entries.iterator(chunk_size=CHUNK_ROWS)):
        present = set(
            Publication.objects.filter(article__in=[int(article) for article, _data in chunk]).values_list(
                "article", "number"
            )
        )
        for article, data in chunk:
            if (int(article), data.get("publication")) not in present:
                yield f"article {article}: publication {data.get('publication')} stands in the ledger, but is gone"


@register_verifier
def verify_withdrawals() -> Iterator[str]:
    """What was withdrawn stays so: reopening it with the seal that it had before is named."""
    entries = Entry.objects.filter(verb="article.withdrawn").order_by("number").values_list("object_id", "data")
    for chunk in chunks(entries.iterator(chunk_size=CHUNK_ROWS)):
        withdrawn = Publication.objects.filter(article__in=[int(article) for article, _data in chunk])
        stand = set(withdrawn.exclude(withdrawal=None).values_list("article", "number"))
        for article, data in chunk:
            if (int(article), data.get("publication")) not in stand:
                yield f"article {article}: publication {data.get('publication')} was withdrawn, but its notice is gone"


@register_verifier
def verify_emergencies() -> Iterator[str]:
    """The flag of an emergency publication is there until somebody else has confirmed it, on record."""
    confirmed = {
        (entry.object_id, entry.data.get("publication")): entry.actor_id
        for entry in Entry.objects.filter(verb="article.emergency_confirmed").iterator(chunk_size=2000)
    }
    hands = {
        (entry.object_id, entry.data.get("publication")): entry.data.get("hands")
        for entry in Entry.objects.filter(verb=EMERGENCY_VERB).iterator(chunk_size=2000)
    }
    for emergency in Emergency.objects.select_related("publication__revision").order_by("pk").iterator():
        publication = emergency.publication
        if hands.get((str(publication.article_id), publication.number)) != sorted(
            publication.revision.contributor_ids()
        ):
            # They are who may not confirm it.
            yield f"publication {publication.pk}: whose hands are in its text is not what the ledger says"
        where = f"publication {publication.pk} (article {publication.article_id})"
        by = confirmed.get((str(publication.article_id), publication.number))
        if publication.is_emergency == (by is not None) or emergency.confirmed_by_id != by or by == emergency.by_id:
            yield f"{where}: published in emergency, and its flag is not what the ledger says"
    for publication in Publication.objects.filter(is_emergency=True, emergency=None).order_by("pk").iterator():
        yield f"publication {publication.pk} (article {publication.article_id}): flagged, but no emergency is on record"


@register_verifier
def verify_pins() -> Iterator[str]:
    """What stands at the top of a listing now was put there by the site."""
    pinned = Placement.objects.filter(pinned_until__gt=timezone.now()).order_by("pk")
    for chunk in chunks(pinned.iterator(chunk_size=CHUNK_ROWS)):
        entries = ledger_entries((placement.article_id for placement in chunk), ["article.pinned"])
        known = {entry.object_id: entry.data.get("until") for entry in entries}
        for placement in chunk:
            if known.get(str(placement.article_id)) != canonical_timestamp(placement.pinned_until):
                yield f"placement {placement.pk} (article {placement.article_id}): pinned outside the site"


@register_verifier
def verify_expunged_revisions() -> Iterator[str]:
    """Words are gone only where two people expunged them."""
    expunged = set(Entry.objects.filter(verb="article.expunged").values_list("object_id", flat=True))
    emptied = Revision.objects.exclude(expunged_at=None).order_by("pk").values_list("pk", "article_id")
    for pk, article in emptied.iterator(chunk_size=2000):
        if str(article) not in expunged:
            yield f"revision {pk} (article {article}): emptied without an expunging in the ledger"
