"""The queue of one person 等我审批, and where in it a round stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from departments.permissions import NotAllowed, departments_to_see
from workflow import services
from workflow.models import Round, RoundStep
from workflow.seeing import round_or_404
from workflow.transitions import WrongState

PAGE_SIZE = 30
DUE_SOON = timedelta(hours=4)
NUMBER_SHOWN = 20  # characters; a longer number than any round has was made up


@dataclass
class Waiting:
    """An open round and the step that it waits at; `due`: "", "soon" or "overdue"."""

    round: Round
    step: RoundStep | None
    due: str


def with_steps(rounds: list[Round]) -> list[Waiting]:
    """Each with the step that it waits at, since when, and whether that is due. One query."""
    open_steps = RoundStep.objects.filter(round__in=rounds, reached_at__isnull=False, passed_at=None)
    steps = {step.round_id: step for step in open_steps}
    now = timezone.now()
    return [Waiting(one, steps.get(one.pk), due(steps.get(one.pk), now)) for one in rounds]


def due(step: RoundStep | None, now: datetime) -> str:
    """ "soon" within DUE_SOON of the end of the step's time, "overdue" after it, "" else."""
    if step is None or not step.due_hours:
        return ""
    end = step.reached_at + timedelta(hours=step.due_hours)
    return "overdue" if end < now else "soon" if end - DUE_SOON < now else ""


def queue(request: HttpRequest) -> dict[str, Any]:
    """What waits for this person, and, below it, what else is in review where they have a role."""
    related = ("revision", "article__department")
    mine = Paginator(Round.objects.awaiting(request.user).select_related(*related).defer("revision__body"), PAGE_SIZE)
    page = mine.get_page(request.GET.get("page"))
    others = Round.objects.open().exclude(pk__in=Round.objects.awaiting(request.user).values("pk"))
    if not request.user.is_superuser:
        others = others.filter(article__department__in=departments_to_see(request.user))
    others = others.select_related(*related).defer("revision__body").order_by("-submitted_at")[:PAGE_SIZE]
    return {
        "title": _("Waiting for me"),
        "page": page,
        "mine": with_steps(list(page)),
        "others": with_steps(list(others)),
    }


@dataclass
class Place:
    """Where a round stands in somebody's queue: ids of those before and after it, if there are any.

    `others`: how many more wait for the person.
    """

    previous: int | None
    following: int | None
    others: int


def place_of(round: Round, person: User) -> Place:
    """Three queries, however long the queue is; also for a round that is no longer in it."""
    others = Round.objects.awaiting(person).exclude(pk=round.pk)
    return Place(
        previous=_before(round, others).order_by("-submitted_at", "-pk").values_list("pk", flat=True).first(),
        following=_after(round, others).values_list("pk", flat=True).first(),
        others=others.count(),
    )


def _after(round: Round, rounds: QuerySet[Round]) -> QuerySet[Round]:
    return rounds.filter(Q(submitted_at__gt=round.submitted_at) | Q(submitted_at=round.submitted_at, pk__gt=round.pk))


def _before(round: Round, rounds: QuerySet[Round]) -> QuerySet[Round]:
    return rounds.filter(Q(submitted_at__lt=round.submitted_at) | Q(submitted_at=round.submitted_at, pk__lt=round.pk))


def next_after(round: Round, person: User) -> int | None:
    """Id of the one to go on with: the next in the queue, after the last of it the first; None when nothing waits."""
    others = Round.objects.awaiting(person).exclude(pk=round.pk)
    return (_after(round, others).first() or others.first() or Round()).pk


@dataclass
class Bulk:
    """What became of what was ticked: how many were approved, and (name, reason) of each that was refused."""

    approved: int
    refused: list[tuple[str, str]]
    left_over: bool  # more was ticked than is looked at in one go

    @property
    def sentence(self) -> str:
        text = ngettext("%(count)d article approved.", "%(count)d articles approved.", self.approved)
        return text % {"count": self.approved} if self.approved else ""


def approve_many(request: HttpRequest) -> Bulk:
    """Approves what was ticked, each with the digest that the list showed, and says of each refusal what and why.

    `chosen` holds "<number of the round>:<digest>". Titles are named to those only who may see the article.
    """
    chosen = list(dict.fromkeys(request.POST.getlist("chosen")))
    done = Bulk(0, [], len(chosen) > PAGE_SIZE)
    for one in chosen[:PAGE_SIZE]:
        pk, _colon, seen = one.partition(":")
        name = _("Submission %(number)s") % {"number": pk[:NUMBER_SHOWN]}
        try:
            found = round_or_404(request.user, int(pk) if pk.isdecimal() and len(pk) <= NUMBER_SHOWN else 0)
            name = found.revision.title or name  # an expunged text has none
            services.approve(found, by=request.user, seen=seen)
        except Http404:
            done.refused.append((name, _("there is no such submission.")))
        except (NotAllowed, WrongState) as error:
            done.refused.append((name, str(error)))
        else:
            done.approved += 1
    return done
