"""`import_legacy PATH…`: imports saved pages of an old site as drafts."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from departments.exceptions import NotAllowed
from departments.models import Department
from ledger.seals import BrokenSeal
from legacy.page_import import PageImport, UnknownDepartment, import_pages
from legacy.pages import UnreadablePage


class Command(BaseCommand):
    help = "Reads saved pages of an old site (text or HTML) into drafts. All of them, or none when one cannot be read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--as", dest="username", required=True, help="user name of the drafter who imports")
        parser.add_argument("--department", help="address (slug) of the department, instead of what the pages say")

    def handle(self, *_args: Any, paths: list[Path], username: str, department: str | None, **_options: Any) -> None:
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise CommandError(_("There is no active person with the user name %(name)s.") % {"name": username})
        target = None
        if department:
            target = Department.objects.holding_articles().filter(slug=department).first()
            if target is None:
                raise CommandError(_("There is no department at the address %(slug)s.") % {"slug": department})
        try:
            outcomes = import_pages(paths, by=person, department=target)
        except (UnreadablePage, UnknownDepartment, NotAllowed, BrokenSeal) as error:
            raise CommandError(_("%(why)s Nothing was imported.") % {"why": error}) from error
        for outcome in outcomes:
            self._report(outcome)

    def _report(self, outcome: PageImport) -> None:
        article = outcome.imported_page.article
        facts = {"file": outcome.path, "title": outcome.page.title, "number": article.pk}
        if not outcome.is_new:
            self.stdout.write(_("%(file)s was imported before, as article %(number)d.") % facts)
            return
        self.stdout.write(_("%(file)s: draft %(number)d “%(title)s”") % facts)
        for note in outcome.imported_page.report["notes"]:
            self.stdout.write(f"  {note}")
        for found in outcome.imported_page.report["suspicions"]:
            line = _("SUSPICIOUS, line %(line)d: %(reason)s “%(text)s”") % found
            self.stdout.write(self.style.WARNING(f"  {line}"))
