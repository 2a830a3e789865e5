"""Related articles 相关文章: of the same department, by the keywords that drafters gave them."""

from functools import partial
from operator import itemgetter

from articles import listing
from articles.lasting import lasting
from articles.metadata import words
from articles.models import Placement, Publication
from departments.models import Department

LOOKED_AT = 100  # the newest of the department, however many it has
SHOWN = 5


def related(publication: Publication) -> list[Publication]:
    """Live and intact publications that share most keywords with this one, the newest first among equals.

    One query, one more after each change in the department, none where there are no keywords. Keywords only choose;
    what is shown is sealed.
    """
    wanted, department = set(words(publication.revision.keywords)), publication.department_id
    if not wanted:
        return []
    looked_at = lasting(("keywords", department), partial(_keywords, publication.department), department)
    shared = [(pk, len(wanted & found)) for pk, article, found in looked_at if article != publication.article_id]
    best = sorted((found for found in shared if found[1]), key=itemgetter(1), reverse=True)
    if not best:
        return []
    chosen = [pk for pk, _ in best[: 2 * SHOWN]]  # twice as many: some may not be what was sealed
    rows = Placement.objects.live().select_related("publication").in_bulk(chosen)
    return listing.shown(rows[pk] for pk in chosen if pk in rows)[:SHOWN]


def _keywords(department: Department) -> list[tuple[int, int, set[str]]]:
    """(placement, article, keywords) of the newest in the department that have keywords."""
    newest = listing.newest(department, LOOKED_AT).values_list("pk", "article", "publication__revision__keywords")
    return [(pk, article, set(words(keywords))) for pk, article, keywords in newest if keywords]
