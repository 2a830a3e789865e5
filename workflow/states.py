"""The state of an article, derived from its drafts, rounds and publications. Nothing stores it.

It has two sides: what happens to its text (`Text`), and what the public sees (`Public`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from workflow.models import Round, RoundState


class Text(models.TextChoices):
    SETTLED = "settled", _("nothing in hand")
    DRAFT = "draft", _("draft")
    RETURNED = "returned", _("returned")
    IN_REVIEW = "in_review", _("in review")
    DISCARDED = "discarded", _("discarded")


class Public(models.TextChoices):
    UNPUBLISHED = "unpublished", _("not published")
    SCHEDULED = "scheduled", _("scheduled")
    LIVE = "live", pgettext_lazy("state", "published")
    REPLACING = "replacing", _("published, replacement scheduled")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("run out")


@dataclass(frozen=True)
class State:
    text: Text
    public: Public

    @property
    def label(self) -> str:
        """Both sides in words, the one that says nothing left out."""
        if self.text == Text.SETTLED or (self.text == Text.DISCARDED and self.public == Public.UNPUBLISHED):
            return str((self.public if self.text == Text.SETTLED else self.text).label)
        if self.public == Public.UNPUBLISHED:
            return str(self.text.label)
        return f"{self.public.label} · {self.text.label}"


def state_of(article: Article, at: datetime | None = None) -> State:
    return next(states_of([article], at))[1]


def states_of(articles: Iterable[Article], at: datetime | None = None) -> Iterable[tuple[Article, State]]:
    """(article, state) of each. Three queries, however many articles."""
    at = at or timezone.now()
    articles = list(articles)
    ids = [article.pk for article in articles]
    drafts = dict(
        Revision.objects.filter(article__in=ids, state=RevisionState.DRAFT).values_list("article_id", "number")
    )
    last_rounds = {
        article_id: (state, revision)  # of the newest round, because later ones overwrite
        for article_id, state, revision in Round.objects.filter(article__in=ids)
        .order_by("number")
        .values_list("article_id", "state", "revision__number")
    }
    publications: dict[int, list[Publication]] = {}
    effective = Publication.objects.effective().filter(article__in=ids).select_related("withdrawal")
    for publication in effective.order_by("number"):
        publications.setdefault(publication.article_id, []).append(publication)
    for article in articles:
        text = _text(article, drafts.get(article.pk), *last_rounds.get(article.pk, ("", 0)))
        yield article, State(text, _public(publications.get(article.pk, []), at))


def _text(article: Article, draft: int | None, last_round: str, revision: int) -> Text:
    """`draft`: number of the active draft; `last_round`, `revision`: state of the newest round, number of its text."""
    if article.discarded_at:
        return Text.DISCARDED
    if last_round == RoundState.OPEN:
        return Text.IN_REVIEW
    if draft is None:
        return Text.SETTLED
    # The draft that a return leaves behind follows the returned revision; any later one was begun anew.
    return Text.RETURNED if last_round == RoundState.RETURNED and draft == revision + 1 else Text.DRAFT


def _public(publications: list[Publication], at: datetime) -> Public:
    """`publications` are the effective ones of one article in order of number."""
    running = any(p.live_from <= at and (p.live_until is None or p.live_until > at) for p in publications)
    coming = any(p.live_from > at for p in publications)
    if running:
        return Public.REPLACING if coming else Public.LIVE
    if coming:
        return Public.SCHEDULED
    if not publications:
        return Public.UNPUBLISHED
    return Public.WITHDRAWN if hasattr(publications[-1], "withdrawal") else Public.EXPIRED
