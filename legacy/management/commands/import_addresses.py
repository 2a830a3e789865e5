"""`import_addresses FILE`: maps old addresses to articles and departments."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from departments.exceptions import NotAllowed
from legacy.old_addresses import InvalidLines, import_file
from legacy.page_source import UnreadablePage


class Command(BaseCommand):
    help = "Reads a CSV file: old address, number of an article or slug of a department. All of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--as", dest="username", required=True, help="user name of the superuser who sets them")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *_args: Any, file: Path, username: str, dry_run: bool, **_options: Any) -> None:
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise CommandError(_("There is no active person with the user name %(name)s.") % {"name": username})
        try:
            taken = import_file(file, by=person, dry_run=dry_run)
        except InvalidLines as error:
            for line in error.lines:
                self.stderr.write(line)
            raise CommandError(_("%(count)d bad lines. Nothing was changed.") % {"count": len(error.lines)}) from error
        except (UnreadablePage, NotAllowed) as error:
            raise CommandError(_("%(why)s Nothing was changed.") % {"why": error}) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        facts = {"added": taken.created, "known": taken.unchanged}
        if dry_run:
            self.stdout.write(_("Would set %(added)d old addresses; %(known)d lead there already.") % facts)
        else:
            self.stdout.write(_("Set %(added)d old addresses; %(known)d led there already.") % facts)
