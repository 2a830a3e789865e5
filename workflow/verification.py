"""What `verify` checks of rounds, decisions and publications."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.utils import timezone

from articles.models import Article, Placement, Publication, Revision
from articles.public.proof import EMERGENCY_VERB, PUBLICATION_VERBS
from departments.models import Department
from ledger.canonical_json import canonical_json, canonical_timestamp
from ledger.models import Entry
from ledger.verification import register_verifier
from workflow import presets
from workflow.actions.pipelines import pipeline_ledger_data
from workflow.actions.rounds import DECISION_VERBS
from workflow.models import Decision, Delegation, Emergency, Pipeline, PipelineChoice, Round, RoundStep, Verdict

CHUNK_ROWS = (
    1000  # rows that are looked up in the ledger at a time, so that memory stays the same however many there are
)
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
ROUND_OPENING_VERBS = ["article.submitted", "article.unscheduled"]

T = TypeVar("T")


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def _ledger_entries(articles: Iterable[int], verbs: Collection[str]) -> list[Entry]:
    """The entries of these articles with one of the verbs, in their order."""
    names = {str(article) for article in articles}
    found = Entry.objects.filter(object_type=Article._meta.label_lower, object_id__in=names, verb__in=verbs)
    return list(found.order_by("number"))


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
    for chunk in _chunks(Publication.objects.order_by("pk").iterator(chunk_size=CHUNK_ROWS)):
        entries = _ledger_entries((publication.article_id for publication in chunk), SEALING_VERBS)
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
    for chunk in _chunks(entries.iterator(chunk_size=CHUNK_ROWS)):
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
    for chunk in _chunks(entries.iterator(chunk_size=CHUNK_ROWS)):
        withdrawn = Publication.objects.filter(article__in=[int(article) for article, _data in chunk])
        stand = set(withdrawn.exclude(withdrawal=None).values_list("article", "number"))
        for article, data in chunk:
            if (int(article), data.get("publication")) not in stand:
                yield f"article {article}: publication {data.get('publication')} was withdrawn, but its notice is gone"


@register_verifier
def verify_rounds() -> Iterator[str]:
    """Each round was opened by the site, with these steps, on this text, by these hands; and none is missing.

    Otherwise a round that was put into the database with fewer steps would pass for a real one.
    """
    rows = Round.objects.select_related("revision").prefetch_related("steps", "revision__contributions").order_by("pk")
    for chunk in _chunks(rows.defer("revision__body").iterator(chunk_size=CHUNK_ROWS)):
        entries = _ledger_entries((opened.article_id for opened in chunk), ROUND_OPENING_VERBS)
        known = {(entry.object_id, entry.data.get("round")): entry.data for entry in entries}
        for opened in chunk:
            where = f"round {opened.pk} (article {opened.article_id})"
            said = known.pop((str(opened.article_id), opened.number), None)
            if said is None:
                yield f"{where}: opened outside the site; the ledger does not have it"
                continue
            steps = [[step.name, step.role_id, step.people] for step in opened.steps.all()]
            hands = sorted(hand.person_id for hand in opened.revision.contributions.all())
            if said.get("steps") != steps:
                yield f"{where}: its steps are not those that the ledger has"
            if said.get("hands") != hands:
                yield f"{where}: whose hands are in its text is not what the ledger says"
            if said.get("digest") != opened.revision.digest:
                yield f"{where}: is about another text than the ledger says"
    entries = Entry.objects.filter(verb__in=ROUND_OPENING_VERBS).order_by("number").values_list("object_id", "data")
    for chunk in _chunks(entries.iterator(chunk_size=CHUNK_ROWS)):
        articles = [int(article) for article, _data in chunk]
        present = set(Round.objects.filter(article__in=articles).values_list("article", "number"))
        for article, data in chunk:
            if "round" in data and (int(article), data["round"]) not in present:
                yield f"article {article}: round {data['round']} stands in the ledger, but is gone"


@register_verifier
def verify_decisions() -> Iterator[str]:
    """Each decision was made through the site: the ledger has it, by that person, at that step, on that text."""
    rows = Decision.objects.select_related("round", "step", "kept_from").defer("comment").order_by("pk")
    for chunk in _chunks(rows.iterator(chunk_size=CHUNK_ROWS)):
        entries = _ledger_entries((decision.round.article_id for decision in chunk), DECISION_VERBS)
        known = {_entry_key(entry) for entry in entries}
        for decision in chunk:
            if decision.kept_from_id:
                first = decision.kept_from
                names = ("person_id", "principal_id", "verdict", "digest", "decided_at")
                right = all(getattr(first, name) == getattr(decision, name) for name in names)
            else:
                right = _decision_key(decision) in known
            if not right:
                yield f"decision {decision.pk} (article {decision.round.article_id}): the ledger does not have it"


def _entry_key(entry: Entry) -> tuple:
    data = entry.data
    approved = entry.verb != "article.returned"
    behalf = data.get("on_behalf_of", "")
    return (entry.object_id, data.get("round"), entry.actor_id, data.get("step"), data.get("digest"), approved, behalf)


def _decision_key(decision: Decision) -> tuple:
    behalf = decision.principal_name if decision.principal_id != decision.person_id else ""
    approved = decision.verdict == Verdict.APPROVE
    of = decision.round
    return (str(of.article_id), of.number, decision.person_id, decision.step.name, decision.digest, approved, behalf)


@register_verifier
def verify_handed_over_steps() -> Iterator[str]:
    """Nobody decides a step without its role unless the ledger says that it was handed to them."""
    handed = RoundStep.objects.exclude(handed_to=None).select_related("round").order_by("pk")
    for chunk in _chunks(handed.iterator(chunk_size=CHUNK_ROWS)):
        entries = _ledger_entries((step.round.article_id for step in chunk), ["article.handed_over"])
        known = {
            (entry.object_id, entry.data.get("round"), entry.data.get("step")): entry.data.get("to")
            for entry in entries
        }
        for step in chunk:
            if known.get((str(step.round.article_id), step.round.number, step.name)) != step.handed_to_id:
                yield f"step {step.pk} (article {step.round.article_id}): handed over outside the site"


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
    for chunk in _chunks(pinned.iterator(chunk_size=CHUNK_ROWS)):
        entries = _ledger_entries((placement.article_id for placement in chunk), ["article.pinned"])
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


# Who decides where: pipelines, choices and delegations, replayed from the ledger.


def _last_entries(*verbs: str) -> dict[str, Entry]:
    """The last entry with one of the verbs, for each thing."""
    entries = Entry.objects.filter(verb__in=verbs).order_by("number").iterator(chunk_size=2000)
    return {entry.object_id: entry for entry in entries}


@register_verifier
def verify_pipelines() -> Iterator[str]:
    """Each pipeline as it was recorded last, or, when it never was, as every site begins with it."""
    last = _last_entries("pipeline.created", "pipeline.changed", "pipeline.deleted")
    for pipeline in Pipeline.objects.order_by("pk"):
        entry = last.get(str(pipeline.pk))
        right: Any = entry.data if entry else presets.preset_ledger_data(pipeline.name)
        if right is None or canonical_json(pipeline_ledger_data(pipeline)) != canonical_json(right):
            yield f"pipeline {pipeline.pk} ({pipeline}): changed outside the site; the ledger says otherwise"


@register_verifier
def verify_pipeline_choices() -> Iterator[str]:
    """Each department uses the pipeline that was chosen for it."""
    chosen = {int(pk): entry.data.get("pipeline") for pk, entry in _last_entries("pipeline.chosen").items()}
    present = dict(PipelineChoice.objects.values_list("department", "pipeline"))
    for department in Department.objects.order_by("pk"):
        if present.get(department.pk) != chosen.get(department.pk):
            yield f"department {department.pk} ({department.name}): its pipeline was chosen outside the site"


@register_verifier
def verify_delegations() -> Iterator[str]:
    """Each delegation was granted by the site, for that period, and is revoked when the ledger says so."""
    granted, revoked = _last_entries("delegation.granted"), _last_entries("delegation.revoked")
    for delegation in Delegation.objects.order_by("pk").iterator():
        where = f"delegation {delegation.pk} ({delegation})"
        entry = granted.get(str(delegation.pk))
        names = ("principal", "deputy", "begins_at", "ends_at")
        values = (delegation.principal_id, delegation.deputy_id, delegation.begins_at, delegation.ends_at)
        if entry is None or canonical_json([entry.data.get(name) for name in names]) != canonical_json(values):
            yield f"{where}: is not what the ledger says was granted"
        elif (delegation.revoked_at is not None) != (str(delegation.pk) in revoked):
            yield f"{where}: revoked or restored outside the site"
