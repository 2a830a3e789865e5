"""What a listing may show: live publications whose seal holds and that stand where their seal says."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from operator import attrgetter

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_noop

from articles import reads
from articles.dates import years_between
from articles.json_cache import cached
from articles.lasting import lasting
from articles.models import Placement, Publication
from articles.models.placement import Key, PlacementQuerySet
from articles.places import places
from articles.prepared import Prepared
from departments.models import Department
from ledger.alarms import raise_alarm

PAGE_SIZE = 20
NEAREST = 3  # rows that are looked at for a neighbour
MOST_READ_OVER = timedelta(days=30)
REMEMBERED = 300  # seconds that the ranking by reads is kept; whether each is live is asked every time


def in_department(department: Department) -> PlacementQuerySet:
    """Placements of live publications in the listing of a department, newest first, stable when dates are equal."""
    return Placement.objects.live().filter(department=department).select_related("publication").newest_first()


def newest(department: Department, count: int) -> PlacementQuerySet:
    """The newest so many of `in_department`. They are picked from the index first: where PostgreSQL misjudges how many
    were withdrawn, it would read the table."""
    rows = Placement.objects.listed().filter(department=department).newest_first()[:count]
    return in_department(department).filter(pk__in=rows.values("pk"))


def _ends(department: int, now: datetime) -> QuerySet[Department]:
    rows = Placement.objects.live(now).filter(department=OuterRef("pk")).values("dated")
    # Each is at an end of the index; Min and Max would look at all.
    newest, oldest = rows.newest_first()[:1], rows.newest_first().reverse()[:1]
    return Department.objects.filter(pk=department).annotate(newest=Subquery(newest), oldest=Subquery(oldest))


_dates = Prepared(_ends, int, datetime)


def years(department: Department) -> list[int]:
    """The years from the newest to the oldest date in the department's listing, within the bounds of such dates."""
    found = _dates.first(department.pk, timezone.now())
    if found is None or found.newest is None or found.oldest is None:
        return []
    return years_between(found.oldest, found.newest)


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
    """The publications of the placements, without those that are not what was sealed, each with its department."""
    return list(_shown(placements))


def _shown(placements: Iterable[Placement]) -> Iterator[Publication]:
    found = places()
    for placement in placements:
        if _stands_rightly(placement):
            found.put_in([placement.publication])
            yield placement.publication


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


def picked(further: str = "", order: str = "DESC", limit: str = "LIMIT %s") -> str:
    """SQL for the numbers of live rows of one department, from the index alone; the rows are then read by them.

    Parameters: department, now, now, those of the `further` condition, those of `limit`.
    """
    live = "department_id = %s AND standing IS NOT NULL AND live_from <= %s AND (live_until IS NULL OR live_until > %s)"
    ordered = f"ORDER BY dated {order}, article_id {order} {limit}"
    rows = f"SELECT id FROM articles_placement WHERE {live} {further} {ordered}"  # noqa: S608 (our own words, values are parameters)
    return f"SELECT * FROM ({rows}) AS picked"  # noqa: S608 (the statement above)


def numbered(parts: list[str], values: list) -> RawSQL:
    """What `picked` gave, several together, for `pk__in`."""
    sql = " UNION ALL ".join(parts)
    return RawSQL(sql, values, output_field=BigIntegerField())  # noqa: S611 (SQL of `picked`; all else is a parameter)


def newest_of(wanted: dict[int, int]) -> dict[int, list[Publication]]:
    """Of several departments the newest publications that may be shown. `wanted`: id of each → how many. One query."""
    found: dict[int, list[Placement]] = {department: [] for department in wanted}
    if not wanted:
        return {}

    def build(now: datetime) -> QuerySet[Placement]:
        values = [value for department, count in wanted.items() for value in (department, now, now, count)]
        rows = numbered([picked()] * len(wanted), values)
        return Placement.objects.live(now).filter(pk__in=rows).select_related("publication")

    prepared = lasting(("newest of departments", tuple(wanted.items())), lambda: Prepared(build, datetime))
    for row in sorted(prepared.all(timezone.now()), key=attrgetter("key"), reverse=True):
        found[row.department_id].append(row)
    return {department: shown(rows) for department, rows in found.items()}


def newest_of_all(departments: list[int], count: int) -> list[Publication]:
    """Of the `count` newest publications of these departments together, those that may be shown. One query."""
    if not departments:
        return []

    def build(now: datetime) -> QuerySet[Publication]:
        return (
            Publication.objects.live(now).filter(department__in=departments).order_by("-dated", "-article_id")[:count]
        )

    prepared = lasting(("newest of all", tuple(departments), count), lambda: Prepared(build, datetime))
    found = [publication for publication in prepared.all(timezone.now()) if is_intact(publication)]
    places().put_in(found)
    return found


def most_read(count: int, departments: list[int] | None = None) -> list[Publication]:
    """Live and intact publications that were read most in the last 30 days; `departments`: of these alone."""
    ranking = cached("most-read", lambda: reads.most_read(since=timezone.localdate() - MOST_READ_OVER), REMEMBERED)
    if not ranking:
        return []
    prepared = _ranked(tuple(ranking), None if departments is None else tuple(departments))
    by_article = {found.article_id: found for found in prepared.all(timezone.now())}
    ranked = (by_article[pk] for pk in ranking if pk in by_article)
    shown = list(islice((found for found in ranked if is_intact(found)), count))
    places().put_in(shown)
    return shown


@lru_cache(8)
def _ranked(articles: tuple[int, ...], departments: tuple[int, ...] | None) -> Prepared[Publication]:
    """What of these articles, in these departments, is live at a moment."""

    def build(now: datetime) -> QuerySet[Publication]:
        live = Publication.objects.live(now).filter(article__in=articles)
        return live if departments is None else live.filter(department__in=departments)

    return Prepared(build, datetime)


def neighbours(publication: Publication) -> tuple[Publication | None, Publication | None]:
    """(older, newer) in the publication's department by date, then number of the article. One query.

    Looks past a few that may not be shown, then gives up.
    """
    key, now = Key(publication.dated, publication.article_id), timezone.now()
    found: list[list[Placement]] = [[], []]
    for row in _nearest.all(publication.department_id, now, *key):
        found[row.key > key].append(row)
    older, newer = sorted(found[0], key=attrgetter("key"), reverse=True), sorted(found[1], key=attrgetter("key"))
    return next(_shown(older), None), next(_shown(newer), None)


def _either_side(department: int, now: datetime, dated: datetime, article: int) -> QuerySet[Placement]:
    """The nearest rows on both sides of a key, in any order."""
    sides = [picked(f"AND (dated, article_id) {side} (%s, %s)", order) for side, order in (("<", "DESC"), (">", "ASC"))]
    rows = numbered(sides, [department, now, now, dated, article, NEAREST] * 2)
    return Placement.objects.live(now).filter(pk__in=rows).select_related("publication")


_nearest = Prepared(_either_side, int, datetime, datetime, int)
