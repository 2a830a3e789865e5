"""Filters of the desk's article list: words, department, state, date, person.

The state of an article is derived, so each state is a condition that an index answers. Rare states (drafts, rounds,
withdrawals) are looked up in their own small index; the common one (published) is tested article by article, newest
first. Nothing here counts or sorts a whole table; MAX_COUNTED bounds every count.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from articles.dates import begins
from articles.models import Article, Publication, Revision, Withdrawal
from articles.models.revision import RevisionState
from articles.search import drafts_index
from articles.search.filters import DateRangeForm, DayFilter
from articles.search.tokenizer import MAX_QUERY_CHARS
from articles.text.plain_text import strip_control_characters
from departments.models import Department
from departments.permissions import departments_to_see
from workflow.models import Emergency, Round, RoundState

MAX_COUNTED = 1000

STATE_CHOICES = [
    ("draft", _("draft")),
    ("returned", _("returned")),
    ("in_review", _("in review")),
    ("parked", _("draft parked")),
    ("live", pgettext_lazy("state", "published")),
    ("scheduled", _("scheduled")),
    ("withdrawn", _("withdrawn")),
    ("expired", _("run out")),
    ("emergency", _("published in emergency, not confirmed")),
    ("discarded", _("discarded")),
]


def in_state(articles: QuerySet[Article], state: str) -> QuerySet[Article]:
    """Filter `articles` by one of STATE_CHOICES, as workflow.rules.states derives it. Discarded ones match no other."""
    if state == "discarded":
        return articles.filter(discarded_at__isnull=False)
    return STATE_FILTERS[state](articles.filter(discarded_at=None))


def _in_draft(articles: QuerySet[Article]) -> QuerySet[Article]:
    drafts = Revision.objects.filter(state=RevisionState.DRAFT).values("article")
    return articles.filter(pk__in=drafts).exclude(pk__in=_returned_article_ids())


def _with_parked_draft(articles: QuerySet[Article]) -> QuerySet[Article]:
    return articles.filter(pk__in=Revision.objects.filter(state=RevisionState.PARKED).values("article"))


def _published_now(articles: QuerySet[Article]) -> QuerySet[Article]:
    return articles.alias(live=_publication_id(Publication.objects.live())).filter(live__isnull=False)


def _last_withdrawn(articles: QuerySet[Article]) -> QuerySet[Article]:
    over = _no_longer_public(articles.filter(pk__in=Withdrawal.objects.values("publication__article")))
    return over.filter(last_withdrawal__isnull=False)


def _expired(articles: QuerySet[Article]) -> QuerySet[Article]:
    ended = Publication.objects.not_called_off().filter(live_until__lte=timezone.now())
    return _no_longer_public(articles.filter(pk__in=ended.values("article"))).filter(last_withdrawal=None)


def _no_longer_public(articles: QuerySet[Article]) -> QuerySet[Article]:
    """Those of which nothing is public or will be, with `last_withdrawal`: that of the last publication, or None."""
    effective = Publication.objects.not_called_off()
    ahead = _publication_id(effective.filter(Q(live_until=None) | Q(live_until__gt=timezone.now())))
    last = effective.filter(article=OuterRef("pk")).order_by("-number").values("withdrawal__pk")[:1]
    return articles.alias(ahead=ahead, last_withdrawal=Subquery(last)).filter(ahead=None)


def _publication_id(publications: QuerySet[Publication]) -> Subquery:
    """Id of one of them that is the article's, or None: tried article by article.

    Exists would say the same, but PostgreSQL makes a join of it, which reads them all before the newest is known.
    """
    return Subquery(publications.filter(article=OuterRef("pk")).values("pk")[:1])


def _returned_article_ids() -> QuerySet:
    """Ids of articles with a draft that a return left behind, and that nobody discarded since."""
    rounds = Round.objects.filter(article=OuterRef("article")).order_by("-number")
    discarded = Revision.objects.filter(article=OuterRef("article"), state=RevisionState.DISCARDED)
    drafts = Revision.objects.filter(state=RevisionState.DRAFT).alias(
        last=Subquery(rounds.values("state")[:1]),
        closed=Subquery(rounds.values("closed_at")[:1]),
        given_up=Subquery(discarded.order_by("-number").values("saved_at")[:1]),
    )
    returned = drafts.filter(last=RoundState.RETURNED)
    return returned.filter(Q(given_up=None) | Q(given_up__lt=F("closed"))).values("article")


STATE_FILTERS: dict[str, Callable[[QuerySet[Article]], QuerySet[Article]]] = {
    "draft": _in_draft,
    "returned": lambda articles: articles.filter(pk__in=_returned_article_ids()),
    "in_review": lambda articles: articles.filter(pk__in=Round.objects.open().values("article")),
    "parked": _with_parked_draft,
    "live": _published_now,
    "scheduled": lambda articles: articles.filter(pk__in=Publication.objects.scheduled().values("article")),
    "withdrawn": _last_withdrawn,
    "expired": _expired,
    "emergency": lambda articles: articles.filter(
        pk__in=Emergency.objects.unconfirmed().values("publication__article")
    ),
}


class ArticleFilter(django_filters.FilterSet):
    """Over the articles that the person may see. A value that makes no sense narrows nothing, and the form says so."""

    q = django_filters.CharFilter(
        label=_("Words of title or text"),
        method="by_words",
        max_length=MAX_QUERY_CHARS,
        widget=forms.SearchInput,
    )
    department = django_filters.ModelChoiceFilter(
        label=_("Department"),
        method="by_department",
        queryset=Department.objects.none(),
        empty_label=_("All departments"),
    )
    state = django_filters.ChoiceFilter(
        label=_("state"), method="by_state", choices=STATE_CHOICES, empty_label=pgettext_lazy("states", "all in use")
    )
    person = django_filters.CharFilter(label=_("In charge"), method="by_person", max_length=50)
    since = DayFilter(label=_("Saved from"), method="by_day")
    until = DayFilter(label=_("Saved until"), method="by_day")
    mine = django_filters.BooleanFilter(label=_("Only mine"), method="by_me", widget=forms.CheckboxInput)

    class Meta:
        model = Article
        fields: list[str] = []
        form = DateRangeForm

    def __init__(self, query_params: Any, person: User) -> None:
        self.person = person
        seen = departments_to_see(person)
        articles = Article.objects.all() if person.is_superuser else Article.objects.filter(department__in=seen)
        super().__init__(
            {name: strip_control_characters(query_params.get(name, "")) for name in self.base_filters}, articles
        )
        self.filters["department"].queryset = seen
        self.form.auto_id = "find-%s"

    @cached_property
    def active_filters(self) -> dict[str, Any]:
        """Name → value of the filters that narrow."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    @property
    def filter_count(self) -> int:
        """How many filters beside the words."""
        return len(set(self.active_filters) - {"q"})

    @cached_property
    def results(self) -> QuerySet[Article]:
        """Newest first; by days, those that were saved last. With words, a little more than are counted."""
        return self._filtered if self.matching_ids is None else self._filtered.filter(pk__in=self.matching_ids)

    @cached_property
    def matching_ids(self) -> set[int] | None:
        """Ids of what the words find; None without any."""
        return drafts_index.newest_matching_ids(self._filtered, self.active_filters.get("q", ""), MAX_COUNTED + 1)

    @property
    def unbounded_results(self) -> QuerySet[Article]:
        """The same without a bound; of a common word it takes its time."""
        return drafts_index.filter_matching(self._filtered, self.active_filters.get("q", ""))

    @cached_property
    def _filtered(self) -> QuerySet[Article]:
        """By all but the words."""
        articles = self.queryset if "state" in self.active_filters else self.queryset.filter(discarded_at=None)
        for name, value in self.active_filters.items():
            articles = self.filters[name].filter(articles, value)
        days = self._saved_between()
        return articles.filter(*days).order_by("-revisions__saved_at", "-pk") if days else articles.order_by("-pk")

    def _saved_between(self) -> list:
        """Conditions on when the newest wording was saved last; one join of all of them, in the order of its index."""
        since, until = self.active_filters.get("since"), self.active_filters.get("until")
        if not since and not until:
            return []
        wordings = Revision.objects.exclude(state=RevisionState.DISCARDED)
        newer = wordings.filter(article=OuterRef("pk"), number__gt=OuterRef("revisions__number"))
        days = [Q(revisions__state__in=set(RevisionState) - {RevisionState.DISCARDED}), ~Exists(newer)]
        if since:
            days.append(Q(revisions__saved_at__gte=begins(since)))
        if until:
            days.append(Q(revisions__saved_at__lt=begins(until + timedelta(days=1))))
        return days

    def by_words(self, articles: QuerySet[Article], _name: str, _words: str) -> QuerySet[Article]:
        """Nothing here: the index is asked last, for what all else leaves."""
        return articles

    def by_department(self, articles: QuerySet[Article], _name: str, department: Department) -> QuerySet[Article]:
        """Its own, and those of what is part of it or of the columns that it is responsible for."""
        within = Department.objects.filter(Q(pk=department.pk) | Q(parent=department) | Q(responsible=department))
        return articles.filter(department__in=within.values("pk"))

    def by_state(self, articles: QuerySet[Article], _name: str, state: str) -> QuerySet[Article]:
        return in_state(articles, state)

    def by_person(self, articles: QuerySet[Article], _name: str, name: str) -> QuerySet[Article]:
        people = User.objects.filter(Q(full_name__contains=name) | Q(username=name))
        return articles.filter(in_charge__in=people.values("pk"))

    def by_me(self, articles: QuerySet[Article], _name: str, _value: bool) -> QuerySet[Article]:
        return articles.filter(in_charge=self.person)

    def by_day(self, articles: QuerySet[Article], _name: str, _day: Any) -> QuerySet[Article]:
        """Nothing here: both days make one condition."""
        return articles


class BoundedPaginator(Paginator):
    """Counts no further than MAX_COUNTED. `are_more`: than were counted; whoever wants those narrows the list.

    `known`: the ids, where they are.
    """

    def __init__(self, *args: Any, known: set[int] | None = None) -> None:
        super().__init__(*args)
        self.known_ids = known

    @cached_property
    def _rows_counted(self) -> int:
        if self.known_ids is not None:
            return len(self.known_ids)
        return len(self.object_list.order_by().values_list("pk", flat=True)[: MAX_COUNTED + 1])

    @property
    def count(self) -> int:
        return min(self._rows_counted, MAX_COUNTED)

    @property
    def are_more(self) -> bool:
        return self._rows_counted > MAX_COUNTED
