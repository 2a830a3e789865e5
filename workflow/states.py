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
    drafts: dict[tuple[int, str], datetime] = {
        (article_id, state): saved_at  # of the newest one, because later ones overwrite
        for article_id, state, saved_at in Revision.objects.filter(
            article__in=ids, state__in=[RevisionState.DRAFT, RevisionState.DISCARDED]
        )
        .order_by("number")
        .values_list("article_id", "state", "saved_at")
    }
    last_rounds = {
        article_id: (state, closed_at)
        for article_id, state, closed_at in Round.objects.filter(article__in=ids)
        .order_by("number")
        .values_list("article_id", "state", "closed_at")
    }
    publications: dict[int, list[Publication]] = {}
    effective = Publication.objects.effective().filter(article__in=ids).select_related("withdrawal")
    for publication in effective.order_by("number"):
        publications.setdefault(publication.article_id, []).append(publication)
    for article in articles:
        draft, discarded = (drafts.get((article.pk, state)) for state in (RevisionState.DRAFT, RevisionState.DISCARDED))
        text = _text(article, draft, discarded, *last_rounds.get(article.pk, ("", None)))
        yield article, State(text, _public(publications.get(article.pk, []), at))


def _text(
    article: Article, draft: datetime | None, discarded: datetime | None, last_round: str, closed: datetime | None
) -> Text:
    """`draft`, `discarded`: when the active draft and the last discarded one were saved.

    `last_round`, `closed`: state of the newest round, and when it was closed.
    """
    if article.discarded_at:
        return Text.DISCARDED
    if last_round == RoundState.OPEN:
        return Text.IN_REVIEW
    if draft is None:
        return Text.SETTLED
    # A return leaves a draft behind; once that one has been discarded, any other was begun anew.
    given_up = discarded and closed and discarded >= closed
    return Text.RETURNED if last_round == RoundState.RETURNED and not given_up else Text.DRAFT


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
