"""`import_docx PATH…`: imports Word documents as drafts."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from articles.word.reader import UnreadableDocument
from departments.exceptions import NotAllowed
from departments.models import Department
from ledger.seals import BrokenSeal
from legacy.word_import import DocumentImport, import_documents


class Command(BaseCommand):
    help = "Reads Word documents (.docx) into drafts. All of them, or none when one cannot be read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--as", dest="username", required=True, help="user name of the drafter who imports")
        parser.add_argument("--department", required=True, help="address (slug) of the department")

    def handle(self, *_args: Any, paths: list[Path], username: str, department: str, **_options: Any) -> None:
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise CommandError(_("There is no active person with the user name %(name)s.") % {"name": username})
        target = Department.objects.holding_articles().filter(slug=department).first()
        if target is None:
            raise CommandError(_("There is no department at the address %(slug)s.") % {"slug": department})
        try:
            outcomes = import_documents(paths, by=person, department=target)
        except (UnreadableDocument, NotAllowed, BrokenSeal) as error:
            raise CommandError(_("%(why)s Nothing was imported.") % {"why": error}) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        for outcome in outcomes:
            self._report(outcome)

    def _report(self, outcome: DocumentImport) -> None:
        facts = {"file": outcome.path, "title": outcome.title, "number": outcome.imported_page.article_id}
        if not outcome.is_new:
            self.stdout.write(_("%(file)s was imported before, as article %(number)d.") % facts)
            return
        self.stdout.write(_("%(file)s: draft %(number)d “%(title)s”") % facts)
        for note in outcome.imported_page.report["notes"]:
            self.stdout.write(f"  {note}")
