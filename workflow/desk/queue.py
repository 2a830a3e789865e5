"""The review queue 等我审批 of one person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from departments.permissions import departments_to_see
from workflow.actions.openings import opened_by
from workflow.models import Round, RoundStep
from workflow.rules.eligible_deciders import rounds_awaiting

PAGE_SIZE = 30
DUE_SOON = timedelta(hours=4)


@dataclass
class WaitingRound:
    """An open round and the step that it waits at; `due_status`: "", "soon" or "overdue".

    `opened`: whether the person of the queue opened its review page.
    """

    round: Round
    step: RoundStep | None
    due_status: str
    opened: bool = False


def waiting_rounds(rounds: list[Round]) -> list[WaitingRound]:
    """Each with the step that it waits at, since when, and whether that is due. One query."""
    open_steps = RoundStep.objects.waiting().filter(round__in=rounds)
    steps = {step.round_id: step for step in open_steps}
    now = timezone.now()
    return [WaitingRound(one, steps.get(one.pk), due_status(steps.get(one.pk), now)) for one in rounds]


def due_status(step: RoundStep | None, now: datetime) -> str:
    """ "soon" within DUE_SOON of the end of the step's time, "overdue" after it, "" else."""
    end = step.due_at if step else None
    if end is None:
        return ""
    return "overdue" if end < now else "soon" if end - DUE_SOON < now else ""


def queue_context(request: HttpRequest) -> dict[str, Any]:
    """What waits for this person, and, below it, what else is in review where they have a role."""
    related = ("revision", "article__department")
    mine = Paginator(rounds_awaiting(request.user).select_related(*related).defer("revision__body"), PAGE_SIZE)
    page = mine.get_page(request.GET.get("page"))
    others = Round.objects.open().exclude(pk__in=rounds_awaiting(request.user).values("pk"))
    if not request.user.is_superuser:
        others = others.filter(article__department__in=departments_to_see(request.user))
    others = others.select_related(*related).defer("revision__body").order_by("-submitted_at")[:PAGE_SIZE]
    waiting = waiting_rounds(list(page))
    opened = opened_by(request.user, page)
    for row in waiting:
        row.opened = (row.round.pk, row.round.revision.digest) in opened
    return {
        "title": _("Waiting for me"),
        "page": page,
        "own_rows": waiting,
        "can_tick": any(row.opened for row in waiting),
        "other_rows": waiting_rounds(list(others)),
    }


@dataclass
class QueuePosition:
    """Where a round stands in somebody's queue: ids of those before and after it, if there are any.

    `other_count`: how many more wait for the person.
    """

    previous_id: int | None
    next_id: int | None
    other_count: int


def queue_position(round: Round, person: User) -> QueuePosition:
    """Three queries, however long the queue is; also for a round that is no longer in it."""
    others = rounds_awaiting(person).exclude(pk=round.pk)
    return QueuePosition(
        previous_id=_submitted_before(round, others)
        .order_by("-submitted_at", "-pk")
        .values_list("pk", flat=True)
        .first(),
        next_id=_submitted_after(round, others).values_list("pk", flat=True).first(),
        other_count=others.count(),
    )


def _submitted_after(round: Round, rounds: QuerySet[Round]) -> QuerySet[Round]:
    return rounds.filter(Q(submitted_at__gt=round.submitted_at) | Q(submitted_at=round.submitted_at, pk__gt=round.pk))


def _submitted_before(round: Round, rounds: QuerySet[Round]) -> QuerySet[Round]:
    return rounds.filter(Q(submitted_at__lt=round.submitted_at) | Q(submitted_at=round.submitted_at, pk__lt=round.pk))


def next_round(round: Round, person: User) -> Round | None:
    """Return the next in the queue, after the last of it the first; None when nothing waits."""
    others = rounds_awaiting(person).exclude(pk=round.pk).select_related("revision").defer("revision__body")
    return _submitted_after(round, others).first() or others.first()
