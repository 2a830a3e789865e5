"""Import of Word documents as drafts. Nothing is published."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts
from articles.models import Revision
from articles.word.package import check_document_size
from articles.word.reader import UnreadableDocument, WordText, read_word
from departments.models import Department
from departments.permissions import check_draft
from ledger.canonical_json import sha256
from ledger.record import record
from legacy.models import ImportedPage

MAX_TITLE_LENGTH = Revision._meta.get_field("title").max_length


@dataclass(frozen=True)
class DocumentImport:
    """What became of one document. `is_new` is False when the same bytes were imported before."""

    path: Path
    imported_page: ImportedPage
    title: str
    is_new: bool


def import_documents(paths: Iterable[Path], *, by: User, department: Department) -> list[DocumentImport]:
    """Imports .docx documents as drafts of a department, all or none of them.

    Raises UnreadableDocument (articles.word.reader) with the name of the file, also for words that are too long for a
    draft, OSError for files that cannot be read, NotAllowed when `by` does not write for the department, and BrokenSeal
    when an earlier import of the same bytes was changed outside the site.
    """
    check_draft(by, department)
    with transaction.atomic():
        return [_import_document(path, by, department) for path in paths]


def _import_document(path: Path, by: User, department: Department) -> DocumentImport:
    try:
        check_document_size(path.stat().st_size)
    except UnreadableDocument as error:
        raise _error_naming_file(path, str(error)) from error
    data = path.read_bytes()
    digest = sha256(data)
    if known := ImportedPage.objects.select_related("article").filter(digest=digest).first():
        known.check_seal()
        return DocumentImport(path, known, "", is_new=False)
    try:
        text = read_word(data, by)
        title, notes = _title_or_file_name(text, path)
        content = {"title": title, "subtitle": text.subtitle, "body": text.html}
        Revision(**content).clean_fields(exclude={field.name for field in Revision._meta.fields} - set(content))
        article, lost = drafts.create_article(department=department, content=content, by=by)
    except UnreadableDocument as error:
        raise _error_naming_file(path, str(error)) from error
    except ValidationError as error:
        raise _error_naming_file(path, " ".join(error.messages)) from error
    notes = [*notes, *text.lost, *lost]
    imported = ImportedPage(
        digest=digest,
        name=path.name[:255],
        article=article,
        imported_by=by,
        report={"previous": "", "next": "", "notes": notes, "suspicions": []},
    )
    imported.apply_seal()
    imported.save(force_insert=True)
    record("article.imported", article, by=by, file=path.name, digest=digest, suspicions=0)
    return DocumentImport(path, imported, title, is_new=True)


def _title_or_file_name(text: WordText, path: Path) -> tuple[str, list[str]]:
    """A draft needs one: where the document shows none, the name of its file."""
    if text.title:
        return text.title, []
    return path.stem[:MAX_TITLE_LENGTH], [_("It shows no title; the name of the file stands there. Change it.")]


def _error_naming_file(path: Path, why: str) -> UnreadableDocument:
    return UnreadableDocument(f"{path}: {why}")
