"""Diff of the fields of two revisions: title, author, date, columns, attachments."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from articles.dates import local
from articles.models import Attachment, Revision
from articles.models.revision import Validity
from articles.text.character_diff import DiffBudget, DiffPiece, diff_pieces
from articles.text.plain_text import written_summary
from departments.models import Department

COMPARED_TEXTS = ("title", "subtitle", "summary", "author", "source", "keywords", "address")
DOCUMENT_FIELDS = ("document_number", "issuing_body", "issued_on", "index_number", "validity")
SHORT_TEXT_CHARS = 12  # characters up to which a text is shown as replaced whole


@dataclass
class FieldChange:
    """`old`, `new`: in words; "" where there was nothing. `pieces`: both in one, where that is easier to read."""

    label: str
    old: str = ""
    new: str = ""
    pieces: list[DiffPiece] = field(default_factory=list)


def field_changes(old: dict[str, Any], new: dict[str, Any], budget: DiffBudget) -> list[FieldChange]:
    """Each field that differs, in the order of the form. The wordings as articles.text.diff takes them."""
    is_summary_written = any(written_summary(side["summary"], side["body"]) for side in (old, new))
    texts = [name for name in COMPARED_TEXTS if is_summary_written or name != "summary"]
    found = [_text_change(name, old[name], new[name], budget) for name in texts if old[name] != new[name]]
    for name in ("dated", *DOCUMENT_FIELDS):
        before, after = _display_value(name, old[name]), _display_value(name, new[name])
        if before != after:
            found.append(FieldChange(_field_label(name), before, after))
    if old["columns"] != new["columns"]:
        names = dict(Department.objects.filter(pk__in=[*old["columns"], *new["columns"]]).values_list("pk", "name"))
        before, after = (_(", ").join(names.get(pk, str(pk)) for pk in side["columns"]) for side in (old, new))
        found.append(FieldChange(_field_label("columns"), before, after))
    if old["cover"] != new["cover"]:
        before, after = (_("a picture") if side["cover"] else "" for side in (old, new))
        found.append(FieldChange(_field_label("cover"), before, _("another picture") if before and after else after))
    return found + _attachment_changes(_download_rows(old), _download_rows(new))


def _field_label(name: str) -> str:
    label = str(Revision._meta.get_field(name).verbose_name)
    return label[:1].upper() + label[1:]


def _text_change(name: str, old: str, new: str, budget: DiffBudget) -> FieldChange:
    is_short = max(len(old), len(new)) <= SHORT_TEXT_CHARS
    pieces = [] if is_short or not (old and new) else diff_pieces(old, new, budget)
    return FieldChange(_field_label(name), old, new, pieces)


def _display_value(name: str, value: Any) -> str:
    """A date or a choice in words; dates come as such or as JSON writes them."""
    if not value:
        return ""
    if name == "validity":
        return str(dict(Validity.choices).get(value, value))
    if name == "issued_on":
        return str(value)[:10]
    if name == "dated":
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return local(moment).strftime("%Y-%m-%d %H:%M")
    return value


def _download_rows(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for found in content["files"] if found["kind"] == Attachment.Kind.DOWNLOAD]


def _attachment_changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[FieldChange]:
    label = _("Attachments")
    before, after = ({row["digest"]: row for row in side} for side in (old, new))
    found = [FieldChange(label, old=_attachment_label(row)) for digest, row in before.items() if digest not in after]
    found += [FieldChange(label, new=_attachment_label(row)) for digest, row in after.items() if digest not in before]
    both = [digest for digest in before if digest in after]
    for digest in both:
        if _attachment_label(before[digest]) != _attachment_label(after[digest]):
            found.append(FieldChange(label, _attachment_label(before[digest]), _attachment_label(after[digest])))
    if [digest for digest in after if digest in before] != both:
        found.append(FieldChange(label, new=_("in another order")))
    return found


def _attachment_label(row: dict[str, Any]) -> str:
    name = row["name"] or row["digest"][:12]
    return _("%(name)s (%(caption)s)") % {"name": name, "caption": row["caption"]} if row["caption"] else name
