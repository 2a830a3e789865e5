"""The desk's home page for drafters, leaders and superusers.

Lists of waiting work are always read afresh. Sums over many rows (the month of a department, the health of the site)
are cached for CACHE_SECONDS.
"""

import statistics
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from articles.caching.json_cache import cached
from articles.models import Article, Placement, Publication, Read, Revision
from articles.reads.counting import totals
from departments.models import Department, Membership
from ledger.models import Run
from ledger.monitoring.runs import believed_runs
from workflow.desk.queue import WaitingRound, waiting_rounds
from workflow.models import Decision, Delivery, Round, RoundState, RoundStep, Step, Verdict
from workflow.rules.eligible_deciders import rounds_awaiting, stranded_steps, waiting_steps_with_deciders
from workflow.rules.revision_text import shown_title, with_titles
from workflow.rules.states import ArticleState, TextState, states_of

MAX_LIST_ROWS = 8  # of each list
MAX_ARTICLES_READ = 60  # of the newest articles on somebody's desk
MONTH_DAYS = 30  # days
CACHE_SECONDS = 300  # seconds
MAX_DECIDER_NAMES = 3  # of people who could decide
# A column in which nothing appeared for so long is named to superusers.
STALE_AFTER = timedelta(days=90)
RUN_LATE_AFTER = timedelta(days=2)  # checks and backups


# --- Those who write ---


@dataclass
class DeskArticle:
    """An article on somebody's desk. `step`: where it waits; the names are those who may decide there."""

    article: Article
    title: str
    state: ArticleState
    saved_at: datetime | None = None
    return_decision: Decision | None = None
    step: RoundStep | None = None
    decider_names: str = ""


@dataclass
class AuthorDesk:
    returned: list[DeskArticle] = field(default_factory=list)
    drafts: list[DeskArticle] = field(default_factory=list)
    in_review: list[DeskArticle] = field(default_factory=list)
    published: list[tuple[Publication, int]] = field(default_factory=list)  # with reads


def author_desk(person: User) -> AuthorDesk:
    """The person's own articles, newest first."""
    wrote = Q(in_charge=None, created_by=person) | Q(in_charge=person)
    mine = list(
        Article.objects.not_discarded().filter(wrote).select_related("department").order_by("-pk")[:MAX_ARTICLES_READ]
    )
    wordings = with_titles(Revision.objects.filter(article__in=mine).exclude(state="discarded"))
    newest = {wording.article_id: wording for wording in wordings.order_by("number")}
    desk = AuthorDesk()
    lists = {TextState.RETURNED: desk.returned, TextState.DRAFT: desk.drafts, TextState.IN_REVIEW: desk.in_review}
    for article, state in states_of(mine):
        found = lists.get(state.text)
        if found is not None and len(found) < MAX_LIST_ROWS:
            wording = newest.get(article.pk)
            title, saved_at = (shown_title(wording), wording.saved_at) if wording else ("", None)
            found.append(DeskArticle(article, title, state, saved_at))
    _add_return_decisions(desk.returned)
    _add_waiting_steps(desk.in_review)
    desk.published = _recent_publications(person)
    return desk


def _add_return_decisions(returned: list[DeskArticle]) -> None:
    ids = [work.article.pk for work in returned]
    returns = Decision.objects.filter(verdict=Verdict.RETURN, round__state=RoundState.RETURNED)
    decisions = returns.filter(round__article__in=ids)
    newest = {one.round.article_id: one for one in decisions.select_related("round").order_by("decided_at")}
    for work in returned:
        work.return_decision = newest.get(work.article.pk)


def _add_waiting_steps(in_review: list[DeskArticle]) -> None:
    ids = [work.article.pk for work in in_review]
    steps = {step.round.article_id: step for step in waiting_steps_with_deciders(ids)} if ids else {}
    for work in in_review:
        work.step = steps.get(work.article.pk)
        names = sorted(row["full_name"] for row in work.step.decider_rows) if work.step else []
        work.decider_names = _("、").join(names[:MAX_DECIDER_NAMES]) + (
            _(" and others") if len(names) > MAX_DECIDER_NAMES else ""
        )


def _recent_publications(person: User) -> list[tuple[Publication, int]]:
    """What of the person's is public, newest first, with its reads."""
    live = Publication.objects.live().filter(article__in_charge=person).select_related("department")
    found = list(live.defer("sign_offs").order_by("-live_from", "-pk")[:MAX_LIST_ROWS])
    reads = totals([publication.article_id for publication in found])
    return [(publication, reads.get(publication.article_id, 0)) for publication in found]


# --- Those who decide ---


def awaiting_decision(person: User) -> tuple[int, list[WaitingRound]]:
    """(how many wait for the person, the first few, oldest first)."""
    awaiting = rounds_awaiting(person)
    rounds = list(awaiting.select_related("revision", "article__department").defer("revision__body")[:MAX_LIST_ROWS])
    return awaiting.count(), waiting_rounds(rounds)


def recent_decisions(person: User) -> list[tuple[Decision, ArticleState]]:
    """The person's last decisions, and what became of the article since."""
    decisions = Decision.objects.filter(person=person, kept_from=None).order_by("-decided_at")
    found = list(
        decisions.select_related("round__revision", "round__article__department").defer("round__revision__body")[
            :MAX_LIST_ROWS
        ]
    )
    states = dict(states_of({one.round.article for one in found}))
    return [(one, states[one.round.article]) for one in found]


def departments_decided_in(person: User) -> list[Department]:
    """Where the person decides: where they have a role that some step of a pipeline is decided by."""
    deciding = Step.objects.filter(is_active=True).values("role")
    seats = Membership.objects.held_by(person).filter(role__in=deciding)
    if not seats.exists():
        return []
    return list(Department.objects.reached_by(seats).order_by("position", "pk"))


@dataclass
class DayFigures:
    day: date
    published: int
    returned: int
    reads: int


@dataclass
class MonthFigures:
    """The last MONTH_DAYS days of departments. `median`: days from submission to sign-off; None where nothing was."""

    days: list[DayFigures]
    median_days: float | None

    @property
    def published(self) -> int:
        return sum(day.published for day in self.days)

    @property
    def returned(self) -> int:
        return sum(day.returned for day in self.days)

    @property
    def reads(self) -> int:
        return sum(day.reads for day in self.days)

    def chart_data(self) -> dict[str, list]:
        """What the script draws."""
        names = ("published", "returned", "reads")
        return {"days": [f"{day.day:%m-%d}" for day in self.days]} | {
            name: [getattr(day, name) for day in self.days] for name in names
        }


def month_figures(departments: list[Department]) -> MonthFigures:
    """At most CACHE_SECONDS old."""
    ids = sorted(department.pk for department in departments)
    key = "desk-month:" + ",".join(map(str, ids))
    found = cached(key, lambda: _compute_month_figures(ids), CACHE_SECONDS)
    return MonthFigures(
        [DayFigures(date.fromisoformat(day), *counts) for day, *counts in found["days"]], found["median"]
    )


def _compute_month_figures(departments: list[int]) -> dict[str, Any]:
    """Return the figures of a Month as JSON: each day as [date, published, returned, reads]."""
    today = timezone.localdate()
    days = [today - timedelta(days=ago) for ago in reversed(range(MONTH_DAYS))]
    since = timezone.make_aware(datetime.combine(days[0], datetime.min.time()))
    begun = Publication.objects.not_called_off().filter(
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
class SiteHealth:
    """`stale`: (department, when something appeared there last or None). `runs`: kind → the last run or None."""

    stale_departments: list[tuple[Department, datetime | None]]
    overdue_count: int
    stranded_count: int
    undelivered_count: int
    runs: dict[str, "RunStatus"]


@dataclass
class RunStatus:
    """`is_believed`: False for a note that the site did not write like that, or that is gone; `run` is None then."""

    label: str
    run: Run | None
    is_late: bool
    is_believed: bool = True


def site_health() -> SiteHealth:
    """At most CACHE_SECONDS old, but for the runs, which are read afresh."""
    runs = believed_runs()
    now = timezone.now()
    shown = {}
    for kind in Run.Kind:
        run = runs.get(kind)
        is_believed = run is not None or kind not in runs
        shown[kind.value] = RunStatus(str(kind.label), run, run is None or run.at < now - RUN_LATE_AFTER, is_believed)
    figures = cached("desk-health", _cached_health_counts, CACHE_SECONDS)
    departments = Department.objects.in_bulk([pk for pk, _newest in figures["stale"]])
    stale = [
        (departments[pk], datetime.fromisoformat(newest) if newest else None)
        for pk, newest in figures.pop("stale")
        if pk in departments  # it may have been deleted since
    ]
    return SiteHealth(stale_departments=stale, **figures, runs=shown)


def _cached_health_counts() -> dict[str, Any]:
    """Return the figures of a Health as JSON: each stale department as [id, newest date or None]."""
    now = timezone.now()
    given_up = Delivery.objects.given_up().filter(next_attempt_at__gte=now - timedelta(days=7))
    return {
        "stale": [[one.pk, newest.isoformat() if newest else None] for one, newest in stale_departments(now)],
        "overdue_count": RoundStep.objects.overdue(now).count(),
        "stranded_count": stranded_steps().count(),
        "undelivered_count": given_up.count(),
    }


def stale_departments(now: datetime) -> list[tuple[Department, datetime | None]]:
    """Departments and columns in which nothing appeared for STALE_AFTER, the longest first."""
    shown = Placement.objects.live(now).filter(department=OuterRef("pk")).newest_first()
    departments = Department.objects.holding_articles().annotate(newest=Subquery(shown.values("dated")[:1]))
    found = [(one, one.newest) for one in departments if one.newest is None or one.newest < now - STALE_AFTER]
    return sorted(found, key=lambda pair: (pair[1] is not None, pair[1] or now))
