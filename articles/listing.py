"""What a listing may show: live publications whose seal holds and that stand where their seal says."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from operator import attrgetter

from django.core.cache import cache
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_noop

from articles import reads
from articles.models import Placement, Publication
from articles.models.placement import Key, PlacementQuerySet
from departments.models import Department
from ledger.alarms import raise_alarm

PAGE_SIZE = 20
NEAREST = 5  # rows that are looked at for a neighbour
MOST_READ_OVER = timedelta(days=30)
REMEMBERED = 300  # seconds that the ranking by reads is kept; whether each is live is asked every time


def in_department(department: Department) -> PlacementQuerySet:
    """Placements of live publications in the listing of a department, newest first, stable when dates are equal."""
    return (
        Placement.objects.live().filter(department=department).select_related("publication__department").newest_first()
    )


def newest(department: Department, count: int) -> PlacementQuerySet:
    """The newest so many of `in_department`. They are picked from the index first: where PostgreSQL misjudges how many
    were withdrawn, it would read the table."""
    rows = Placement.objects.listed().filter(department=department).newest_first()[:count]
    return in_department(department).filter(pk__in=rows.values("pk"))


def with_dates(departments: QuerySet[Department]) -> QuerySet[Department]:
    """Departments with `newest` and `oldest`: the dates of the first and the last row of their listing, or None."""
    rows = Placement.objects.live().filter(department=OuterRef("pk")).values("dated")
    # Each is at an end of the index; Min and Max would look at all.
    newest, oldest = rows.newest_first()[:1], rows.newest_first().reverse()[:1]
    return departments.annotate(newest=Subquery(newest), oldest=Subquery(oldest))


def years(department: Department) -> list[int]:
    """The years from the newest to the oldest date in the listing of a department that comes `with_dates`."""
    if department.newest is None or department.oldest is None:
        return []
    newest, oldest = (timezone.localtime(moment).year for moment in (department.newest, department.oldest))
    return list(range(newest, oldest - 1, -1))


def is_intact(publication: Publication) -> bool:
    """Whether the seal holds; raises an alarm when it does not."""
    if publication.seal_holds() and publication.title:
        return True
    raise_alarm(
        f"publication {publication.pk}",
        gettext_noop("article %(article)d, publication %(number)d: its seal does not hold; left out"),
        article=publication.article_id,
        number=publication.number,
    )
    return False


def shown(placements: Iterable[Placement]) -> list[Publication]:
    """The publications of the placements, without those that are not what was sealed."""
    return [placement.publication for placement in placements if _stands_rightly(placement)]


def _stands_rightly(placement: Placement) -> bool:
    publication = placement.publication
    if not is_intact(publication):
        return False
    right = (
        placement.article_id == publication.article_id
        and placement.dated == publication.dated
        and placement.live_from == publication.live_from
        and placement.live_until == publication.live_until
        and placement.department_id in {publication.department_id, *publication.columns}
    )
    if not right:
        said = gettext_noop("publication %(publication)d: stands where its seal does not put it")
        raise_alarm(f"placement {placement.pk}", said, publication=publication.pk)
    return right


def most_read(count: int, departments: list[int] | None = None) -> list[Publication]:
    """Live and intact publications that were read most in the last 30 days; `departments`: of these alone."""
    ranking = cache.get_or_set(
        "most-read", lambda: reads.most_read(since=timezone.localdate() - MOST_READ_OVER), REMEMBERED
    )
    live = Publication.objects.live().filter(article__in=ranking).select_related("department")
    if departments is not None:
        live = live.filter(department__in=departments)
    by_article = {found.article_id: found for found in live}
    ranked = (by_article[pk] for pk in ranking if pk in by_article)
    return list(islice((found for found in ranked if is_intact(found)), count))


def neighbours(publication: Publication) -> tuple[Publication | None, Publication | None]:
    """(older, newer) in the publication's department by date, then number of the article. One query.

    Looks past a few that may not be shown, then gives up.
    """
    here = Placement.objects.listed().filter(department=publication.department)
    key = Key(publication.dated, publication.article_id)
    nearest = [here.older_than(key).newest_first()[:NEAREST], here.newer_than(key).newest_first().reverse()[:NEAREST]]
    live = Placement.objects.live().select_related("publication__department")
    # Each is a range of the index; one condition with OR would have PostgreSQL read the table.
    older, newer = (live.filter(pk__in=rows.values("pk")) for rows in nearest)
    found = sorted(older.union(newer, all=True), key=attrgetter("key"))
    return (
        next(iter(shown(row for row in reversed(found) if row.key < key)), None),
        next(iter(shown(row for row in found if row.key > key)), None),
    )
