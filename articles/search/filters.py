"""Filters of search and listings: department, year, dates, author, document number.

The forms are django-filter's. Its own catalogue is never loaded (zh_CN is not zh-hans): every label stands here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import Form, SearchInput
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.caching.departments import department_tree
from articles.dates import DayField, begins, years_between
from articles.listings import pages, queries
from articles.listings.pagination import KeyRange
from articles.models import Placement, Publication
from articles.models.placement import ListingKey
from articles.models.publication import live_condition
from articles.search import index
from articles.search.snippets import compile_terms, holds_term
from articles.search.tokenizer import MAX_QUERY_CHARS, Part, split_query, term_runs
from articles.text.plain_text import strip_control_characters
from departments.models import Department

MAX_YEAR_CHOICES = 60
MAX_TEXT_FILTER_CHARS = 50  # characters of an author or a document number
TEXT_FILTER_PARTS = {"author": Part.AUTHOR, "number": Part.NUMBER}  # filter → part of the text that it looks in

Choice = tuple[str, str]


def _year_bounds(year: str) -> tuple[date, date]:
    """The first day of a year, and of the next one."""
    return date(int(year), 1, 1), date(int(year) + 1, 1, 1)


@dataclass(frozen=True)
class FilterChoices:
    """What there is to choose from: (value, words) each."""

    departments: list[Choice]
    years: list[Choice]

    @classmethod
    def load(cls) -> "FilterChoices":
        return cls(_department_choices(), _year_choices())


def _department_choices() -> list[Choice]:
    """(address, name) of those whose seal holds, children below their parent."""
    found = [*department_tree().holding_articles().values()]
    tops = [one for one in found if one.parent_id is None]
    listed = [one for top in tops for one in (top, *(child for child in found if child.parent_id == top.pk))]
    return [(one.slug, f"　{one.name}" if one.parent_id else one.name) for one in listed]


def _year_choices() -> list[Choice]:
    """From the year of the newest live publication back to that of the oldest, as their seals say."""
    # Each is the first of the index that listings use, or its last; Min and Max would look at all.
    # What was withdrawn counts too: left out by a join, it would make PostgreSQL sort all that is live.
    rows = Publication.objects.filter(live_condition()).select_related("end").newest_first()
    ends = chain(rows[: queries.END_CANDIDATES], rows.reverse()[: queries.END_CANDIDATES])
    dates = [found.dated for found in queries.with_intact_seals(ends)]
    if not dates:
        return []
    return [(str(year), str(year)) for year in years_between(min(dates), max(dates))[: MAX_YEAR_CHOICES + 1]]


def _with_children(slug: str) -> QuerySet[Department]:
    """The department and its children."""
    return Department.objects.filter(Q(slug=slug) | Q(parent__slug=slug))


class DayFilter(django_filters.DateFilter):
    field_class = DayField


def validate_searchable(text: str) -> None:
    """Raises ValidationError where there is nothing to look for."""
    if not term_runs(text):
        raise ValidationError(_("Letters or digits are missing."))


class DateRangeForm(Form):
    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This date lies before the first one."))


def _text_filter(label: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(
        label=label, method="skip_index_part", max_length=MAX_TEXT_FILTER_CHARS, validators=[validate_searchable]
    )


class _BaseFilter(django_filters.FilterSet):
    """A value that makes no sense narrows nothing, and the form says so; what was typed stays in it."""

    def __init__(self, params: Any, queryset: QuerySet) -> None:
        super().__init__({name: strip_control_characters(params.get(name, "")) for name in self.base_filters}, queryset)

    @classmethod
    def is_filled_in(cls, params: Any) -> bool:
        """Whether anything at all was filled in, sense or not: else the form is the same for everybody."""
        return any(params.get(name) for name in cls.base_filters)

    def active_filters(self) -> dict:
        """Name → value of the filters that narrow."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    def filtered_rows(self) -> QuerySet:
        """The rows that pass the filters."""
        return self.filter_queryset(self.queryset) if self.active_filters() else self.queryset

    def by_year(self, queryset: QuerySet, _name: str, year: str) -> QuerySet:
        first, next_first = _year_bounds(year)
        return queryset.filter(dated__gte=begins(first), dated__lt=begins(next_first))


class ListingFilter(_BaseFilter):
    """Over the placements of one department."""

    year = django_filters.ChoiceFilter(
        label=_("Year"),
        method="by_year",
        empty_label=pgettext_lazy("years", "all"),
        error_messages={"invalid_choice": _("There is no such year here. Choose one of the list.")},
    )
    q = django_filters.CharFilter(
        label=_("Words of the title"), method="by_words", max_length=MAX_QUERY_CHARS, widget=SearchInput
    )

    class Meta:
        model = Placement
        fields: list[str] = []

    def __init__(self, params: Any, department: Department) -> None:
        self.department = department
        super().__init__(params, Placement.objects.all())
        self.filters["year"].extra["choices"] = [(str(year), str(year)) for year in queries.years(department)]
        self.form.auto_id = "narrow-%s"

    @property
    def has_years(self) -> bool:
        return bool(self.filters["year"].extra["choices"])

    def get_page(self, number: str) -> pages.ListingPage:
        """A page of what passes the filters. Raises PageNotAnInteger and EmptyPage."""
        given = self.active_filters()
        if "q" in given:
            return pages.get_matches_page(self.filtered_rows().newest_first(), number)
        within = (
            KeyRange(*(ListingKey(begins(day), 0) for day in _year_bounds(given["year"]))) if "year" in given else None
        )
        return pages.get_listing_page(self.department, number, within)

    def admits(self, publication: Publication) -> bool:
        """Whether the words that were typed stand in its sealed title: the index is not sealed."""
        patterns = compile_terms(split_query(self.active_filters().get("q", "")))
        return all(holds_term(publication.title, pattern) for pattern in patterns)

    def by_words(self, queryset: QuerySet, _name: str, text: str) -> QuerySet:
        """The newest of them, one more than are looked at."""
        params = index.phrase_queries(split_query(text), Part.TITLE)
        queryset = queryset.live().filter(department=self.department)
        if not params:
            return queryset
        limit = pages.MAX_MATCHES + 1
        newest = index.newest_matches(
            queryset, params, limit, departments=[self.department.pk], id_field="publication_id"
        )
        return queryset.filter(publication__in=[one.pk for one in newest])


class SearchFilter(_BaseFilter):
    """Over publications."""

    department = django_filters.ChoiceFilter(
        label=_("Department"), method="by_department", empty_label=_("All departments")
    )
    year = django_filters.ChoiceFilter(label=_("Year"), method="by_year", empty_label=_("All years"))
    since = DayFilter(label=_("From"), method="by_date")
    until = DayFilter(label=_("Until"), method="by_date")
    author = _text_filter(_("Author"))
    number = _text_filter(_("Document number"))

    class Meta:
        model = Publication
        fields: list[str] = []
        form = DateRangeForm

    def __init__(self, params: Any, choices: FilterChoices) -> None:
        super().__init__(params, Publication.objects.live())
        self.filters["department"].extra["choices"] = choices.departments
        self.filters["year"].extra["choices"] = choices.years

    def by_department(self, queryset: QuerySet, _name: str, slug: str) -> QuerySet:
        """What its listing shows, or that of one of its children."""
        return queryset.filter(
            pk__in=Placement.objects.filter(department__in=_with_children(slug)).values("publication")
        )

    def by_date(self, queryset: QuerySet, name: str, day: date) -> QuerySet:
        if name == "since":
            return queryset.filter(dated__gte=begins(day))
        return queryset.filter(dated__lt=begins(day + timedelta(days=1)))

    @cached_property
    def _departments(self) -> list[int] | None:
        """Ids of the departments that are asked for; None: of all."""
        slug = self.active_filters().get("department")
        return list(_with_children(slug).values_list("pk", flat=True)) if slug else None

    def admits(self, publication: Publication) -> bool:
        """Whether a publication stands, by its own seal, in the department that is asked for."""
        return self._departments is None or not publication.listing_departments().isdisjoint(self._departments)

    def admits_parts(self, texts: dict[Part, str]) -> bool:
        """Whether author and document number, `texts` of the sealed revision, hold what is asked for."""
        given = self.active_filters()
        return all(
            holds_term(texts[part], pattern)
            for name, part in TEXT_FILTER_PARTS.items()
            if name in given
            for pattern in compile_terms([given[name]])
        )

    def skip_index_part(self, found: QuerySet, _name: str, _words: str) -> QuerySet:
        """Nothing here: the index is asked for these together with the words (`phrase_queries`)."""
        return found

    def index_phrases(self) -> list[index.PhraseQuery]:
        """What the index must have, besides the words."""
        given = self.active_filters()
        return [
            one
            for name, part in TEXT_FILTER_PARTS.items()
            if name in given
            for one in index.phrase_queries([given[name]], part)
        ]

    def index_scope(self) -> dict[str, Any]:
        """Where in the index to look, as `search.newest` takes it: departments and dates."""
        given, scope = self.active_filters(), {}
        if self._departments is not None:
            scope["departments"] = self._departments
        since, until = [], []
        if year := given.get("year"):
            since.append(begins(date(int(year), 1, 1)))
            until.append(begins(date(int(year) + 1, 1, 1)))
        if day := given.get("since"):
            since.append(begins(day))
        if day := given.get("until"):
            until.append(begins(day + timedelta(days=1)))
        return scope | ({"since": max(since)} if since else {}) | ({"until": min(until)} if until else {})
