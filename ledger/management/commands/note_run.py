"""`note_run`: records that an outside job, such as a backup, has run."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ledger.models import Run
from ledger.monitoring.runs import note_run


class Command(BaseCommand):
    help = "Notes that a backup (or another check) has just ended, for the desk of the superusers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=Run.Kind.values)
        parser.add_argument("--failed", action="store_true", help="it did not succeed")

    def handle(self, *_args: Any, kind: str, failed: bool, **_options: Any) -> None:
        if not note_run(kind, ok=not failed):
            raise CommandError(_("It could not be noted: the database refuses to be written to."))
