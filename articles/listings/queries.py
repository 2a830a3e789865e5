"""Queries of listings: newest, neighbours, most read; Placement.objects.newest_first() orders."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from operator import attrgetter

from django.db.models import BigIntegerField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_noop

from articles.caching.departments import department_tree
from articles.caching.json_cache import cached
from articles.caching.memo import memoize_by_version
from articles.dates import years_between
from articles.models import Attachment, Placement, Publication
from articles.models.placement import ListingKey, PlacementQuerySet
from articles.models.publication import LIVE_SQL
from articles.reads import counting
from database.compiled_query import CompiledQuery
from departments.models import Department, DepartmentKind
from ledger.monitoring.alarms import raise_alarm

PAGE_SIZE = 20
NEIGHBOUR_CANDIDATES = 3  # rows that are looked at for a neighbour
END_CANDIDATES = 3  # rows that are looked at for the newest and for the oldest date of a listing
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


def has_intact_seal(publication: Publication) -> bool:
    """Whether its seal holds, and that of its department, whose slug stands in its address; raises an alarm if not.

    The caller attaches the department (`DepartmentTree.attach_to`), which would cost a query here.
    """
    if publication.seal_holds() and publication.title:
        return has_intact_department(publication)
    raise_alarm(
        f"publication {publication.pk}",
        gettext_noop("article %(article)d, publication %(number)d: its seal does not hold; left out"),
        article=publication.article_id,
        number=publication.number,
    )
    return False


def has_intact_department(publication: Publication) -> bool:
    """Whether the seal of its department holds; raises an alarm if not: its slug could lead anywhere."""
    department = publication.department
    if department.kind != DepartmentKind.LINK and department.seal_holds():
        return True
    said = gettext_noop("the seal of a department does not hold; its articles are left out")
    raise_alarm(f"department {department.pk}", said)
    return False


def matches_sealed_digest(publication: Publication, attachments: list[Attachment] | None = None) -> bool:
    """Whether every word of the revision is what the sealed digest says; raises an alarm when not.

    `attachments`: of the revision, with their files; None: the revision has them at hand, or asks for them.
    """
    revision = publication.revision
    if revision.compute_digest(publication.columns, attachments) == publication.digest:
        return True
    said = gettext_noop("article %(article)d: its words are not what was sealed")
    raise_alarm(f"revision {revision.pk}", said, article=publication.article_id)
    return False


def intact_publications(placements: Iterable[Placement]) -> list[Publication]:
    """The publications of the placements, without those that are not what was sealed, each with its department."""
    return list(_iter_intact(placements))


def _iter_intact(placements: Iterable[Placement]) -> Iterator[Publication]:
    found = department_tree()
    for placement in placements:
        found.attach_to([placement.publication])
        if _matches_seal(placement):
            yield placement.publication


def with_intact_seals(publications: Iterable[Publication]) -> Iterator[Publication]:
    """Those that are what was sealed, in their order, each with its department."""
    tree = department_tree()
    for publication in publications:
        tree.attach_to([publication])
        if has_intact_seal(publication):
            yield publication


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


def _build_ends_query(department: int, now: datetime) -> QuerySet[Placement]:
    """The newest and the oldest rows, in any order."""
    # Each is at an end of the index; Min and Max would look at all.
    rows = union_of_ids(
        [live_ids_sql(order=order) for order in ("DESC", "ASC")], [department, now, now, END_CANDIDATES] * 2
    )
    return Placement.objects.live(now).filter(pk__in=rows).select_related("publication")


_ends_query = CompiledQuery(_build_ends_query, int, datetime)


def years(department: Department) -> list[int]:
    """The years from the newest to the oldest sealed date in the department's listing, within the bounds of dates.

    Looks past a few rows at each end that may not be shown.
    """
    dates = [publication.dated for publication in _iter_intact(_ends_query.all(department.pk, timezone.now()))]
    return years_between(min(dates), max(dates)) if dates else []


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
    return list(with_intact_seals(query.all(timezone.now())))


def most_read_publications(limit: int, departments: list[int] | None = None) -> list[Publication]:
    """Live and intact publications that were read most in the last 30 days; `departments`: of these alone."""
    ranking = cached(
        "most-read",
        lambda: counting.most_read_ids(since=timezone.localdate() - MOST_READ_PERIOD),
        RANKING_CACHE_SECONDS,
    )
    if not ranking or departments == []:
        return []
    query = _ranked_query(tuple(ranking), None if departments is None else tuple(departments))
    by_article = {found.article_id: found for found in query.all(timezone.now())}
    return list(islice(with_intact_seals(by_article[pk] for pk in ranking if pk in by_article), limit))


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
