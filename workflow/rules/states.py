"""States of an article, derived from its drafts, rounds and publications.

A state has two sides: its text (`TextState`) and what the public sees (`PublicState`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import OuterRef
from django.db.models.expressions import Expression
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.models import Article, EndKind, Publication, Revision
from articles.models.revision import RevisionState
from database.json_subquery import JSONSubquery, datetime_from_json
from workflow.models import Round, RoundState


class TextState(models.TextChoices):
    SETTLED = "settled", _("nothing in hand")
    DRAFT = "draft", _("draft")
    RETURNED = "returned", _("returned")
    IN_REVIEW = "in_review", _("in review")
    PARKED = "parked", _("draft parked")
    DISCARDED = "discarded", _("discarded")


class PublicState(models.TextChoices):
    UNPUBLISHED = "unpublished", _("not published")
    SCHEDULED = "scheduled", _("scheduled")
    LIVE = "live", pgettext_lazy("state", "published")
    REPLACING = "replacing", _("published, replacement scheduled")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("run out")


@dataclass(frozen=True)
class ArticleState:
    text: TextState
    public: PublicState
    is_parked: bool = False  # a draft waits beside what is in hand
    is_emergency: bool = False  # published without approval, and nobody else has confirmed it yet
    is_outdated: bool = False  # the published text has changed since the draft in hand was begun

    @property
    def label(self) -> str:
        """Both sides in words, the one that says nothing left out."""
        if self.text == TextState.SETTLED or (
            self.text == TextState.DISCARDED and self.public == PublicState.UNPUBLISHED
        ):
            return str((self.public if self.text == TextState.SETTLED else self.text).label)
        if self.public == PublicState.UNPUBLISHED:
            return str(self.text.label)
        return f"{self.public.label} · {self.text.label}"


def state_of(article: Article, at: datetime | None = None) -> ArticleState:
    return next(states_of([article], at))[1]


def states_of(articles: Iterable[Article], at: datetime | None = None) -> Iterable[tuple[Article, ArticleState]]:
    """(article, state) of each. One query, however many articles."""
    at = at or timezone.now()
    articles = list(articles)
    asked = Article.objects.filter(pk__in=[article.pk for article in articles]).order_by().only("discarded_at")
    found = {
        article.pk: derive_state(article, article.discarded_at, at)
        for article in asked.annotate(**state_annotations("pk"))
    }
    for article in articles:
        yield article, found[article.pk]


def state_annotations(article: str) -> dict[str, Expression]:
    """What the state derives from, to annotate rows with. `article`: the column that holds the article's id."""
    drafting = [RevisionState.DRAFT, RevisionState.DISCARDED, RevisionState.PARKED]
    drafts = Revision.objects.filter(article=OuterRef(article), state__in=drafting).order_by("number")
    rounds = Round.objects.filter(article=OuterRef(article)).order_by("-number")[:1]
    return {
        "draft_rows": JSONSubquery(drafts, "state", "saved_at", "based_on_id"),
        "last_round_rows": JSONSubquery(rounds, "state", "closed_at"),
        **publication_annotations(article),
    }


def publication_annotations(article: str) -> dict[str, Expression]:
    """The part of them that says what the public sees."""
    publications = Publication.objects.filter(article=OuterRef(article)).order_by("number")
    names = ("live_from", "live_until", "is_emergency", "revision_id")
    ends = {"end_kind": "end__kind", "end_until": "end__until"}
    return {"publication_rows": JSONSubquery(publications, *names, withdrawal="withdrawal__pk", **ends)}


def derive_state_in_review(row: Any, at: datetime) -> ArticleState:
    """The state of an article of which a round is open: only what the public sees is left to ask."""
    publications = _effective_publications(row)
    is_emergency = any(found["is_emergency"] for found in publications)
    return ArticleState(TextState.IN_REVIEW, _public_state(publications, at), is_emergency=is_emergency)


def _effective_publications(row: Any) -> list[dict]:
    """Without those that were called off before they began (PublicationQuerySet.not_called_off)."""
    return [
        found
        for found in row.publication_rows
        if found["live_until"] != found["live_from"] and found["end_kind"] != EndKind.CALLED_OFF
    ]


def derive_state(row: Any, discarded_at: datetime | None, at: datetime) -> ArticleState:
    """The state that the facts with which `row` was annotated amount to."""
    drafts, rounds, publications = row.draft_rows, row.last_round_rows, _effective_publications(row)
    newest = {row["state"]: row for row in drafts}  # later ones overwrite
    draft, discarded = newest.get(RevisionState.DRAFT), newest.get(RevisionState.DISCARDED)
    is_parked = RevisionState.PARKED in newest
    text = _text_state(draft, discarded, rounds[0] if rounds else None)
    if discarded_at:
        text = TextState.DISCARDED
    elif text == TextState.SETTLED and is_parked:
        text = TextState.PARKED
    last = publications[-1] if publications else None
    return ArticleState(
        text,
        _public_state(publications, at),
        is_parked=is_parked,
        is_emergency=any(row["is_emergency"] for row in publications),
        is_outdated=bool(draft and last) and last["revision_id"] != draft["based_on_id"],
    )


def _text_state(draft: dict | None, discarded: dict | None, last_round: dict | None) -> TextState:
    """`draft`, `discarded`: the active draft and the last discarded one; `last_round`: the newest round."""
    if last_round and last_round["state"] == RoundState.OPEN:
        return TextState.IN_REVIEW
    if draft is None:
        return TextState.SETTLED
    if last_round is None or last_round["state"] != RoundState.RETURNED:
        return TextState.DRAFT
    # A return leaves a draft behind; once that one has been discarded, any other was begun anew.
    given_up = discarded and datetime_from_json(discarded["saved_at"]) >= datetime_from_json(last_round["closed_at"])
    return TextState.DRAFT if given_up else TextState.RETURNED


def _public_state(publications: list[dict], at: datetime) -> PublicState:
    ahead = [
        row for row in publications if not (_has_passed(row["live_until"], at) or _has_passed(row["end_until"], at))
    ]
    begins = [datetime_from_json(row["live_from"]) for row in ahead]
    running, coming = any(begin <= at for begin in begins), any(begin > at for begin in begins)
    if running:
        return PublicState.REPLACING if coming else PublicState.LIVE
    if coming:
        return PublicState.SCHEDULED
    if not publications:
        return PublicState.UNPUBLISHED
    return PublicState.EXPIRED if publications[-1]["withdrawal"] is None else PublicState.WITHDRAWN


def _has_passed(moment: str | None, at: datetime) -> bool:
    found = datetime_from_json(moment)
    return found is not None and found <= at
