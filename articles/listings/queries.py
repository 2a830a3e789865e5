"""Queries of listings: newest, neighbours, most read; Placement.objects.newest_first() orders."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from operator import attrgetter

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_noop

from articles.caching.departments import department_tree
from articles.caching.json_cache import cached
from articles.caching.memo import memoize_by_version
from articles.dates import years_between
from articles.models import Placement, Publication
from articles.models.placement import ListingKey, PlacementQuerySet
from articles.models.publication import LIVE_SQL
from articles.reads import counting
from database.compiled_query import CompiledQuery
from departments.models import Department
from ledger.alarms import raise_alarm

PAGE_SIZE = 20
NEIGHBOUR_CANDIDATES = 3  # rows that are looked at for a neighbour
MOST_READ_PERIOD = timedelta(days=30)
RANKING_CACHE_SECONDS = 300  # seconds that the ranking by reads is kept; whether each is live is asked every time


def in_department(department: Department) -> PlacementQuerySet:
    """Placements of live publications in the listing of a department, newest first, stable when dates are equal."""
    return Placement.objects.live().filter(department=department).select_related("publication").newest_first()


def newest_in_department(department: Department, limit: int) -> PlacementQuerySet:
    """Return the newest `limit` rows of `in_department()`.

    They are picked from the index first: PostgreSQL would read the table where it misjudges how many were withdrawn.
    """
    rows = Placement.objects.live_by_interval().filter(department=department).newest_first()[:limit]
    return in_department(department).filter(pk__in=rows.values("pk"))


def _build_date_range_query(department: int, now: datetime) -> QuerySet[Department]:
    rows = Placement.objects.live(now).filter(department=OuterRef("pk")).values("dated")
    # Each is at an end of the index; Min and Max would look at all.
    newest, oldest = rows.newest_first()[:1], rows.newest_first().reverse()[:1]
    return Department.objects.filter(pk=department).annotate(newest=Subquery(newest), oldest=Subquery(oldest))


_date_range_query = CompiledQuery(_build_date_range_query, int, datetime)


def years(department: Department) -> list[int]:
    """The years from the newest to the oldest date in the department's listing, within the bounds of such dates."""
    found = _date_range_query.first(department.pk, timezone.now())
    if found is None or found.newest is None or found.oldest is None:
        return []
    return years_between(found.oldest, found.newest)


def has_intact_seal(publication: Publication) -> bool:
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


def intact_publications(placements: Iterable[Placement]) -> list[Publication]:
    """The publications of the placements, without those that are not what was sealed, each with its department."""
    return list(_iter_intact(placements))


def _iter_intact(placements: Iterable[Placement]) -> Iterator[Publication]:
    found = department_tree()
    for placement in placements:
        if _matches_seal(placement):
            found.attach_to([placement.publication])
            yield placement.publication


def _matches_seal(placement: Placement) -> bool:
    if not has_intact_seal(placement.publication):
        return False
    if not placement.matches_seal():
        message = gettext_noop("publication %(publication)d: stands where its seal does not put it")
        raise_alarm(f"placement {placement.pk}", message, publication=placement.publication_id)
        return False
    return True


def live_ids_sql(extra_condition: str = "", order: str = "DESC", limit: str = "LIMIT %s") -> str:
    """SQL for the numbers of live rows of one department, from the index alone; the rows are then read by them.

    Parameters: department, now, now, those of the `extra_condition` condition, those of `limit`.
    """
    live = f"department_id = %s AND count_state IS NOT NULL AND {LIVE_SQL.format(now='%s')}"
    ordered = f"ORDER BY dated {order}, article_id {order} {limit}"
    rows = f"SELECT id FROM articles_placement WHERE {live} {extra_condition} {ordered}"  # noqa: S608 (our own words, values are parameters)
    return f"SELECT * FROM ({rows}) AS picked"  # noqa: S608 (the statement above)


def union_of_ids(parts: list[str], values: list) -> RawSQL:
    """What `live_ids_sql` gave, several together, for `pk__in`."""
    sql = " UNION ALL ".join(parts)
    return RawSQL(sql, values, output_field=BigIntegerField())  # noqa: S611 (SQL of `live_ids_sql`; all else is a parameter)


def newest_by_department(limits: dict[int, int]) -> dict[int, list[Publication]]:
    """Of several departments the newest publications that may be shown. `limits`: id of each → how many. One query."""
    found: dict[int, list[Placement]] = {department: [] for department in limits}
    if not limits:
        return {}

    def build(now: datetime) -> QuerySet[Placement]:
        values = [value for department, count in limits.items() for value in (department, now, now, count)]
        rows = union_of_ids([live_ids_sql()] * len(limits), values)
        return Placement.objects.live(now).filter(pk__in=rows).select_related("publication")

    query = memoize_by_version(("newest of departments", tuple(limits.items())), lambda: CompiledQuery(build, datetime))
    for row in sorted(query.all(timezone.now()), key=attrgetter("key"), reverse=True):
        found[row.department_id].append(row)
    return {department: intact_publications(rows) for department, rows in found.items()}


def newest_across_departments(departments: list[int], limit: int) -> list[Publication]:
    """Of the `count` newest publications of these departments together, those that may be shown. One query."""
    if not departments:
        return []

    def build(now: datetime) -> QuerySet[Publication]:
        return Publication.objects.live(now).filter(department__in=departments).newest_first()[:limit]

    query = memoize_by_version(("newest of all", tuple(departments), limit), lambda: CompiledQuery(build, datetime))
    found = [publication for publication in query.all(timezone.now()) if has_intact_seal(publication)]
    department_tree().attach_to(found)
    return found


def most_read_publications(limit: int, departments: list[int] | None = None) -> list[Publication]:
    """Live and intact publications that were read most in the last 30 days; `departments`: of these alone."""
    ranking = cached(
        "most-read",
        lambda: counting.most_read_ids(since=timezone.localdate() - MOST_READ_PERIOD),
        RANKING_CACHE_SECONDS,
    )
    if not ranking:
        return []
    query = _ranked_query(tuple(ranking), None if departments is None else tuple(departments))
    by_article = {found.article_id: found for found in query.all(timezone.now())}
    ranked = (by_article[pk] for pk in ranking if pk in by_article)
    intact = list(islice((found for found in ranked if has_intact_seal(found)), limit))
    department_tree().attach_to(intact)
    return intact


@lru_cache(8)
def _ranked_query(articles: tuple[int, ...], departments: tuple[int, ...] | None) -> CompiledQuery[Publication]:
    """What of these articles, in these departments, is live at a moment."""

    def build(now: datetime) -> QuerySet[Publication]:
        live = Publication.objects.live(now).filter(article__in=articles)
        return live if departments is None else live.filter(department__in=departments)

    return CompiledQuery(build, datetime)


def neighbours(publication: Publication) -> tuple[Publication | None, Publication | None]:
    """(older, newer) in the publication's department by date, then number of the article. One query.

    Looks past a few that may not be shown, then gives up.
    """
    key, now = ListingKey(publication.dated, publication.article_id), timezone.now()
    found: list[list[Placement]] = [[], []]
    for row in _neighbours_query.all(publication.department_id, now, *key):
        found[row.key > key].append(row)
    older, newer = sorted(found[0], key=attrgetter("key"), reverse=True), sorted(found[1], key=attrgetter("key"))
    return next(_iter_intact(older), None), next(_iter_intact(newer), None)


def _build_neighbours_query(department: int, now: datetime, dated: datetime, article: int) -> QuerySet[Placement]:
    """The nearest rows on both sides of a key, in any order."""
    sides = [
        live_ids_sql(f"AND (dated, article_id) {side} (%s, %s)", order) for side, order in (("<", "DESC"), (">", "ASC"))
    ]
    rows = union_of_ids(sides, [department, now, now, dated, article, NEIGHBOUR_CANDIDATES] * 2)
    return Placement.objects.live(now).filter(pk__in=rows).select_related("publication")


_neighbours_query = CompiledQuery(_build_neighbours_query, int, datetime, datetime, int)
