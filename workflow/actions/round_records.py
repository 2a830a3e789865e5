"""Opening and closing of rounds inside a service's transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Case, F, Max, Q, Value, When
from django.utils.translation import gettext as _

from accounts.models import User
from articles.models import Article, Revision
from departments.exceptions import WrongState
from ledger.seals import SEAL_FIELDS
from workflow.models import Decision, Round, RoundState, RoundStep, Verdict
from workflow.rules.pipeline_steps import pipeline_and_steps


def open_round(
    article: Article,
    revision: Revision,
    *,
    by: User,
    at: datetime,
    kept_approvals: list[Decision],
    number: int | None = None,
) -> Round:
    """A round on a frozen revision, its steps copied from the pipeline.

    `number`: of the round, where known. `kept_approvals`: those of an earlier round on the identical text. They
    count again for as many steps, from the first on, as are the same.
    """
    pipeline, steps = pipeline_and_steps(article.department)
    if number is None:
        number = (article.rounds.aggregate(last=Max("number"))["last"] or 0) + 1
    opened = Round(
        article=article,
        number=number,
        revision=revision,
        pipeline=pipeline,
        pipeline_name=pipeline.name,
        submitted_at=at,
        submitted_by=by,
        submitted_by_name=by.full_name,
    )
    opened.new_steps = copied = [
        RoundStep(
            round=opened,
            position=position,
            name=step.name,
            role=step.role,
            people=step.people,
            due_hours=step.due_hours,
            reached_at=at if position == 1 else None,
        )
        for position, step in enumerate(steps, 1)
    ]
    opened.kept = []
    opened.apply_seal()
    opened.save(force_insert=True)
    for step in copied:
        step.round = opened  # it has an id now
        step.decision_count = 0
        step.apply_seal()
    RoundStep.objects.bulk_create(copied)
    opened.waiting_step = copied[0]
    hands = revision.contributor_ids() if kept_approvals else set()
    for step, following in zip(copied, [*copied[1:], None], strict=True) if kept_approvals else ():
        again = [
            decision
            for decision in kept_approvals
            if (decision.step.position, decision.step.role_id, decision.step.name)
            == (step.position, step.role_id, step.name)
            and not {decision.person_id, decision.principal_id} & hands
        ]
        if following is None:
            again = again[: step.people - 1]  # the last step signs off: somebody presses that button now
        for decision in again:
            copy_decision(decision, opened, step)
            opened.kept.append([step.name, decision.person_id, decision.principal_id])
        step.decision_count, opened.waiting_step = len(again), step
        if len(again) < step.people:
            break
        pass_step(step, at, following)
    return opened


def round_ledger_data(opened: Round, contributor_ids: Collection[int]) -> dict[str, Any]:
    """What the ledger keeps of a round that was just opened: `verify` holds the rows to it.

    Steps are [name, id of the role, how many people]; approvals that were kept are [step, person, in whose place].
    """
    return {
        "round": opened.number,
        "digest": opened.revision.digest,
        "pipeline": opened.pipeline_name,
        "steps": [[step.name, step.role_id, step.people] for step in opened.new_steps],
        "hands": sorted(contributor_ids),
        "kept": opened.kept,
    }


def copy_decision(decision: Decision, opened: Round, step: RoundStep) -> None:
    """The decision stands in the new round with its old words and time, and says where it comes from."""
    decision.check_seal()
    copied = Decision(
        round=opened,
        step=step,
        person=decision.person,
        person_name=decision.person_name,
        principal=decision.principal,
        principal_name=decision.principal_name,
        verdict=decision.verdict,
        digest=decision.digest,
        comment=decision.comment,
        unconfirmed=decision.unconfirmed,
        decided_at=decision.decided_at,
        kept_from=decision,
    )
    copied.apply_seal()
    copied.save(force_insert=True)


def approvals(round_id: int) -> list[Decision]:
    """The approvals of the round with this id."""
    decisions = Decision.objects.filter(round=round_id, verdict=Verdict.APPROVE)
    return list(decisions.select_related("round", "step", "person", "principal"))


def pass_step(step: RoundStep, at: datetime, following: RoundStep | None) -> None:
    """Marks the step as passed, and the one that follows as reached. Raises WrongState when somebody was quicker."""
    changed = Q(pk=step.pk, passed_at=None)
    if following:
        changed |= Q(pk=following.pk, reached_at=None)
    step.check_seal()
    step.passed_at = at
    step.apply_seal()
    if following:
        following.check_seal()
        following.reached_at = at
        following.apply_seal()
    seals = {
        name: Case(When(pk=step.pk, then=Value(getattr(step, name))), default=Value(getattr(following or step, name)))
        for name in SEAL_FIELDS
    }
    passed = RoundStep.objects.filter(changed).update(
        passed_at=Case(When(pk=step.pk, then=Value(at)), default=F("passed_at")),
        reached_at=Case(When(pk=step.pk, then=F("reached_at")), default=Value(at)),
        **seals,
    )
    if passed != (2 if following else 1):
        raise WrongState(_("This step has already been decided."))
    if following:
        following.decision_count = 0


def signs_off(round: Round) -> bool:
    """Return whether the next approval publishes the text."""
    step = round.current_step()
    is_last = step is not None and step.pk == round.steps_in_order()[-1].pk
    return is_last and round.decision_count(step) + 1 >= step.people


def close_round(round: Round, state: RoundState, at: datetime, **changes: object) -> None:
    """Closes an open round; exactly one of two simultaneous attempts succeeds. Raises WrongState for the other."""
    if round.state == RoundState.OPEN:
        round.check_seal()
    changes = {"state": state, "closed_at": at, **changes}
    for name, value in changes.items():
        setattr(round, name, value)
    round.apply_seal()
    changes |= {name: getattr(round, name) for name in SEAL_FIELDS}
    if Round.objects.filter(pk=round.pk, state=RoundState.OPEN).update(**changes) != 1:
        round.refresh_from_db()
        raise WrongState(_("This round is closed already: %(state)s.") % {"state": round.get_state_display()})
