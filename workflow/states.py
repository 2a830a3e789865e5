"""The state of an article, derived from its drafts, rounds and publications. Nothing stores it.

It has two sides: what happens to its text (`Text`), and what the public sees (`Public`).
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

from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from articles.rows import Rows, moment_of
from workflow.models import Round, RoundState


class Text(models.TextChoices):
    SETTLED = "settled", _("nothing in hand")
    DRAFT = "draft", _("draft")
    RETURNED = "returned", _("returned")
    IN_REVIEW = "in_review", _("in review")
    PARKED = "parked", _("draft parked")
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
    is_parked: bool = False  # a draft waits beside what is in hand
    is_emergency: bool = False  # published without approval, and nobody else has confirmed it yet
    is_outdated: bool = False  # the published text has changed since the draft in hand was begun

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
    """(article, state) of each. One query, however many articles."""
    at = at or timezone.now()
    articles = list(articles)
    asked = Article.objects.filter(pk__in=[article.pk for article in articles]).order_by().only("discarded_at")
    found = {article.pk: state_from(article, article.discarded_at, at) for article in asked.annotate(**facts("pk"))}
    for article in articles:
        yield article, found[article.pk]


def facts(article: str) -> dict[str, Expression]:
    """What the state derives from, to annotate rows with. `article`: the column that holds the article's id."""
    drafting = [RevisionState.DRAFT, RevisionState.DISCARDED, RevisionState.PARKED]
    drafts = Revision.objects.filter(article=OuterRef(article), state__in=drafting).order_by("number")
    rounds = Round.objects.filter(article=OuterRef(article)).order_by("-number")[:1]
    return {
        "draft_rows": Rows(drafts, "state", "saved_at", "based_on_id"),
        "last_round_rows": Rows(rounds, "state", "closed_at"),
        **public_facts(article),
    }


def public_facts(article: str) -> dict[str, Expression]:
    """The part of them that says what the public sees."""
    publications = Publication.objects.filter(article=OuterRef(article)).order_by("number")
    names = ("live_from", "live_until", "is_emergency", "revision_id")
    return {"publication_rows": Rows(publications, *names, withdrawal="withdrawal__pk")}


def state_in_review(row: Any, at: datetime) -> State:
    """The state of an article of which a round is open: only what the public sees is left to ask."""
    publications = _effective(row)
    is_emergency = any(found["is_emergency"] for found in publications)
    return State(Text.IN_REVIEW, _public(publications, at), is_emergency=is_emergency)


def _effective(row: Any) -> list[dict]:
    """Without those that were called off before they began (PublicationQuerySet.effective)."""
    return [found for found in row.publication_rows if found["live_until"] != found["live_from"]]


def state_from(row: Any, discarded_at: datetime | None, at: datetime) -> State:
    """The state that the facts with which `row` was annotated amount to."""
    drafts, rounds, publications = row.draft_rows, row.last_round_rows, _effective(row)
    newest = {row["state"]: row for row in drafts}  # later ones overwrite
    draft, discarded = newest.get(RevisionState.DRAFT), newest.get(RevisionState.DISCARDED)
    is_parked = RevisionState.PARKED in newest
    text = _text(draft, discarded, rounds[0] if rounds else None)
    if discarded_at:
        text = Text.DISCARDED
    elif text == Text.SETTLED and is_parked:
        text = Text.PARKED
    last = publications[-1] if publications else None
    return State(
        text,
        _public(publications, at),
        is_parked=is_parked,
        is_emergency=any(row["is_emergency"] for row in publications),
        is_outdated=bool(draft and last) and last["revision_id"] != draft["based_on_id"],
    )


def _text(draft: dict | None, discarded: dict | None, last_round: dict | None) -> Text:
    """`draft`, `discarded`: the active draft and the last discarded one; `last_round`: the newest round."""
    if last_round and last_round["state"] == RoundState.OPEN:
        return Text.IN_REVIEW
    if draft is None:
        return Text.SETTLED
    if last_round is None or last_round["state"] != RoundState.RETURNED:
        return Text.DRAFT
    # A return leaves a draft behind; once that one has been discarded, any other was begun anew.
    given_up = discarded and moment_of(discarded["saved_at"]) >= moment_of(last_round["closed_at"])
    return Text.DRAFT if given_up else Text.RETURNED


def _public(publications: list[dict], at: datetime) -> Public:
    intervals = [(moment_of(row["live_from"]), moment_of(row["live_until"])) for row in publications]
    running = any(begin <= at and (end is None or end > at) for begin, end in intervals)
    coming = any(begin > at for begin, _end in intervals)
    if running:
        return Public.REPLACING if coming else Public.LIVE
    if coming:
        return Public.SCHEDULED
    if not publications:
        return Public.UNPUBLISHED
    return Public.EXPIRED if publications[-1]["withdrawal"] is None else Public.WITHDRAWN
