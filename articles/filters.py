"""What narrows a search: department, year, dates, author, document number.

The form is django-filter's. Its own catalogue is never loaded (zh_CN is not zh-hans), so that every label stands here.
"""

from datetime import date, datetime, time, timedelta

import django_filters
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.forms import DateInput
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import search
from articles.models import Publication
from departments.models import Department

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)  # other dates overflow in the time zone of the site
MOST_YEARS = 60


def begins(day: date) -> datetime:
    """The first moment of a day here."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _departments() -> list[tuple[str, str]]:
    """(address, name) of those whose seal holds, children below their parent."""
    found = [one for one in Department.objects.holding_articles() if one.seal_holds()]
    tops = [one for one in found if one.parent_id is None]
    listed = [one for top in tops for one in (top, *(child for child in found if child.parent_id == top.pk))]
    return [(one.slug, f"　{one.name}" if one.parent_id else one.name) for one in listed]


def _years() -> list[tuple[str, str]]:
    """From this year back to that of the oldest live publication."""
    oldest = Publication.objects.live().order_by("dated").values_list("dated", flat=True).first()
    this = timezone.localdate().year
    first = max(timezone.localdate(oldest).year if oldest else this, this - MOST_YEARS)
    return [(str(year), str(year)) for year in range(this, min(first, this) - 1, -1)]


def _date(label: str) -> django_filters.DateFilter:
    return django_filters.DateFilter(
        label=label,
        method="by_date",
        widget=DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
    )


class SearchFilter(django_filters.FilterSet):
    """Over publications. A value that makes no sense narrows nothing, and the form says so."""

    department = django_filters.ChoiceFilter(
        label=_("Department"), method="by_department", empty_label=_("All departments")
    )
    year = django_filters.ChoiceFilter(label=_("Year"), method="by_year", empty_label=_("All years"))
    since = _date(_("From"))
    until = _date(_("Until"))
    author = django_filters.CharFilter(label=_("Author"), method="by_head", max_length=50)
    number = django_filters.CharFilter(label=_("Document number"), method="by_head", max_length=50)

    class Meta:
        model = Publication
        fields: list[str] = []

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.filters["department"].extra["choices"] = _departments()
        self.filters["year"].extra["choices"] = _years()

    def given(self) -> dict:
        """Name → value of the filters that narrow."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    def fields_of_head(self) -> dict[str, str]:
        """Field of the revision → what must stand in it: the index only says that it stands in some field."""
        names = {"author": "author", "number": "document_number"}
        return {names[name]: value for name, value in self.given().items() if name in names}

    def by_department(self, found: QuerySet, _name: str, slug: str) -> QuerySet:
        return found.filter(Q(department__slug=slug) | Q(department__parent__slug=slug))

    def by_year(self, found: QuerySet, _name: str, year: str) -> QuerySet:
        first, next_first = date(int(year), 1, 1), date(int(year) + 1, 1, 1)
        return found.filter(dated__gte=begins(first), dated__lt=begins(next_first))

    def by_date(self, found: QuerySet, name: str, day: date) -> QuerySet:
        if name == "since":
            return found.filter(dated__gte=begins(day))
        return found.filter(dated__lt=begins(day + timedelta(days=1)))

    def by_head(self, found: QuerySet, _name: str, words: str) -> QuerySet:
        return search.matching(found, [words], in_head=True) if search.pieces_of(words) else found.none()
