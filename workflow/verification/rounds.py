"""Verify rounds, their steps and their decisions: seals, and what the ledger says of them."""

from collections.abc import Iterator

from django.db.models import F

from articles.models import Publication
from ledger.canonical_json import canonical_json
from ledger.models import Entry
from ledger.verification.checks import long_running, register_verifier
from ledger.verification.walks import new_entries, walk
from workflow.actions.rounds import DECISION_VERBS
from workflow.models import Decision, Round, RoundStep, Verdict
from workflow.verification.ledger_rows import CHUNK_ROWS, chunks, ledger_entries
from workflow.verification.publications import sign_off_findings

ROUND_OPENING_VERBS = ["article.submitted", "article.unscheduled"]
HANDED_OVER_VERB = "article.handed_over"


@register_verifier
@long_running
def verify_rounds() -> Iterator[str]:
    """Each round was opened, decided and handed over as the ledger says, and its rows are as the site sealed them.

    Otherwise a round that was put into the database with fewer steps would pass for a real one. One line for each row
    that does not match.
    """
    rounds = Round.objects.with_related_rows().defer("revision__body").order_by("pk")
    for chunk in chunks(walk(rounds, article="article", chunk_size=CHUNK_ROWS)):
        verbs = [*ROUND_OPENING_VERBS, *DECISION_VERBS, HANDED_OVER_VERB]
        known = _KnownRounds(ledger_entries({opened.article_id for opened in chunk}, verbs))
        steps = {opened.pk: opened.steps_in_order() for opened in chunk}
        decisions = {opened.pk: opened.decisions_in_order() for opened in chunk}
        kept_from = Decision.objects.in_bulk(
            [found.kept_from_id for some in decisions.values() for found in some if found.kept_from_id]
        )
        approved = {opened.publication_id for opened in chunk if opened.publication_id}
        published = Publication.objects.filter(emergency=None).in_bulk(approved)
        for opened in chunk:
            if finding := _round_mismatch(opened, steps[opened.pk], known):
                yield f"round {opened.pk} (article {opened.article_id}): {finding}"
            for step in steps[opened.pk]:
                if finding := _step_mismatch(opened, step, known):
                    yield f"step {step.pk} (article {opened.article_id}): {finding}"
            for decision in decisions[opened.pk]:
                if finding := _decision_mismatch(decision, known, kept_from):
                    yield f"decision {decision.pk} (article {opened.article_id}): {finding}"
            if publication := published.get(opened.publication_id):
                yield from sign_off_findings(publication, opened, steps[opened.pk], decisions[opened.pk])


class _KnownRounds:
    """What the ledger has of the rounds of some articles."""

    def __init__(self, entries: list[Entry]) -> None:
        self.opened: dict[tuple, dict] = {}
        self.handed_to: dict[tuple, int] = {}
        self.decisions: set[tuple] = set()
        for entry in entries:
            where = (entry.object_id, entry.data.get("round"))
            if entry.verb in ROUND_OPENING_VERBS:
                self.opened[where] = entry.data
            elif entry.verb == HANDED_OVER_VERB:
                self.handed_to[*where, entry.data.get("step")] = entry.data.get("to")
            else:
                self.decisions.add(_entry_key(entry))


def _round_mismatch(opened: Round, steps: list[RoundStep], known: _KnownRounds) -> str:
    said = known.opened.get((str(opened.article_id), opened.number))
    if said is None:
        return "opened outside the site; the ledger does not have it"
    if said.get("steps") != [[step.name, step.role_id, step.people] for step in steps]:
        return "its steps are not those that the ledger has"
    if said.get("hands") != sorted(opened.contributor_ids()):
        return "whose hands are in its text is not what the ledger says"
    if said.get("digest") != opened.revision.digest:
        return "is about another text than the ledger says"
    return "" if opened.seal_holds() else "its seal does not hold; changed outside the site"


def _step_mismatch(opened: Round, step: RoundStep, known: _KnownRounds) -> str:
    handed_to = known.handed_to.get((str(opened.article_id), opened.number, step.name))
    if step.handed_to_id != handed_to:
        return "handed over outside the site"
    if not step.seal_holds():
        return "its seal does not hold; changed outside the site"
    if step.passed_at and opened.decision_count(step) < step.people:
        return "passed, but decisions on it are missing"
    return ""


def _decision_mismatch(decision: Decision, known: _KnownRounds, kept_from: dict[int, Decision]) -> str:
    if decision.kept_from_id:
        first = kept_from[decision.kept_from_id]
        names = ("person_id", "principal_id", "verdict", "digest", "decided_at", "unconfirmed")
        is_known = all(getattr(first, name) == getattr(decision, name) for name in names)
    else:
        is_known = _decision_key(decision) in known.decisions
    if not is_known:
        return "the ledger does not have it"
    return "" if decision.seal_holds() else "its seal does not hold; changed outside the site"


def _entry_key(entry: Entry) -> tuple:
    data = entry.data
    approved = entry.verb != "article.returned"
    behalf = data.get("on_behalf_of", "")
    what = (data.get("round"), entry.actor_id, data.get("step"), data.get("digest"), approved, behalf)
    return (entry.object_id, *what, canonical_json(data.get("unconfirmed", [])))


def _decision_key(decision: Decision) -> tuple:
    behalf = decision.principal_name if decision.principal_id != decision.person_id else ""
    approved = decision.verdict == Verdict.APPROVE
    of = decision.round
    what = (of.number, decision.person_id, decision.step.name, decision.digest, approved, behalf)
    return (str(of.article_id), *what, canonical_json(decision.unconfirmed))


@register_verifier
def verify_no_round_is_gone() -> Iterator[str]:
    """Every round that the ledger opened is there, and every decision stands in the round of its step."""
    entries = new_entries(Entry.objects.filter(verb__in=ROUND_OPENING_VERBS)).values_list("object_id", "data")
    for chunk in chunks(walk(entries)):
        articles = [int(article) for article, _data in chunk]
        present = set(Round.objects.filter(article__in=articles).values_list("article", "number"))
        for article, data in chunk:
            if "round" in data and (int(article), data["round"]) not in present:
                yield f"article {article}: round {data['round']} stands in the ledger, but is gone"
    for decision in Decision.objects.exclude(step__round=F("round")).order_by("pk").iterator():
        yield f"decision {decision.pk}: stands at a step of another round"
