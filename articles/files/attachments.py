"""Files of a draft: attachments, cover, pictures in the body, and who may use which file.

Whoever has a file's address could write it into a text of their own and so come to read it. So a file gets into a text
only by somebody who brought it or may have it anyway.
"""

from collections.abc import Collection
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from articles.files.access import digests_usable_by
from articles.models import Attachment, File, Revision
from articles.text.file_addresses import file_digests
from articles.text.plain_text import strip_control_characters

MAX_ATTACHMENTS = 50


class AttachmentSpec(NamedTuple):
    """A file to download, as a draft is to have it."""

    file: File
    name: str
    caption: str = ""


def current_attachments(draft: Revision) -> list[AttachmentSpec]:
    found = draft.attachments.filter(kind=Attachment.Kind.DOWNLOAD).select_related("file")
    return [AttachmentSpec(one.file, one.name, one.caption) for one in found]


def allowed_digests(draft: Revision | None, digests: Collection[str], by: User) -> set[str]:
    """Of `digests`, those of files that the person may put into the draft or that stand there already."""
    asked, present = set(digests), set()
    if draft and asked:
        present = set(draft.attachments.filter(file__digest__in=asked).values_list("file__digest", flat=True))
        # Asked of the database: a form may have put another cover into the object already.
        covers = Revision.objects.filter(pk=draft.pk, cover__digest__in=asked)
        present |= set(covers.values_list("cover__digest", flat=True))
    return present | (digests_usable_by(by, asked - present) if asked - present else set())


def check_files_allowed(draft: Revision, files: Collection[File], by: User) -> None:
    """Raises ValidationError for files that are neither in the draft nor the person's to put there."""
    allowed = allowed_digests(draft, {file.digest for file in files}, by)
    if any(file.digest not in allowed for file in files):
        raise ValidationError(_("One of the files belongs to a text that you may not see. Bring the file itself."))


def check_attachments(draft: Revision, attachments: list[AttachmentSpec], by: User) -> None:
    """Raise ValidationError for attachments that no draft may have, or that the person may not use."""
    check_specs(attachments)
    check_files_allowed(draft, [one.file for one in attachments], by)


def check_specs(attachments: list[AttachmentSpec]) -> None:
    """Raise ValidationError for too many attachments, a file that is there twice, or a name that is too long."""
    check_count(len(attachments))
    if len({one.file.pk for one in attachments}) != len(attachments):
        raise ValidationError(_("The same file is attached twice. Remove one of the two."))
    for one in attachments:
        for field, text in _text_values(one).items():
            if len(text) > (most := Attachment._meta.get_field(field).max_length):
                raise ValidationError(
                    _("“%(name)s…” is too long: at most %(most)d characters.") % {"name": text[:20], "most": most}
                )


def check_count(count: int) -> None:
    """Raise ValidationError for more attachments than an article may have."""
    if count > MAX_ATTACHMENTS:
        raise ValidationError(_("An article has at most %(most)d attachments.") % {"most": MAX_ATTACHMENTS})


def set_attachments(draft: Revision, attachments: list[AttachmentSpec]) -> None:
    """The draft's attachments become exactly these, in this order. Inside the transaction of a save, once checked."""
    present = {one.file_id: one for one in draft.attachments.filter(kind=Attachment.Kind.DOWNLOAD)}
    for position, one in enumerate(attachments):
        words = {**_text_values(one), "position": position}
        row = present.pop(one.file.pk, None) or Attachment(revision=draft, file=one.file)
        if row.pk and all(getattr(row, name) == value for name, value in words.items()):
            continue
        for name, value in words.items():
            setattr(row, name, value)
        row.save()
    Attachment.objects.filter(pk__in=[row.pk for row in present.values()]).delete()


def _text_values(one: AttachmentSpec) -> dict[str, str]:
    return {
        "name": strip_control_characters(one.name).strip(),
        "caption": strip_control_characters(one.caption).strip(),
    }


def sync_inline_attachments(draft: Revision) -> None:
    """The files that stand in the body are attached to the draft, so that digest and access follow them."""
    digests = file_digests(draft.body)
    inline = Attachment.objects.filter(revision=draft, kind=Attachment.Kind.INLINE)
    inline.exclude(file__digest__in=digests).delete()
    present = set(inline.values_list("file__digest", flat=True))
    Attachment.objects.bulk_create(
        Attachment(revision=draft, file=file, kind=Attachment.Kind.INLINE)
        for file in File.objects.filter(digest__in=set(digests) - present)
    )
