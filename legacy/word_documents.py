"""Turning Word documents into drafts, as the form does. Importing publishes nothing: the drafts go the usual way."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts
from articles.models import Revision
from articles.word import UnreadableDocument, WordText, read_word
from articles.word_package import check_size
from departments.models import Department
from departments.permissions import check_draft
from ledger.canonical import sha256
from ledger.record import record
from legacy.models import ImportedPage

LONGEST_TITLE = Revision._meta.get_field("title").max_length


@dataclass(frozen=True)
class Imported:
    """What became of one document. `is_new` is False when the same bytes were imported before."""

    path: Path
    imported: ImportedPage
    title: str
    is_new: bool


def import_documents(paths: Iterable[Path], *, by: User, department: Department) -> list[Imported]:
    """Imports .docx documents as drafts of a department, all or none of them.

    Raises UnreadableDocument (articles.word) with the name of the file, also for words that are too long for a draft,
    OSError for files that cannot be read, and NotAllowed when `by` does not write for the department.
    """
    check_draft(by, department)
    with transaction.atomic():
        return [_import(path, by, department) for path in paths]


def _import(path: Path, by: User, department: Department) -> Imported:
    try:
        check_size(path.stat().st_size)
    except UnreadableDocument as error:
        raise _named(path, str(error)) from error
    data = path.read_bytes()
    digest = sha256(data)
    if known := ImportedPage.objects.select_related("article").filter(digest=digest).first():
        return Imported(path, known, "", is_new=False)
    try:
        text = read_word(data, by)
        title, notes = _title(text, path)
        content = {"title": title, "subtitle": text.subtitle, "body": text.html}
        Revision(**content).clean_fields(exclude={field.name for field in Revision._meta.fields} - set(content))
        article, lost = drafts.begin_article(department=department, content=content, by=by)
    except UnreadableDocument as error:
        raise _named(path, str(error)) from error
    except ValidationError as error:
        raise _named(path, " ".join(error.messages)) from error
    notes = [*notes, *text.lost, *lost]
    imported = ImportedPage.objects.create(
        digest=digest,
        name=path.name[:255],
        article=article,
        imported_by=by,
        report={"previous": "", "next": "", "notes": notes, "suspicions": []},
    )
    record("article.imported", article, by=by, file=path.name, digest=digest, suspicions=0)
    return Imported(path, imported, title, is_new=True)


def _title(text: WordText, path: Path) -> tuple[str, list[str]]:
    """A draft needs one: where the document shows none, the name of its file."""
    if text.title:
        return text.title, []
    return path.stem[:LONGEST_TITLE], [_("It shows no title; the name of the file stands there. Change it.")]


def _named(path: Path, why: str) -> UnreadableDocument:
    return UnreadableDocument(f"{path}: {why}")
