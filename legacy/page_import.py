"""Import of old pages as drafts. Nothing is published."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts
from articles.dates import begins
from articles.models import Article, Revision
from departments.models import Department
from departments.permissions import check_draft
from ledger.canonical_json import sha256
from ledger.record import record
from legacy import old_addresses
from legacy.models import ImportedPage
from legacy.pages import LegacyPage, UnreadablePage, body_html, read_page


class UnknownDepartment(ValueError):
    """The page names a department that the site does not have."""


@dataclass(frozen=True)
class PageImport:
    """What became of one file. `is_new` is False when the same bytes were imported before."""

    path: Path
    page: LegacyPage
    imported_page: ImportedPage
    is_new: bool


def import_pages(paths: Iterable[Path], *, by: User, department: Department | None = None) -> list[PageImport]:
    """Imports saved pages, all or none of them. `department` overrides what the pages say.

    Raises UnreadablePage (legacy.pages; also for words that are too long for a draft), UnknownDepartment, NotAllowed
    when `by` does not write for the department, or BrokenSeal when an earlier import of the same bytes was changed
    outside the site; nothing is stored then.
    """
    read = [(path, sha256(path.read_bytes()), page) for path, page in [(path, read_page(path)) for path in paths]]
    with transaction.atomic():
        return [_import_page(path, digest, page, by, department) for path, digest, page in read]


def _import_page(path: Path, digest: str, page: LegacyPage, by: User, department: Department | None) -> PageImport:
    if known := ImportedPage.objects.select_related("article").filter(digest=digest).first():
        known.check_seal()
        return PageImport(path, page, known, is_new=False)
    department = department or _department_named(path, page)
    check_draft(by, department)
    content = {
        "title": page.title,
        "author": page.author,
        "source": page.source,
        "body": body_html(page),
        "dated": begins(page.date),
    }
    try:
        Revision(**content).clean_fields(exclude={field.name for field in Revision._meta.fields} - set(content))
        article, lost = drafts.create_article(department=department, content=content, by=by)
    except ValidationError as error:
        raise UnreadablePage(path, _validation_message(error)) from error
    kept = _add_old_address(page, article, by)
    imported = ImportedPage(
        digest=digest,
        name=path.name,
        article=article,
        imported_by=by,
        report={
            "previous": page.previous_title,
            "next": page.next_title,
            "notes": [*page.notes, *lost, *kept],
            "suspicions": [
                {"line": found.line_number, "text": found.text, "reason": str(found.reason)}
                for found in page.suspicions
            ],
        },
    )
    imported.apply_seal()
    imported.save(force_insert=True)
    record("article.imported", article, by=by, file=path.name, digest=digest, suspicions=len(page.suspicions))
    return PageImport(path, page, imported, is_new=True)


def _add_old_address(page: LegacyPage, article: Article, by: User) -> list[str]:
    """Lets the page's address on the old site lead to the article. What came of it, as sentences for the report."""
    if not page.address:
        return []
    try:
        made = old_addresses.create_old_address(page.address, article=article, by=by)
    except ValidationError as error:
        told = {"address": page.address[:200], "why": " ".join(error.messages)}
        return [_("Its old address %(address)s will not lead here: %(why)s") % told]
    return [_("Its old address %(address)s will lead here once it is public.") % {"address": made.address}]


def _validation_message(error: ValidationError) -> str:
    """What no draft can hold, each with the name of its field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    named = [(Revision._meta.get_field(name).verbose_name, words) for name, words in error.message_dict.items()]
    return " ".join(f"{name}: {' '.join(words)}" for name, words in named)


def _department_named(path: Path, page: LegacyPage) -> Department:
    found = Department.objects.holding_articles().filter(name=page.department).first()
    if found is None:
        raise UnknownDepartment(
            _("%(file)s: the site has no department “%(name)s”. Name one with --department.")
            % {"file": path, "name": page.department or "–"}
        )
    return found
