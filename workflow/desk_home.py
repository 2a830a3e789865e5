"""What the home page of the desk shows: to those who write, to those who decide, to superusers.

What waits for somebody is always read afresh. Whatever adds up many rows (the month of a department, the health of the
site) is at most KEPT old.
"""

import statistics
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from articles.json_cache import cached
from articles.models import Article, Placement, Publication, Read, Revision
from articles.reads import totals
from departments.models import Department, Membership
from ledger.models import Run
from workflow import standing_in
from workflow.models import Decision, Delivery, Round, RoundState, RoundStep, Step, Verdict
from workflow.queueing import Waiting, with_steps
from workflow.states import State, Text, states_of

SHOWN = 8  # of each list
LOOKED_AT = 60  # of the newest articles on somebody's desk
MONTH = 30  # days
KEPT = 300  # seconds
NAMES = 3  # of people who could decide
# A column in which nothing appeared for so long is named to superusers.
STALE_AFTER = timedelta(days=90)
RUN_EVERY = timedelta(days=2)  # checks and backups


# --- Those who write ---


@dataclass
class Work:
    """An article on somebody's desk. `decision`: the return; `step`, `names`: where it waits, and who may decide."""

    article: Article
    title: str
    state: State
    saved_at: datetime | None = None
    decision: Decision | None = None
    step: RoundStep | None = None
    names: str = ""


@dataclass
class Desk:
    returned: list[Work] = field(default_factory=list)
    drafts: list[Work] = field(default_factory=list)
    in_review: list[Work] = field(default_factory=list)
    published: list[tuple[Publication, int]] = field(default_factory=list)  # with reads


def desk_of(person: User) -> Desk:
    """The person's own articles, newest first."""
    wrote = Q(in_charge=None, created_by=person) | Q(in_charge=person)
    mine = list(Article.objects.in_use().filter(wrote).select_related("department").order_by("-pk")[:LOOKED_AT])
    wordings = Revision.objects.filter(article__in=mine).exclude(state="discarded").order_by("number")
    facts = {pk: (title, saved) for pk, title, saved in wordings.values_list("article_id", "title", "saved_at")}
    desk = Desk()
    lists = {Text.RETURNED: desk.returned, Text.DRAFT: desk.drafts, Text.IN_REVIEW: desk.in_review}
    for article, state in states_of(mine):
        found = lists.get(state.text)
        if found is not None and len(found) < SHOWN:
            title, saved_at = facts.get(article.pk, ("", None))
            found.append(Work(article, title, state, saved_at))
    _say_why_returned(desk.returned)
    _say_where_it_waits(desk.in_review)
    desk.published = _published_lately(person)
    return desk


def _say_why_returned(returned: list[Work]) -> None:
    ids = [work.article.pk for work in returned]
    returns = Decision.objects.filter(verdict=Verdict.RETURN, round__state=RoundState.RETURNED)
    decisions = returns.filter(round__article__in=ids)
    newest = {one.round.article_id: one for one in decisions.select_related("round").order_by("decided_at")}
    for work in returned:
        work.decision = newest.get(work.article.pk)


def _say_where_it_waits(in_review: list[Work]) -> None:
    ids = [work.article.pk for work in in_review]
    rounds = {one.article_id: one for one in Round.objects.open().in_full().filter(article__in=ids)} if ids else {}
    house = standing_in.House() if ids else None
    able = {}
    for work in in_review:
        if opened := rounds.get(work.article.pk):
            work.step = opened.current_step()
            able[work.article.pk] = house.able(work.step)
    people = User.objects.in_bulk({pk for ids in able.values() for pk in ids})
    for work in in_review:
        names = sorted(people[pk].full_name for pk in able.get(work.article.pk, ()) if pk in people)
        work.names = _("、").join(names[:NAMES]) + (_(" and others") if len(names) > NAMES else "")


def _published_lately(person: User) -> list[tuple[Publication, int]]:
    """What of the person's is public, newest first, with its reads."""
    live = Publication.objects.live().filter(article__in_charge=person).select_related("department")
    found = list(live.defer("sign_offs").order_by("-live_from", "-pk")[:SHOWN])
    reads = totals([publication.article_id for publication in found])
    return [(publication, reads.get(publication.article_id, 0)) for publication in found]


# --- Those who decide ---


def waiting_for(person: User) -> tuple[int, list[Waiting]]:
    """(how many wait for the person, the first few, oldest first)."""
    awaiting = Round.objects.awaiting(person)
    rounds = list(awaiting.select_related("revision", "article__department").defer("revision__body")[:SHOWN])
    return awaiting.count(), with_steps(rounds)


def decided_lately(person: User) -> list[tuple[Decision, State]]:
    """The person's last decisions, and what became of the article since."""
    decisions = Decision.objects.filter(person=person, kept_from=None).order_by("-decided_at")
    found = list(
        decisions.select_related("round__revision", "round__article__department").defer("round__revision__body")[:SHOWN]
    )
    states = dict(states_of({one.round.article for one in found}))
    return [(one, states[one.round.article]) for one in found]


def departments_to_account_for(person: User) -> list[Department]:
    """Where the person decides: where they have a role that some step of a pipeline is decided by."""
    deciding = Step.objects.filter(is_active=True).values("role")
    seats = Membership.objects.of(person).filter(role__in=deciding)
    if not seats.exists():
        return []
    return list(Department.objects.reached_by(seats).order_by("position", "pk"))


@dataclass
class Day:
    day: date
    published: int
    returned: int
    reads: int


@dataclass
class Month:
    """The last MONTH days of departments. `median`: days from submission to sign-off; None where nothing was."""

    days: list[Day]
    median: float | None

    @property
    def published(self) -> int:
        return sum(day.published for day in self.days)

    @property
    def returned(self) -> int:
        return sum(day.returned for day in self.days)

    @property
    def reads(self) -> int:
        return sum(day.reads for day in self.days)

    def drawn(self) -> dict[str, list]:
        """What the script draws."""
        names = ("published", "returned", "reads")
        return {"days": [f"{day.day:%m-%d}" for day in self.days]} | {
            name: [getattr(day, name) for day in self.days] for name in names
        }


def month_of(departments: list[Department]) -> Month:
    """At most KEPT old."""
    ids = sorted(department.pk for department in departments)
    key = "desk-month:" + ",".join(map(str, ids))
    found = cached(key, lambda: _month(ids), KEPT)
    return Month([Day(date.fromisoformat(day), *counts) for day, *counts in found["days"]], found["median"])


def _month(departments: list[int]) -> dict[str, Any]:
    """Return the figures of a Month as JSON: each day as [date, published, returned, reads]."""
    today = timezone.localdate()
    days = [today - timedelta(days=ago) for ago in reversed(range(MONTH))]
    since = timezone.make_aware(datetime.combine(days[0], datetime.min.time()))
    begun = Publication.objects.effective().filter(
        live_from__gte=since, live_from__lte=timezone.now(), department__in=departments
    )
    closed = Round.objects.filter(closed_at__gte=since, article__department__in=departments)
    read = Read.objects.filter(day__gte=days[0], article__department__in=departments)
    published = Counter(timezone.localdate(at) for at in begun.values_list("live_from", flat=True))
    ended = list(closed.values_list("state", "submitted_at", "closed_at"))
    returned = Counter(timezone.localdate(at) for state, _at, at in ended if state == RoundState.RETURNED)
    reads = dict(read.values_list("day").annotate(total=Sum("count")).order_by())
    took = [(end - begin).total_seconds() / 86400 for state, begin, end in ended if state == RoundState.APPROVED]
    return {
        "days": [[day.isoformat(), published[day], returned[day], reads.get(day, 0)] for day in days],
        "median": round(statistics.median(took), 1) if took else None,
    }


# --- Superusers ---


@dataclass
class Health:
    """`stale`: (department, when something appeared there last or None). `runs`: kind → the last run or None."""

    stale: list[tuple[Department, datetime | None]]
    overdue: int
    stranded: int
    undelivered: int
    runs: dict[str, "RunShown"]


@dataclass
class RunShown:
    label: str
    run: Run | None
    is_late: bool


def health() -> Health:
    """At most KEPT old, but for the runs, which are read afresh."""
    runs = {run.kind: run for run in Run.objects.all()}
    now = timezone.now()
    shown = {}
    for kind in Run.Kind:
        run = runs.get(kind)
        shown[kind.value] = RunShown(str(kind.label), run, run is None or run.at < now - RUN_EVERY)
    figures = cached("desk-health", _figures, KEPT)
    departments = Department.objects.in_bulk([pk for pk, _newest in figures["stale"]])
    stale = [
        (departments[pk], datetime.fromisoformat(newest) if newest else None)
        for pk, newest in figures.pop("stale")
        if pk in departments  # it may have been deleted since
    ]
    return Health(stale=stale, **figures, runs=shown)


def _figures() -> dict[str, Any]:
    """Return the figures of a Health as JSON: each stale department as [id, newest date or None]."""
    now = timezone.now()
    given_up = Delivery.objects.given_up().filter(next_attempt_at__gte=now - timedelta(days=7))
    return {
        "stale": [[one.pk, newest.isoformat() if newest else None] for one, newest in stale_columns(now)],
        "overdue": overdue(now).count(),
        "stranded": len(standing_in.stranded()),
        "undelivered": given_up.count(),
    }


def stale_columns(now: datetime) -> list[tuple[Department, datetime | None]]:
    """Departments and columns in which nothing appeared for STALE_AFTER, the longest first."""
    shown = Placement.objects.live(now).filter(department=OuterRef("pk")).newest_first()
    departments = Department.objects.holding_articles().annotate(newest=Subquery(shown.values("dated")[:1]))
    found = [(one, one.newest) for one in departments if one.newest is None or one.newest < now - STALE_AFTER]
    return sorted(found, key=lambda pair: (pair[1] is not None, pair[1] or now))


def overdue(now: datetime) -> QuerySet[RoundStep]:
    """Steps that wait for longer than they may."""
    waiting = RoundStep.objects.filter(round__state=RoundState.OPEN, reached_at__isnull=False, passed_at=None)
    late = Q(pk__in=[])
    for hours in waiting.exclude(due_hours=None).values_list("due_hours", flat=True).distinct().order_by():
        late |= Q(due_hours=hours, reached_at__lt=now - timedelta(hours=hours))
    return waiting.filter(late)
