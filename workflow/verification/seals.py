"""Verify the seals of rounds, their steps and decisions."""

from collections.abc import Iterator

from django.db.models import F

from ledger.verification import register_verifier
from workflow.models import Decision, Round


@register_verifier
def verify_round_seals() -> Iterator[str]:
    """Steps, contributors and decisions of every round are as the site sealed them, and as many as were needed."""
    rounds = Round.objects.with_related_rows().defer("revision__body").order_by("pk")
    for opened in rounds.iterator(chunk_size=500):
        where = f"round {opened.pk} (article {opened.article_id})"
        if not opened.seal_holds():
            yield f"{where}: its seal does not hold; it, a step or a contributor was changed outside the site"
        for step in opened.steps_in_order():
            if not step.seal_holds():
                yield f"step {step.pk} (article {opened.article_id}): its seal does not hold; changed outside the site"
            if step.passed_at and opened.decision_count(step) < step.people:
                yield f"step {step.pk} (article {opened.article_id}): passed, but decisions on it are missing"
        for decision in opened.decisions_in_order():
            if not decision.seal_holds():
                yield f"decision {decision.pk} (article {opened.article_id}): its seal does not hold; changed outside"


@register_verifier
def verify_places_of_decisions() -> Iterator[str]:
    """Decisions belong to the round whose step they are about."""
    for decision in Decision.objects.exclude(step__round=F("round")).order_by("pk").iterator():
        yield f"decision {decision.pk}: stands at a step of another round"
