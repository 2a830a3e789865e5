"""What a listing may show: live publications whose seal holds and that stand where their seal says."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from django.core.cache import cache
from django.db.models import Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from articles import reads
from articles.models import Placement, Publication
from departments.models import Department
from ledger.alarms import raise_alarm

PAGE_SIZE = 20
MOST_READ_OVER = timedelta(days=30)
REMEMBERED = 300  # seconds that the ranking by reads is kept; whether each is live is asked every time


def in_department(department: Department):
    """Placements of live publications in the listing of a department, newest first, stable when dates are equal."""
    return (
        Placement.objects.live().filter(department=department).select_related("publication__department").newest_first()
    )


def pinned(department: Department):
    """Placements kept at the top of the department's listing at present."""
    return in_department(department).filter(pinned_until__gt=timezone.now())


def unpinned(department: Department):
    """The listing below what is pinned."""
    return in_department(department).filter(Q(pinned_until=None) | Q(pinned_until__lte=timezone.now()))


def years(department: Department) -> list[int]:
    """The years from the newest to the oldest date in the department's listing."""
    ends = Placement.objects.live().filter(department=department).aggregate(Min("dated"), Max("dated"))
    if ends["dated__min"] is None:
        return []
    oldest, newest = (timezone.localtime(ends[name]).year for name in ("dated__min", "dated__max"))
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
    """(older, newer) in the publication's department by date, then number of the article."""
    here = in_department(publication.department)
    dated, article = publication.dated, publication.article_id
    older = here.filter(Q(dated__lt=dated) | Q(dated=dated, article__lt=article))
    newer = here.filter(Q(dated__gt=dated) | Q(dated=dated, article__gt=article)).order_by("dated", "article_id")
    return _first_shown(older), _first_shown(newer)


def _first_shown(placements) -> Publication | None:
    """The nearest that may be shown; looks past a few broken ones, then gives up."""
    return next(iter(shown(placements[:5])), None)
