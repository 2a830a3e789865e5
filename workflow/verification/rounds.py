"""Verify rounds, decisions and steps that were handed over."""

from collections.abc import Iterator

from ledger.canonical_json import canonical_json
from ledger.models import Entry
from ledger.verification import register_verifier
from workflow.actions.rounds import DECISION_VERBS
from workflow.models import Decision, Round, RoundStep, Verdict
from workflow.verification.ledger_rows import CHUNK_ROWS, chunks, ledger_entries

ROUND_OPENING_VERBS = ["article.submitted", "article.unscheduled"]


@register_verifier
def verify_rounds() -> Iterator[str]:
    """Each round was opened by the site, with these steps, on this text, by these hands; and none is missing.

    Otherwise a round that was put into the database with fewer steps would pass for a real one.
    """
    rows = Round.objects.select_related("revision").prefetch_related("steps", "revision__contributions").order_by("pk")
    for chunk in chunks(rows.defer("revision__body").iterator(chunk_size=CHUNK_ROWS)):
        entries = ledger_entries((opened.article_id for opened in chunk), ROUND_OPENING_VERBS)
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
    for chunk in chunks(entries.iterator(chunk_size=CHUNK_ROWS)):
        articles = [int(article) for article, _data in chunk]
        present = set(Round.objects.filter(article__in=articles).values_list("article", "number"))
        for article, data in chunk:
            if "round" in data and (int(article), data["round"]) not in present:
                yield f"article {article}: round {data['round']} stands in the ledger, but is gone"


@register_verifier
def verify_decisions() -> Iterator[str]:
    """Each decision was made through the site: the ledger has it, by that person, at that step, on that text."""
    rows = Decision.objects.select_related("round", "step", "kept_from").defer("comment").order_by("pk")
    for chunk in chunks(rows.iterator(chunk_size=CHUNK_ROWS)):
        entries = ledger_entries((decision.round.article_id for decision in chunk), DECISION_VERBS)
        known = {_entry_key(entry) for entry in entries}
        for decision in chunk:
            if decision.kept_from_id:
                first = decision.kept_from
                names = ("person_id", "principal_id", "verdict", "digest", "decided_at", "unconfirmed")
                right = all(getattr(first, name) == getattr(decision, name) for name in names)
            else:
                right = _decision_key(decision) in known
            if not right:
                yield f"decision {decision.pk} (article {decision.round.article_id}): the ledger does not have it"


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
def verify_handed_over_steps() -> Iterator[str]:
    """Nobody decides a step without its role unless the ledger says that it was handed to them."""
    handed = RoundStep.objects.exclude(handed_to=None).select_related("round").order_by("pk")
    for chunk in chunks(handed.iterator(chunk_size=CHUNK_ROWS)):
        entries = ledger_entries((step.round.article_id for step in chunk), ["article.handed_over"])
        known = {
            (entry.object_id, entry.data.get("round"), entry.data.get("step")): entry.data.get("to")
            for entry in entries
        }
        for step in chunk:
            if known.get((str(step.round.article_id), step.round.number, step.name)) != step.handed_to_id:
                yield f"step {step.pk} (article {step.round.article_id}): handed over outside the site"
