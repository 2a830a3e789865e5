"""Related articles 相关文章: of the same department, by the keywords that drafters gave them."""

from operator import itemgetter

from articles import listing
from articles.metadata import words
from articles.models import Placement, Publication

LOOKED_AT = 100  # the newest of the department, however many it has
SHOWN = 5


def related(publication: Publication) -> list[Publication]:
    """Live and intact publications that share most keywords with this one, the newest first among equals.

    Two queries at most, and none where there are no keywords. Keywords only choose; what is shown is sealed.
    """
    wanted = set(words(publication.revision.keywords))
    if not wanted:
        return []
    newest = listing.in_department(publication.department).exclude(article=publication.article_id)
    looked_at = newest.values_list("pk", "publication__revision__keywords")[:LOOKED_AT]
    shared = [(pk, len(wanted.intersection(words(keywords)))) for pk, keywords in looked_at]
    best = sorted((found for found in shared if found[1]), key=itemgetter(1), reverse=True)
    if not best:
        return []
    chosen = [pk for pk, _ in best[: 2 * SHOWN]]  # twice as many: some may not be what was sealed
    rows = Placement.objects.live().select_related("publication").in_bulk(chosen)
    return listing.shown(rows[pk] for pk in chosen if pk in rows)[:SHOWN]
