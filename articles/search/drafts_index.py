"""The staff search index: the newest wording of every article.

The public index (articles.search.index) holds public texts. This second index holds the others: drafts, texts in
review, and texts that were withdrawn or have expired. `filter_matching` takes only articles that the person may see;
the caller selects them.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from articles.search.index import DESK_INDEX, matching, newest_matches, phrase_queries
from articles.search.partitions import DEFAULT_PARTITION
from articles.search.tokenizer import split_query

ARTICLES_PER_TRANSACTION = 20  # articles a transaction of `rebuild_desk_index`
INACTIVE_STATES = (RevisionState.FROZEN, RevisionState.DISCARDED)


def index_revision(revision: Revision) -> None:
    """The words of a text as they now stand, instead of what the desk knew of it. In the transaction of the save.

    Of a submitted text whose words are not those that were submitted, nothing is found.
    """
    DESK_INDEX.delete(revision.pk)
    if revision.expunged_at is None and revision.is_intact():
        DESK_INDEX.insert([(revision.pk, DEFAULT_PARTITION.number, (), revision.title, revision)])


def remove_after_commit(article: Article) -> None:
    """The public index has the article now. Left behind by an accident, an older text is found a little longer."""
    transaction.on_commit(lambda: _remove_revisions(article, state__in=INACTIVE_STATES), robust=True)


def remove_article(article: Article) -> None:
    """Every word of the article: it is being expunged."""
    _remove_revisions(article)


def _remove_revisions(article: Article, **narrowed: object) -> None:
    DESK_INDEX.delete(*article.revisions.filter(**narrowed).values_list("pk", flat=True))


def filter_matching(articles: QuerySet[Article], query: str) -> QuerySet[Article]:
    """Those of `articles` in which every term of the query stands; all for a query without letters."""
    asked = phrase_queries(split_query(query))
    if not asked:
        return articles
    public = matching(Publication.objects.filter(withdrawal=None), asked)
    in_hand = matching(Revision.objects.exclude(state=RevisionState.DISCARDED), asked, index=DESK_INDEX)
    return articles.filter(Q(pk__in=in_hand.values("article")) | Q(pk__in=public.values("article")))


def newest_matching_ids(articles: QuerySet[Article], query: str, limit: int) -> set[int] | None:
    """Ids of the same, but of what is public `limit` at most, the newest by date, and as many of what is in hand.

    A common word takes no longer then on a large site; `articles` are to be narrowed before by all that narrows them.
    None: there is nothing to look for.
    """
    asked = phrase_queries(split_query(query))
    if not asked:
        return None
    numbers = articles.order_by().values("pk")
    public = newest_matches(Publication.objects.filter(withdrawal=None, article__in=numbers), asked, limit)
    known = Revision.objects.exclude(state=RevisionState.DISCARDED).filter(article__in=numbers)
    in_hand = matching(known, asked, index=DESK_INDEX).order_by("-pk").values_list("article", flat=True)[:limit]
    return {one.article_id for one in public}.union(in_hand)


def rebuild_desk_index() -> int:
    """Feeds the desk's index anew; returns how many texts stand in it. A few articles a transaction."""
    DESK_INDEX.clear()
    last, count = 0, 0
    while together := list(
        Article.objects.not_discarded().filter(pk__gt=last).order_by("pk")[:ARTICLES_PER_TRANSACTION]
    ):
        with transaction.atomic():
            count += _index_articles(Article.objects.filter(pk__in=[one.pk for one in together]))
        last = together[-1].pk
    return count


def _index_articles(articles: QuerySet[Article]) -> int:
    """Texts in hand, and what was public last where nothing is any more."""
    public = Publication.objects.live_or_scheduled().filter(article=OuterRef("article"))
    newer = Revision.objects.filter(article=OuterRef("article"), number__gt=OuterRef("number"))
    last = Q(state=RevisionState.FROZEN) & ~Exists(newer.exclude(state=RevisionState.DISCARDED))
    in_hand = Q(state__in=[RevisionState.DRAFT, RevisionState.PARKED]) | last & ~Exists(
        public.filter(revision=OuterRef("pk"))
    )
    found = Revision.objects.filter(in_hand, article__in=articles, expunged_at=None)
    for revision in found.order_by("pk"):
        index_revision(revision)
    return len(found)
