"""Opening and closing rounds: the parts that several services share. Each runs inside its caller's transaction."""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from articles.models import Article, Revision
from departments.models import Department
from workflow.models import Decision, Pipeline, Round, RoundState, RoundStep, Step, Verdict
from workflow.transitions import WrongState


def steps_for(department: Department) -> tuple[Pipeline, list[Step]]:
    """The department's pipeline and its steps in order. Raises WrongState when nobody could ever decide."""
    pipeline = Pipeline.objects.of(department)
    steps = list(pipeline.steps.filter(is_active=True).select_related("role")) if pipeline else []
    if not steps:
        raise WrongState(
            _("%(department)s has no pipeline with steps. Ask a superuser to set one up.") % {"department": department}
        )
    return pipeline, steps


def signing_roles(department: Department) -> set[int]:
    """Ids of the roles that sign off in the department: those of the last step of its pipeline."""
    pipeline = Pipeline.objects.of(department)
    last = pipeline.steps.filter(is_active=True).last() if pipeline else None
    return {last.role_id} if last else set()


def open_round(article: Article, revision: Revision, *, by: User, at: datetime, keep: list[Decision]) -> Round:
    """A round on a frozen revision, its steps copied from the pipeline.

    `keep`: approvals of an earlier round on the identical text, which count here again as far as the steps are
    the same ones, from the first on without a gap.
    """
    pipeline, steps = steps_for(article.department)
    last = article.rounds.aggregate(last=Max("number"))["last"] or 0
    opened = Round.objects.create(
        article=article,
        number=last + 1,
        revision=revision,
        pipeline=pipeline,
        pipeline_name=pipeline.name,
        submitted_at=at,
        submitted_by=by,
        submitted_by_name=by.full_name,
    )
    copied = RoundStep.objects.bulk_create(
        RoundStep(
            round=opened,
            position=position,
            name=step.name,
            role=step.role,
            people=step.people,
            due_hours=step.due_hours,
        )
        for position, step in enumerate(steps, 1)
    )
    hands = revision.hands()
    for step in copied:
        again = [
            decision
            for decision in keep
            if (decision.step.position, decision.step.role_id, decision.step.name)
            == (step.position, step.role_id, step.name)
            and not {decision.person_id, decision.principal_id} & hands
        ]
        for decision in again:
            keep_decision(decision, opened, step)
        if len(again) < step.people:
            break
        pass_step(step, at)
    reach_next(opened, at)
    return opened


def keep_decision(decision: Decision, opened: Round, step: RoundStep) -> None:
    """The decision stands in the new round with its old words and time, and says where it comes from."""
    Decision.objects.create(
        round=opened,
        step=step,
        person=decision.person,
        person_name=decision.person_name,
        principal=decision.principal,
        principal_name=decision.principal_name,
        verdict=decision.verdict,
        digest=decision.digest,
        comment=decision.comment,
        decided_at=decision.decided_at,
        kept_from=decision,
    )


def approvals(of: Round) -> list[Decision]:
    return list(of.decisions.filter(verdict=Verdict.APPROVE).select_related("step", "person", "principal"))


def pass_step(step: RoundStep, at: datetime) -> None:
    if RoundStep.objects.filter(pk=step.pk, passed_at=None).update(passed_at=at) != 1:
        raise WrongState(_("This step has already been decided."))


def reach_next(of: Round, at: datetime) -> RoundStep | None:
    """Marks the first step not yet passed as reached; None when all have passed."""
    step = of.current_step()
    if step and step.reached_at is None:
        RoundStep.objects.filter(pk=step.pk, reached_at=None).update(reached_at=at)
    return step


def close(of: Round, state: RoundState, at: datetime, **changes: object) -> None:
    """Closes an open round; exactly one of two simultaneous attempts succeeds. Raises WrongState for the other."""
    closed = Round.objects.filter(pk=of.pk, state=RoundState.OPEN).update(state=state, closed_at=at, **changes)
    if closed != 1:
        of.refresh_from_db()
        raise WrongState(_("This round is closed already: %(state)s.") % {"state": of.get_state_display()})
    of.refresh_from_db()
