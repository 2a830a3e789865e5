"""`verify`: reports everything that does not match what was signed."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ledger.alarms import rewrite_lost_alarms
from ledger.exports import UnreadableLine, read_entries
from ledger.models import Entry, Run
from ledger.runs import note_run
from ledger.verification import KnownHead, known_heads, mismatches, snapshot, verify_chain


class Command(BaseCommand):
    help = "Checks ledger, seals, digests and triggers; prints a line for each thing that does not match and exits 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--ledger", metavar="FILE", type=Path, help="check an exported ledger instead; no database is touched"
        )
        parser.add_argument(
            "--head", metavar="N:HASH", help="entry N must exist with this hash, which somebody noted elsewhere"
        )

    def handle(self, *_args: Any, ledger: Path | None, head: str | None, **_options: Any) -> None:
        given = [parse_head(head)] if head else []
        if ledger:
            self.check_export(ledger, given)
        else:
            self.check_site(given)

    def check_site(self, given: list[KnownHead]) -> None:
        notes = [*known_heads(), *given]
        with snapshot():
            wrong = self.print_mismatches(mismatches(notes))
            last = Entry.objects.order_by("-number").first()
        note_run(Run.Kind.VERIFY, ok=not wrong, findings=wrong)
        rewrite_lost_alarms()
        self.fail_if_any(wrong)
        self.stdout.write(_("Everything matches. Head of the ledger: %(head)s") % {"head": _format_head(last)})

    def check_export(self, file: Path, given: list[KnownHead]) -> None:
        last = None

        def entries() -> Iterator[Entry]:
            nonlocal last
            with file.open(encoding="utf-8") as lines:
                for entry in read_entries(lines):
                    last = entry
                    yield entry

        def findings() -> Iterator[str]:
            try:
                yield from verify_chain(entries(), given)
            except UnreadableLine as error:
                yield f"{file}: {error}"
            except UnicodeDecodeError:
                yield f"{file}: is not UTF-8 text"

        try:
            self.fail_if_any(self.print_mismatches(findings()))
        except OSError as error:
            raise CommandError(_("%(file)s cannot be read: %(error)s") % {"file": file, "error": error}) from error
        self.stdout.write(_("Everything matches. Head of the ledger: %(head)s") % {"head": _format_head(last)})

    def print_mismatches(self, findings: Iterator[str]) -> int:
        """Prints the findings; returns how many there are."""
        wrong = 0
        for line in findings:
            wrong += 1
            self.stdout.write(line)
        return wrong

    def fail_if_any(self, wrong: int) -> None:
        """Raises CommandError, exit status 1, when anything was found."""
        if wrong:
            raise CommandError(_("%(count)d things do not match.") % {"count": wrong}, returncode=1)


def _format_head(entry: Entry | None) -> str:
    return f"{entry.number}:{entry.hash}" if entry else "0"


def parse_head(text: str) -> KnownHead:
    """A head written as N:HASH. Raises CommandError for any other form."""
    found = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", text.strip())
    if not found:
        raise CommandError(
            _("“%(text)s” is no head of the ledger. Write number and hash, as in 12:9f86…, 64 digits 0-9 and a-f.")
            % {"text": text}
        )
    return KnownHead(int(found[1]), found[2], "noted elsewhere")
