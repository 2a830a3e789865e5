"""The story of an article, read from the ledger and the decisions."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from articles.rows import moment_of
from ledger import wording
from ledger.models import Entry
from workflow.models import Decision

wording.tell(
    "article",
    _("Articles"),
    {
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
        "article.parked": _("parked the draft"),
        "article.resumed": _("took up the parked draft"),
        "article.change_taken_in": _("took the change of the published text in"),
        "article.handed_over": _("handed the step over"),
        "article.draft_handed": _("handed the draft over"),
        "article.copied": _("copied it from another article"),
        "article.expiry_set": _("set an end to the publication"),
        "article.pinned": _("changed how long it stays at the top"),
        "article.moved": _("moved it to another department"),
        "article.published_in_emergency": _("published it in emergency, without approval"),
        "article.emergency_confirmed": _("confirmed the emergency publication"),
        "article.expunging_asked": _("asked that it be expunged"),
        "article.expunged": _("expunged it"),
    },
)
wording.tell(
    "preview",
    _("Preview links"),
    {
        "preview.shared": _("shared a preview link"),
        "preview.revoked": _("revoked the preview links"),
    },
)

# Verbs that tell of a decision, whose opinion stands with it and not in the ledger.
DECIDED = {"article.approved", "article.returned", "article.published", "article.scheduled"}

# Fact of an entry → how it is told beside the verb.
NAMES = {
    "on_behalf_of": _("on behalf of %(name)s"),
    "to_name": _("to %(name)s"),
    "seconded_by_name": _("seconded by %(name)s"),
}
TIMES = {
    "article.scheduled": ("live_from", _("for %(time)s")),
    "article.expiry_set": ("live_until", _("until %(time)s")),
    "article.pinned": ("until", _("until %(time)s")),
}


@dataclass
class Event:
    """`name` is the person's as it then was; `notes` say in whose place, to whom, until when."""

    number: int
    time: datetime
    name: str
    words: str
    step: str = ""
    opinion: str = ""
    notes: list[str] = field(default_factory=list)


def events(article: Article) -> list[Event]:
    """What happened to the article, newest first, each with the opinion or reason given. Two queries.

    Told from records that never change, so that it reads the same after people have left or were renamed.
    """
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
            words=wording.of_verb(entry.verb),
            step=entry.data.get("step", ""),
            opinion=opinions.get((entry.data.get("round"), entry.actor_id), "")
            if entry.verb in DECIDED
            else entry.data.get("reason", ""),
            notes=_notes(entry),
        )
        for entry in entries
    ]


def _notes(entry: Entry) -> list[str]:
    notes = [words % {"name": entry.data[fact]} for fact, words in NAMES.items() if entry.data.get(fact)]
    fact, words = TIMES.get(entry.verb, ("", ""))
    if at := moment_of(entry.data.get(fact)):
        notes.append(words % {"time": date_format(localtime(at), "Y-m-d H:i")})
    return notes
