"""The story of an article, read from the ledger and the decisions."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from articles.models import Article
from ledger.models import Entry
from workflow.models import Decision

# Verb of the ledger → what a reader is told.
WORDS = {
    "article.begun": _("began the article"),
    "article.imported": _("imported the article"),
    "article.submitted": _("submitted it for approval"),
    "article.taken_back": _("took it back"),
    "article.approved": _("approved it"),
    "article.returned": _("returned it for changes"),
    "article.published": _("signed it off: published"),
    "article.scheduled": _("signed it off: scheduled"),
    "article.unscheduled": _("called off the schedule"),
    "article.withdrawn": _("withdrew it"),
    "article.discarded": _("discarded it"),
    "article.revision_begun": _("began a new version"),
}


@dataclass
class Event:
    number: int
    time: datetime
    name: str
    words: str
    step: str = ""
    opinion: str = ""
    facts: dict = field(default_factory=dict)


def events(article: Article) -> list[Event]:
    """What happened to the article, newest first, each with the opinion given. Two queries."""
    opinions = {
        (decision.round.number, decision.person_id): decision.comment
        for decision in Decision.objects.filter(round__article=article, kept_from=None).select_related("round")
    }
    entries = Entry.objects.filter(object_type=article._meta.label_lower, object_id=str(article.pk)).order_by("-number")
    return [
        Event(
            number=entry.number,
            time=entry.time,
            name=entry.actor_name or str(_("the system")),
            words=str(WORDS.get(entry.verb, entry.verb)),
            step=entry.data.get("step", ""),
            opinion=opinions.get((entry.data.get("round"), entry.actor_id), "")
            if "step" in entry.data
            else entry.data.get("reason", ""),
            facts=entry.data,
        )
        for entry in entries
    ]
