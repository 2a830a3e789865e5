"""Restoring of an earlier wording into the draft."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts
from articles.files.attachments import AttachmentSpec
from articles.models import Article, DraftSave, File, Revision
from articles.models.revision import TEXT_FIELDS
from articles.text.plain_text import written_summary
from departments.exceptions import WrongState
from departments.models import Department
from ledger.canonical_json import sha256
from ledger.record import record
from workflow.actions.context import article_action
from workflow.exceptions import StaleText
from workflow.rules.revision_text import checked_content
from workflow.rules.states import TextState
from workflow.rules.transitions import Action


@dataclass(frozen=True)
class TextVersion:
    """One wording of an article: a revision as it stands, or, with `save`, as it was saved once."""

    revision: Revision
    save: DraftSave | None = None

    @property
    def key(self) -> str:
        """As it stands in addresses: "4", or "4.17" for save 17 of revision 4."""
        return f"{self.revision.number}.{self.save.version}" if self.save else str(self.revision.number)

    @property
    def name(self) -> str:
        """For people, without who and when."""
        if self.save:
            facts = {"number": self.revision.number, "save": self.save.version}
            return _("revision %(number)d, save %(save)d") % facts
        return _("revision %(number)d") % {"number": self.revision.number}

    def content(self) -> dict[str, Any]:
        """In the form of Revision.content; of a save as JSON gives it back.

        Raises TamperedText if the revision was submitted and does not say any more what it said then.
        """
        return self.save.content if self.save else checked_content(self.revision)


def content_digest(content: dict[str, Any]) -> str:
    """Digest of what a page showed of a wording, so that nobody restores other words than those they looked at."""
    return sha256(json.dumps(content, cls=DjangoJSONEncoder, sort_keys=True))


def find_text_version(article: Article, key: str) -> TextVersion | None:
    """The wording that `key` names; None when there is none, or it was expunged. Two queries at most."""
    number, dot, version = key.partition(".")
    if not (_is_number(number) and (not dot or _is_number(version))):
        return None
    found = article.revisions.select_related("cover").filter(number=int(number), expunged_at=None).first()
    if found is None:
        return None
    found.article = article
    if not dot:
        return TextVersion(found)
    save = found.saves.filter(version=int(version)).first()
    return TextVersion(found, save) if save else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9


def restore(article: Article, by: User, source: TextVersion, seen: str | None = None) -> tuple[Revision, list[str]]:
    """The active draft says what `source` says; where there is none, one is begun with it.

    `seen`: digest of the wording that the person looked at (content_digest); raises StaleText when it says something
    else now. What stood in a draft stays in its history. Whoever had a hand in words that no leader approved has one
    in the draft. Returns it with a sentence for each thing that could not be brought back.
    """
    with article_action(article, Action.RESTORE, by) as (state, _at):
        published = drafts.base_publication(article)
        draft = article.active_draft()
        if state.text in (TextState.SETTLED, TextState.PARKED):
            published.revision.check_submitted_text()
            article.update_sealed(in_charge=by)
            draft = drafts.copy_as_draft(
                published.revision, by=by, keep_contributors=published.is_emergency, based_on=published.revision
            )
        (source.save or source.revision).check_seal()
        said = source.content()
        if seen is not None and seen != content_digest(said):
            raise StaleText(_("This wording has changed since you opened it. Read it again; nothing was restored."))
        content, lost = _draft_content(said)
        try:
            lost += drafts.save_draft(draft, content, by=by, version=draft.version)
        except (drafts.StaleDraft, ValidationError) as error:
            raise WrongState(" ".join(getattr(error, "messages", [str(error)]))) from error
        if source.save or not source.revision.publications.filter(is_emergency=False).exists():
            drafts.copy_contributors(draft, source.revision)
            drafts.seal_draft(draft)
        facts = {"revision": draft.number, "of": source.revision.number, "save": source.save and source.save.version}
        record("article.restored", article, by=by, **facts)
    return draft, lost


def _draft_content(said: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What save_draft takes, from a wording that may come from JSON; and what of it is no longer there."""
    digests = {row["digest"] for row in said["files"]} | {said["cover"]}
    files = {file.digest: file for file in File.objects.filter(digest__in=digests - {None})}
    downloads = [row for row in said["files"] if row["kind"] == "download"]
    lost = [
        _("The attachment “%(name)s” is no longer there.") % {"name": row["name"] or row["digest"][:12]}
        for row in downloads
        if row["digest"] not in files
    ]
    columns = list(Department.objects.holding_articles().filter(pk__in=said["columns"]))
    content = {
        **{name: said[name] for name in TEXT_FIELDS},
        "dated": _parse_iso(datetime, said["dated"]),
        "issued_on": _parse_iso(date, said["issued_on"]),
        "validity": said["validity"],
        "cover": files.get(said["cover"]),
        "columns": columns,
        "attachments": [
            AttachmentSpec(files[row["digest"]], row["name"], row["caption"])
            for row in downloads
            if row["digest"] in files
        ],
    }
    content["summary"] = written_summary(content["summary"], content["body"])
    return content, lost


def _parse_iso(kind: type, value: Any) -> Any:
    return kind.fromisoformat(value) if isinstance(value, str) else value
