"""The text of a revision as pages may show it: checked against digest and seal first."""

from typing import Any

from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from departments.exceptions import WrongState
from ledger.canonical_json import canonical_json, sha256
from ledger.monitoring.alarms import raise_alarm
from ledger.seals import Sealed

# What values of the wrong kind raise: the owner of the database can put any value in any column of SQLite.
MALFORMED_TEXT_ERRORS = (TypeError, ValueError, AttributeError)

# The parts of the content that expunging leaves.
LEFT_BY_EXPUNGING = {"schema", "dated", "issued_on", "validity", "columns"}


class RevisionState(models.TextChoices):
    DRAFT = "draft", _("draft")  # the one that is being written
    PARKED = "parked", _("parked draft")  # set aside while a small correction goes through
    FROZEN = "frozen", _("frozen")  # submitted once: never changes again
    DISCARDED = "discarded", _("discarded draft")


class TamperedText(WrongState):
    """The stored words of a submitted text are not the ones that were submitted. Nobody reads or decides on them."""

    def __init__(self) -> None:
        super().__init__(
            gettext("The stored text is not the text that was submitted. Nothing was decided; superusers were told.")
        )


class ExpungedText(WrongState):
    """The text was expunged: there is nothing left to read or decide on."""

    def __init__(self) -> None:
        super().__init__(gettext("This text was expunged; there is nothing left to show."))


class FrozenText(Sealed):
    """The part of `Revision` that vouches for its words.

    Freezing computes the digest over the content and seals it with title, article and number. Both are checked over the
    values in memory, which the caller then shows or copies: never over a second reading of the row, because somebody
    may change the row between two readings. A page that lists titles checks the seal alone and needs no body.
    """

    seal_kind = "revision"

    class Meta:
        abstract = True

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.article_id,
            "revision": self.number,
            "title": self.title,
            "digest": self.digest,
            "body": self.body_digest,
        }

    def check_text(self, attachments: list | None = None) -> dict[str, Any]:
        """Return the content (`Revision.content`), and raise TamperedText if a submitted text is not as it was sealed.

        `attachments`: those that the caller shows, with their files; otherwise they are read here. A draft is not
        sealed, and an expunged text must be empty. Raises an alarm too.
        """
        content = self.content(attachments=attachments)
        if not self._is_as_sealed(content):
            raise self.tampered()
        return content

    def check_submitted_text(self, attachments: list | None = None) -> dict[str, Any]:
        """As `check_text`, for a text that must be frozen, such as that of a round. Raises ExpungedText too."""
        if self.state != RevisionState.FROZEN:
            raise self.tampered()
        content = self.check_text(attachments)
        if self.expunged_at:
            raise ExpungedText
        return content

    def is_intact(self) -> bool:
        """Whether `check_text` passes, for callers that go on without the text."""
        try:
            self.check_text()
        except TamperedText:
            return False
        return True

    @property
    def shown_title(self) -> str:
        """The title for lists: "" for an expunged text, and a remark in place of a title that is not the sealed one."""
        return self.title if self.state != RevisionState.FROZEN else self.shown_submitted_title

    @property
    def shown_submitted_title(self) -> str:
        """As `shown_title`, for a text that must be frozen, such as that of a round."""
        if self.expunged_at:
            return ""
        if self.state == RevisionState.FROZEN and self.seal_holds():
            return self.title
        self.tampered()
        return gettext("[this title is not the one that was submitted]")

    def _is_as_sealed(self, content: dict[str, Any]) -> bool:
        if self.expunged_at:
            return not any(value for name, value in content.items() if name not in LEFT_BY_EXPUNGING)
        if self.state != RevisionState.FROZEN:
            return True
        try:
            same = sha256(canonical_json(content)) == self.digest and sha256(self.body) == self.body_digest
        except MALFORMED_TEXT_ERRORS:
            return False
        return same and self.seal_holds()

    def tampered(self) -> TamperedText:
        """Raise the alarm and return the exception."""
        said = gettext_noop("article %(article)d: its words are not what was submitted")
        raise_alarm(f"revision {self.pk}", said, article=self.article_id)
        return TamperedText()
