"""What narrows a search (department, year, dates, author, document number) and a listing (year, words of the title).

The forms are django-filter's. Its own catalogue is never loaded (zh_CN is not zh-hans): every label stands here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import Form, SearchInput
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles import listing, listing_pages, search
from articles.dates import DayField, begins, years_between
from articles.models import Placement, Publication
from articles.models.placement import Key
from articles.models.publication import live
from articles.sanitising import printable
from articles.walking import Stretch
from articles.words import LONGEST_QUERY, Part, pieces_of, terms
from departments.models import Department

MOST_YEARS = 60
LONGEST = 50  # characters of an author or a document number

Choice = tuple[str, str]


def _whole(year: str) -> tuple[date, date]:
    """The first day of a year, and of the next one."""
    return date(int(year), 1, 1), date(int(year) + 1, 1, 1)


@dataclass(frozen=True)
class Lists:
    """What there is to choose from: (value, words) each."""

    departments: list[Choice]
    years: list[Choice]

    @classmethod
    def read(cls) -> "Lists":
        return cls(_departments(), _years())


def _departments() -> list[Choice]:
    """(address, name) of those whose seal holds, children below their parent."""
    found = [one for one in Department.objects.holding_articles() if one.seal_holds()]
    tops = [one for one in found if one.parent_id is None]
    listed = [one for top in tops for one in (top, *(child for child in found if child.parent_id == top.pk))]
    return [(one.slug, f"　{one.name}" if one.parent_id else one.name) for one in listed]


def _years() -> list[Choice]:
    """From the year of the newest live publication back to that of the oldest."""
    # Each is the first of the index that listings use, or its last; Min and Max would look at all.
    # What was withdrawn counts too: left out by a join, it would make PostgreSQL sort all that is live.
    dates = Publication.objects.filter(live()).values_list("dated", flat=True)
    newest, oldest = dates.order_by("-dated", "-article_id").first(), dates.order_by("dated", "article_id").first()
    if newest is None or oldest is None:
        return []
    return [(str(year), str(year)) for year in years_between(oldest, newest)[: MOST_YEARS + 1]]


def _within(slug: str) -> QuerySet[Department]:
    """The department and its children."""
    return Department.objects.filter(Q(slug=slug) | Q(parent__slug=slug))


class DayFilter(django_filters.DateFilter):
    field_class = DayField


def has_letters(text: str) -> None:
    """Raises ValidationError where there is nothing to look for."""
    if not pieces_of(text):
        raise ValidationError(_("Letters or digits are missing."))


class SearchForm(Form):
    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This date lies before the first one."))


def _words(label: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(label=label, method="by_part", max_length=LONGEST, validators=[has_letters])


class _Narrowing(django_filters.FilterSet):
    """A value that makes no sense narrows nothing, and the form says so; what was typed stays in it."""

    def __init__(self, asked: Any, rows: QuerySet) -> None:
        super().__init__({name: printable(asked.get(name, "")) for name in self.base_filters}, rows)

    @classmethod
    def is_asked(cls, asked: Any) -> bool:
        """Whether anything at all was filled in, sense or not: else the form is the same for everybody."""
        return any(asked.get(name) for name in cls.base_filters)

    def given(self) -> dict:
        """Name → value of the filters that narrow."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    def narrowed(self) -> QuerySet:
        """The rows that pass the filters."""
        return self.filter_queryset(self.queryset) if self.given() else self.queryset

    def by_year(self, found: QuerySet, _name: str, year: str) -> QuerySet:
        first, next_first = _whole(year)
        return found.filter(dated__gte=begins(first), dated__lt=begins(next_first))


class ListingFilter(_Narrowing):
    """Over the placements of one department."""

    year = django_filters.ChoiceFilter(
        label=_("Year"),
        method="by_year",
        empty_label=pgettext_lazy("years", "all"),
        error_messages={"invalid_choice": _("There is no such year here. Choose one of the list.")},
    )
    q = django_filters.CharFilter(
        label=_("Words of the title"), method="by_words", max_length=LONGEST_QUERY, widget=SearchInput
    )

    class Meta:
        model = Placement
        fields: list[str] = []

    def __init__(self, asked: Any, department: Department) -> None:
        self.department = department
        super().__init__(asked, Placement.objects.all())
        self.filters["year"].extra["choices"] = [(str(year), str(year)) for year in listing.years(department)]
        self.form.auto_id = "narrow-%s"

    @property
    def has_years(self) -> bool:
        return bool(self.filters["year"].extra["choices"])

    def page(self, number: str) -> listing_pages.ListingPage:
        """A page of what passes the filters. Raises PageNotAnInteger and EmptyPage."""
        given = self.given()
        if "q" in given:
            return listing_pages.page_of_matches(self.narrowed().newest_first(), number)
        within = Stretch(*(Key(begins(day), 0) for day in _whole(given["year"]))) if "year" in given else None
        return listing_pages.page_of(self.department, number, within)

    def by_words(self, found: QuerySet, _name: str, words: str) -> QuerySet:
        """The newest of them, one more than are looked at."""
        asked = search.wanted(terms(words), Part.TITLE)
        found = found.live().filter(department=self.department)
        if not asked:
            return found
        most = listing_pages.LOOKED_AT + 1
        newest = search.newest(found, asked, most, departments=[self.department.pk], key="publication_id")
        return found.filter(publication__in=[one.pk for one in newest])


class SearchFilter(_Narrowing):
    """Over publications."""

    department = django_filters.ChoiceFilter(
        label=_("Department"), method="by_department", empty_label=_("All departments")
    )
    year = django_filters.ChoiceFilter(label=_("Year"), method="by_year", empty_label=_("All years"))
    since = DayFilter(label=_("From"), method="by_date")
    until = DayFilter(label=_("Until"), method="by_date")
    author = _words(_("Author"))
    number = _words(_("Document number"))

    class Meta:
        model = Publication
        fields: list[str] = []
        form = SearchForm

    def __init__(self, asked: Any, lists: Lists) -> None:
        super().__init__(asked, Publication.objects.live())
        self.filters["department"].extra["choices"] = lists.departments
        self.filters["year"].extra["choices"] = lists.years

    def by_department(self, found: QuerySet, _name: str, slug: str) -> QuerySet:
        """What its listing shows, or that of one of its children."""
        return found.filter(pk__in=Placement.objects.filter(department__in=_within(slug)).values("publication"))

    def by_date(self, found: QuerySet, name: str, day: date) -> QuerySet:
        if name == "since":
            return found.filter(dated__gte=begins(day))
        return found.filter(dated__lt=begins(day + timedelta(days=1)))

    def by_part(self, found: QuerySet, _name: str, _words: str) -> QuerySet:
        """Nothing here: the index is asked for these together with the words (`wanted`)."""
        return found

    def wanted(self) -> list[search.Wanted]:
        """What the index must have, besides the words."""
        given, parts = self.given(), {"author": Part.AUTHOR, "number": Part.NUMBER}
        return [one for name, part in parts.items() if name in given for one in search.wanted([given[name]], part)]

    def scope(self) -> dict[str, Any]:
        """Where in the index to look, as `search.newest` takes it: departments and dates."""
        given, scope = self.given(), {}
        if slug := given.get("department"):
            scope["departments"] = list(_within(slug).values_list("pk", flat=True))
        since, until = [], []
        if year := given.get("year"):
            since.append(begins(date(int(year), 1, 1)))
            until.append(begins(date(int(year) + 1, 1, 1)))
        if day := given.get("since"):
            since.append(begins(day))
        if day := given.get("until"):
            until.append(begins(day + timedelta(days=1)))
        return scope | ({"since": max(since)} if since else {}) | ({"until": min(until)} if until else {})
