"""The search of the desk: in the newest wording of every article, whether the public may read it or not.

What is public stands in the public index (articles.search); a second one has what that lacks: drafts, texts in review,
and what was withdrawn or has run out. Who may see which article, the caller has settled: `among` gets their articles.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from articles.buckets import FIRST
from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from articles.search import IN_HAND, matching, newest, wanted
from articles.words import terms

TOGETHER = 20  # articles a transaction of `reindex`
OVER = (RevisionState.FROZEN, RevisionState.DISCARDED)


def put(revision: Revision) -> None:
    """The words of a text as they now stand, instead of what the desk knew of it. In the transaction of the save."""
    IN_HAND.remove(revision.pk)
    if revision.expunged_at is None:
        IN_HAND.put([(revision.pk, FIRST.number, (), revision.title, revision)])


def forget_once_committed(article: Article) -> None:
    """The public index has the article now. Left behind by an accident, an older text is found a little longer."""
    transaction.on_commit(lambda: _forget(article, state__in=OVER), robust=True)


def forget(article: Article) -> None:
    """Every word of the article: it is being expunged."""
    _forget(article)


def _forget(article: Article, **narrowed: object) -> None:
    IN_HAND.remove(*article.revisions.filter(**narrowed).values_list("pk", flat=True))


def among(articles: QuerySet[Article], query: str) -> QuerySet[Article]:
    """Those of `articles` in which every term of the query stands; all for a query without letters."""
    asked = wanted(terms(query))
    if not asked:
        return articles
    public = matching(Publication.objects.filter(withdrawal=None), asked)
    in_hand = matching(Revision.objects.exclude(state=RevisionState.DISCARDED), asked, index=IN_HAND)
    return articles.filter(Q(pk__in=in_hand.values("article")) | Q(pk__in=public.values("article")))


def newest_among(articles: QuerySet[Article], query: str, most: int) -> set[int] | None:
    """Ids of the same, but of what is public `most` at most, the newest by date, and as many of what is in hand.

    A common word takes no longer then on a large site; `articles` are to be narrowed before by all that narrows them.
    None: there is nothing to look for.
    """
    asked = wanted(terms(query))
    if not asked:
        return None
    numbers = articles.order_by().values("pk")
    public = newest(Publication.objects.filter(withdrawal=None, article__in=numbers), asked, most)
    known = Revision.objects.exclude(state=RevisionState.DISCARDED).filter(article__in=numbers)
    in_hand = matching(known, asked, index=IN_HAND).order_by("-pk").values_list("article", flat=True)[:most]
    return {one.article for one in public}.union(in_hand)


def reindex() -> int:
    """Feeds the desk's index anew; returns how many texts stand in it. A few articles a transaction."""
    IN_HAND.clear()
    last, count = 0, 0
    while together := list(Article.objects.in_use().filter(pk__gt=last).order_by("pk")[:TOGETHER]):
        with transaction.atomic():
            count += _put_all(Article.objects.filter(pk__in=[one.pk for one in together]))
        last = together[-1].pk
    return count


def _put_all(articles: QuerySet[Article]) -> int:
    """Texts in hand, and what was public last where nothing is any more."""
    ahead = Q(live_until=None) | Q(live_until__gt=timezone.now())
    public = Publication.objects.effective().filter(ahead, withdrawal=None, article=OuterRef("article"))
    newer = Revision.objects.filter(article=OuterRef("article"), number__gt=OuterRef("number"))
    last = Q(state=RevisionState.FROZEN) & ~Exists(newer.exclude(state=RevisionState.DISCARDED))
    in_hand = Q(state__in=[RevisionState.DRAFT, RevisionState.PARKED]) | last & ~Exists(
        public.filter(revision=OuterRef("pk"))
    )
    found = Revision.objects.filter(in_hand, article__in=articles, expunged_at=None)
    for revision in found.order_by("pk"):
        put(revision)
    return len(found)
