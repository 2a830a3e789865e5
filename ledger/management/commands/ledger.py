"""`ledger export`: writes every entry as a JSON line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ledger.exports import write_entries
from ledger.models import Entry
from ledger.verification.snapshot import snapshot


class Command(BaseCommand):
    help = "Hands out the ledger. `verify --ledger FILE` checks what was written, with no database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export", help="write every entry as a line of JSON")
        export.add_argument("file", nargs="?", type=Path, metavar="FILE", help="where to; standard output without it")

    def handle(self, *_args: Any, file: Path | None, **_options: Any) -> None:
        entries = Entry.objects.order_by("number").iterator(chunk_size=2000)
        with snapshot():
            if file is None:
                write_entries(entries, self.stdout._out)  # noqa: SLF001 (the wrapper would style and end every line)
                return
            try:
                with file.open("x", encoding="utf-8") as out:
                    count = write_entries(entries, out)
            except OSError as error:
                raise CommandError(
                    _("%(file)s cannot be written: %(error)s") % {"file": file, "error": error}
                ) from error
        self.stdout.write(_("%(count)d ledger entries written to %(file)s") % {"count": count, "file": file})
