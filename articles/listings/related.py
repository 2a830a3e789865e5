"""Related articles 相关文章: same department, shared keywords."""

from functools import partial
from operator import itemgetter

from articles.caching.memo import memoize_by_version
from articles.listings import queries
from articles.models import Placement, Publication
from articles.text.plain_text import split_keywords
from departments.models import Department

MAX_CANDIDATE_PLACEMENTS = 100  # the newest of the department, however many it has
MAX_RELATED = 5


def related_publications(publication: Publication) -> list[Publication]:
    """Live and intact publications that share most keywords with this one, the newest first among equals.

    One query, one more after each change in the department, none where there are no keywords. Keywords only choose;
    what is shown is sealed.
    """
    keywords, department = set(split_keywords(publication.revision.keywords)), publication.department_id
    if not keywords:
        return []
    candidates = memoize_by_version(
        ("keywords", department), partial(_keywords_by_placement, publication.department), department
    )
    shared = [(pk, len(keywords & found)) for pk, article, found in candidates if article != publication.article_id]
    best = sorted((found for found in shared if found[1]), key=itemgetter(1), reverse=True)
    if not best:
        return []
    chosen = [pk for pk, _ in best[: 2 * MAX_RELATED]]  # twice as many: some may not be what was sealed
    rows = Placement.objects.live().select_related("publication").in_bulk(chosen)
    return queries.intact_publications(rows[pk] for pk in chosen if pk in rows)[:MAX_RELATED]


def _keywords_by_placement(department: Department) -> list[tuple[int, int, set[str]]]:
    """(placement, article, keywords) of the newest in the department that have keywords."""
    newest = queries.newest_in_department(department, MAX_CANDIDATE_PLACEMENTS).values_list(
        "pk", "article", "publication__revision__keywords"
    )
    return [(pk, article, set(split_keywords(keywords))) for pk, article, keywords in newest if keywords]
