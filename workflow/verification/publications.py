"""Verify publications against the ledger: sign-offs, seals, ends, withdrawals, expunging."""

from collections.abc import Iterator
from typing import Any

from articles.models import Publication, Revision, Withdrawal
from articles.publication_records import PUBLICATION_VERBS
from ledger.canonical_json import canonical_json, canonical_timestamp
from ledger.models import Entry
from ledger.resealing import is_same_data
from ledger.verification.checks import MALFORMED_ROW_ERRORS, register_verifier
from ledger.verification.walks import new_entries, walk
from workflow.models import Decision, Round, RoundStep, Verdict
from workflow.verification.ledger_rows import CHUNK_ROWS, chunks, ledger_entries

# Acts after which a publication carries a new seal, or has another end.
SEALING_VERBS = [
    *PUBLICATION_VERBS,
    "article.unscheduled",
    "article.withdrawn",
    "article.expiry_set",
    "article.moved",
    "article.emergency_confirmed",
    "article.expunged",
]


def _name(publication: Publication) -> str:
    return f"publication {publication.pk} (article {publication.article_id})"


@register_verifier
def verify_publications_have_rounds() -> Iterator[str]:
    """Nothing was published without a round, but for emergencies. `verify_rounds` compares the sign-offs."""
    for publication in walk(Publication.objects.filter(emergency=None, round=None).order_by("pk"), article="article"):
        yield f"{_name(publication)}: no round approved it"


def sign_off_findings(
    publication: Publication, of: Round, steps: list[RoundStep], decisions: list[Decision]
) -> Iterator[str]:
    """Yield where the sealed sign-offs are not the decisions of the round, all on this digest, enough at each step.

    `steps` and `decisions`: all those of the round.
    """
    if of.revision_id != publication.revision_id:
        yield f"{_name(publication)}: no round approved it"
        return
    approvals = [decision for decision in decisions if decision.verdict == Verdict.APPROVE]
    if _unordered(publication.sign_offs) != _unordered([_sign_off(decision) for decision in approvals]):
        yield f"{_name(publication)}: its sign-offs are not the decisions of its round"
    if any(decision.digest != publication.digest for decision in approvals):
        yield f"{_name(publication)}: decided on another text"
    for step in steps:
        if sum(decision.step_id == step.pk for decision in approvals) < step.people:
            yield f"{_name(publication)}: step {step.position} ({step.name}) was not decided by {step.people}"


def _sign_off(decision: Decision) -> dict[str, Any]:
    """What the seal of the publication says of a decision."""
    return {
        "step": decision.step.name,
        "person": decision.person_id,
        "name": decision.person_name,
        "for": decision.principal_name if decision.principal_id != decision.person_id else "",
        "time": canonical_timestamp(decision.decided_at),
        **({"unconfirmed": decision.unconfirmed} if decision.unconfirmed else {}),
    }


def _unordered(sign_offs: Any) -> list[bytes] | None:
    """The canonical forms, sorted; None for a value that is no list of anything canonical."""
    try:
        return sorted(canonical_json(sign) for sign in sign_offs)
    except MALFORMED_ROW_ERRORS:
        return None


@register_verifier
def verify_publications() -> Iterator[str]:
    """Each publication is what the ledger says of it, was sealed last as it says, and ends as it says; none is missing.

    A seal alone does not say that it is the newest: who put an earlier one back (moved back, flagged no longer, its
    end lifted) is named here. A chunk at a time.
    """
    rows = Publication.objects.select_related("end", "revision").defer("revision__body").order_by("pk")
    for chunk in chunks(walk(rows, article="article", chunk_size=CHUNK_ROWS)):
        seals, ends, published = {}, {}, {}
        for entry in ledger_entries((publication.article_id for publication in chunk), SEALING_VERBS):
            seals |= {(entry.object_id, number): digest for number, digest in entry.data.get("seals", {}).items()}
            ends |= {(entry.object_id, number): end for number, end in entry.data.get("ends", {}).items()}
            if entry.verb in PUBLICATION_VERBS:
                published[entry.object_id, str(entry.data.get("publication"))] = entry
        for publication in chunk:
            key = (str(publication.article_id), str(publication.number))
            yield from _publication_findings(publication, published.get(key), seals.get(key), ends.get(key))
    entries = new_entries(Entry.objects.filter(verb__in=PUBLICATION_VERBS)).values_list("object_id", "data")
    for chunk in chunks(walk(entries)):
        present = set(
            Publication.objects.filter(article__in=[int(article) for article, _data in chunk]).values_list(
                "article", "number"
            )
        )
        for article, data in chunk:
            if (int(article), data.get("publication")) not in present:
                yield f"article {article}: publication {data.get('publication')} stands in the ledger, but is gone"


def _publication_findings(
    publication: Publication, published: Entry | None, sealed: str | None, recorded_end: dict | None
) -> Iterator[str]:
    """`published`: the entry of its publishing; `sealed`, `recorded_end`: what the newest act recorded."""
    where = _name(publication)
    if sealed is None or published is None:
        yield f"{where}: the ledger does not have it"
        return
    if publication.words_hold() and publication.sealed_digest() != sealed:
        yield f"{where}: sealed once, but not as the ledger says it was last; an earlier state was put back"
    facts = {
        "digest": publication.digest,
        "live_from": canonical_timestamp(publication.live_from),
        "dated": canonical_timestamp(publication.dated),
        "dated_openly": publication.revision.dated is not None,
    }
    wrong = [name for name, value in facts.items() if published.data.get(name) != value]
    if wrong:
        yield f"{where}: {', '.join(wrong)} is not what the ledger says"
    end = publication.recorded_end()
    if end is None and recorded_end is not None:
        yield f"{where}: its end stands in the ledger, but is gone; an earlier state was put back"
    elif end is not None and not is_same_data(end.ledger_data(), recorded_end):
        yield f"{where}: its end is not what the ledger says was recorded last; an earlier state was put back"


@register_verifier
def verify_withdrawals() -> Iterator[str]:
    """What was withdrawn stays so, with the notice, by whom and why: each withdrawal is what the ledger says."""
    for chunk in chunks(walk(new_entries(Entry.objects.filter(verb="article.withdrawn")))):
        articles = [int(entry.object_id) for entry in chunk]
        rows = Withdrawal.objects.filter(publication__article__in=articles).select_related("publication")
        known = {(str(row.publication.article_id), row.publication.number): row for row in rows}
        for entry in chunk:
            number = entry.data.get("publication")
            row = known.get((entry.object_id, number))
            if row is None:
                yield f"article {entry.object_id}: publication {number} was withdrawn, but its notice is gone"
            elif (row.by_id, row.by_name, row.reason) != (entry.actor_id, entry.actor_name, entry.data.get("reason")):
                yield f"withdrawal {row.pk}: by whom or why is not what the ledger says"


@register_verifier
def verify_expunged_revisions() -> Iterator[str]:
    """Words are gone only where two people expunged them."""
    expunged = set(Entry.objects.filter(verb="article.expunged").values_list("object_id", flat=True))
    emptied = Revision.objects.exclude(expunged_at=None).order_by("pk").values_list("pk", "article_id")
    for pk, article in walk(emptied):
        if str(article) not in expunged:
            yield f"revision {pk} (article {article}): emptied without an expunging in the ledger"
