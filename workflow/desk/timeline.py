"""The timeline of an article, from the ledger, decisions and saves."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from articles.models import Article, DraftSave
from database.json_subquery import datetime_from_json
from ledger import verbs
from ledger.models import Entry
from workflow.actions.rounds import DECISION_VERBS
from workflow.models import Decision

verbs.register_verbs(
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
        "article.restored": _("put an earlier wording back"),
        "article.copied": _("copied it from another article"),
        "article.expiry_set": _("changed the end of the publication"),
        "article.pinned": _("changed how long it stays at the top"),
        "article.moved": _("moved it to another department"),
        "article.published_in_emergency": _("published it in emergency, without approval"),
        "article.emergency_confirmed": _("confirmed the emergency publication"),
        "article.expunging_asked": _("asked that it be expunged"),
        "article.expunged": _("expunged it"),
    },
)
verbs.register_verbs(
    "preview",
    _("Preview links"),
    {
        "preview.shared": _("shared a preview link"),
        "preview.revoked": _("revoked the preview links"),
    },
)

# Fact of an entry → how it is told beside the verb.
PERSON_NOTES = {
    "on_behalf_of": _("on behalf of %(name)s"),
    "to_name": _("to %(name)s"),
    "seconded_by_name": _("seconded by %(name)s"),
}
TIME_NOTES = {
    "article.scheduled": ("live_from", _("for %(time)s")),
    "article.expiry_set": ("live_until", _("until %(time)s")),
    "article.pinned": ("until", _("until %(time)s")),
}


MAX_SAVES = 300  # of all drafts of an article, the newest


@dataclass
class HistoryEvent:
    """`name` is the person's as it then was; `notes` say in whose place, to whom, until when.

    `number`: of the entry; 0 for saves of a draft, which do not stand in the ledger. `compare_keys`: the keys of two
    wordings (workflow.actions.restoring) between which the text changed here.
    """

    number: int
    time: datetime
    name: str
    verb_text: str
    step: str = ""
    opinion: str = ""
    notes: list[str] = field(default_factory=list)
    compare_keys: tuple[str, str] | None = None

    @property
    def is_save(self) -> bool:
        return not self.number


def ledger_events(article: Article) -> list[HistoryEvent]:
    """What happened to the article, newest first, each with the opinion or reason given. Two queries.

    Told from records that never change, so that it reads the same after people have left or were renamed.
    """
    opinions = {
        (decision.round.number, decision.person_id): decision.comment
        for decision in Decision.objects.filter(round__article=article, kept_from=None).select_related("round")
    }
    entries = Entry.objects.filter(object_type=article._meta.label_lower, object_id=str(article.pk)).order_by("-number")
    return [
        HistoryEvent(
            number=entry.number,
            time=entry.time,
            name=entry.actor_name or str(_("the system")),
            verb_text=verbs.verb_label(entry.verb),
            step=entry.data.get("step", ""),
            opinion=opinions.get((entry.data.get("round"), entry.actor_id), "")
            if entry.verb in DECISION_VERBS
            else entry.data.get("reason", ""),
            notes=_notes(entry),
            compare_keys=_submission_compare_keys(entry),
        )
        for entry in entries
    ]


def _submission_compare_keys(entry: Entry) -> tuple[str, str] | None:
    """What was submitted, with the text before it."""
    number = entry.data.get("revision", 0)
    return (str(number - 1), str(number)) if entry.verb == "article.submitted" and number > 1 else None


def article_history(article: Article) -> list[HistoryEvent]:
    """As `ledger_events`, with the saves of its drafts among them. One query more."""
    told = sorted([*ledger_events(article), *_save_events(article)], key=lambda event: event.time, reverse=True)
    grouped = groupby(told, key=lambda event: event.group_key if isinstance(event, _SaveEvent) else id(event))
    return [_merge_saves(list(run)) for _key, run in grouped]


@dataclass
class _SaveEvent(HistoryEvent):
    """One row of the draft history: `previous_version` is the version of the row before it, `person` an id."""

    revision: int = 0
    version: int = 0
    previous_version: int = 0
    person_id: int = 0
    is_automatic: bool = False

    @property
    def group_key(self) -> tuple[Any, ...]:
        """Saves that follow one another with the same of this are told as one."""
        return (self.revision, self.person_id, self.is_automatic)


def _save_events(article: Article) -> Iterable[_SaveEvent]:
    names = ("revision__number", "version", "at", "person_id", "person_name", "is_automatic")
    rows = DraftSave.objects.filter(revision__article=article, revision__expunged_at=None).order_by("-at", "-version")
    newest = list(rows.values_list(*names)[:MAX_SAVES])
    last: dict[int, int] = {}
    for revision, version, at, person, name, is_automatic in reversed(newest):
        yield _SaveEvent(
            0,
            at,
            name,
            "",
            revision=revision,
            version=version,
            previous_version=last.get(revision, 0),
            person_id=person,
            is_automatic=is_automatic,
        )
        last[revision] = version


def _merge_saves(run: list[HistoryEvent]) -> HistoryEvent:
    """A run of saves, the newest first, as one event; any other event as it is."""
    newest, oldest = run[0], run[-1]
    if not isinstance(newest, _SaveEvent):
        return newest
    if newest.is_automatic:
        # Of those that came within ten minutes one row is left; their numbers say how many there were.
        count = sum(one.version - one.previous_version if one.previous_version else 1 for one in run)
        newest.verb_text = ngettext("saved by itself %(count)d time", "saved by itself %(count)d times", count)
    else:
        count = len(run)
        newest.verb_text = ngettext("saved the draft %(count)d time", "saved the draft %(count)d times", count)
    newest.verb_text %= {"count": count}
    newest.notes = [gettext("revision %(number)d") % {"number": newest.revision}]
    newest.compare_keys = _saves_compare_keys(newest, oldest)
    return newest


def _saves_compare_keys(newest: _SaveEvent, oldest: _SaveEvent) -> tuple[str, str] | None:
    """From the wording before the oldest of a run of saves to the newest; None where nothing stood before."""
    revision, to = newest.revision, f"{newest.revision}.{newest.version}"
    if oldest.previous_version:
        return f"{revision}.{oldest.previous_version}", to
    if revision > 1:
        return str(revision - 1), to
    return (f"{revision}.{oldest.version}", to) if newest is not oldest else None


def _notes(entry: Entry) -> list[str]:
    notes = [words % {"name": entry.data[fact]} for fact, words in PERSON_NOTES.items() if entry.data.get(fact)]
    if entry.verb == "article.restored":
        notes.append(gettext("revision %(number)d") % {"number": entry.data["of"]})
    fact, words = TIME_NOTES.get(entry.verb, ("", ""))
    if at := datetime_from_json(entry.data.get(fact)):
        notes.append(words % {"time": date_format(localtime(at), "Y-m-d H:i")})
    elif entry.verb == "article.expiry_set":
        notes.append(gettext("until further notice"))
    return notes
