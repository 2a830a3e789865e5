"""The text of a revision for everything that shows it, checked against its seal."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from articles.models import Revision
from articles.models.revision import RevisionQuerySet
from workflow.models import Round


def checked_content(revision: Revision, attachments: list | None = None) -> dict[str, Any]:
    """Return the content of a revision (`Revision.content`); the caller shows these words and no others.

    `attachments`: those that the caller shows, with their files. A text that was submitted must be frozen: a row that
    was made a draft again for a minute would not be checked otherwise. Raises TamperedText, with an alarm.
    """
    submitted = Revision.objects.filter(Q(rounds__isnull=False) | Q(publications__isnull=False), pk=revision.pk)
    if revision.expunged_at is None and submitted.exists():
        return revision.check_submitted_text(attachments)
    return revision.check_text(attachments)


def with_titles(revisions: RevisionQuerySet) -> RevisionQuerySet:
    """The revisions with what `shown_title` needs, and without their texts. No query more."""
    return revisions.for_titles().annotate(was_submitted=Exists(Round.objects.filter(revision=OuterRef("pk"))))


def shown_title(revision: Revision) -> str:
    """The title of a revision from `with_titles`; a remark in its place if it is not the one that was submitted."""
    return revision.shown_submitted_title if revision.was_submitted else revision.shown_title
