"""`verify`: reports everything that does not match what was signed."""

import os
import re
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from ledger.exports import UnreadableLine, read_entries
from ledger.heads.head_file import read_head, write_head
from ledger.heads.head_list import HeadList
from ledger.heads.restores import AcceptedRestore, accepted_restores
from ledger.models import Entry, Run
from ledger.monitoring.alarms import rewrite_lost_alarms
from ledger.monitoring.runs import note_run
from ledger.verification.chain import KnownHead, verify_chain
from ledger.verification.checks import mismatches
from ledger.verification.snapshot import snapshot

DEFAULT_PROCESSES = 2


class Command(BaseCommand):
    help = "Checks ledger, seals, digests and triggers; prints a line for each thing that does not match and exits 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--ledger", metavar="FILE", type=Path, help="check an exported ledger instead; no database is touched"
        )
        parser.add_argument(
            "--head", metavar="N:HASH", help="entry N must exist with this hash, which somebody noted elsewhere"
        )
        parser.add_argument(
            "--since",
            metavar="N:HASH",
            help="a head that was verified before: only what is new since is checked",
        )
        parser.add_argument(
            "--processes",
            metavar="N",
            type=int,
            default=min(DEFAULT_PROCESSES, os.cpu_count() or 1),
            help="how many processes share the checks; two need about 250 MB together (default: %(default)s)",
        )

    def handle(
        self,
        *_args: Any,
        ledger: Path | None,
        head: str | None,
        since: str | None,
        processes: int,
        **_options: Any,
    ) -> None:
        given = [parse_head(head, "noted elsewhere")] if head else []
        verified = parse_head(since, "verified before") if since else None
        if ledger:
            self.check_export(ledger, given, verified)
        else:
            self.check_site(given, verified, processes)

    def check_site(self, given: list[KnownHead], since: KnownHead | None, processes: int) -> None:
        heads = HeadList()
        with snapshot(processes) as pool:
            wrong = self.print_mismatches(
                mismatches(given, heads=heads, since=since, has_progress=self.stderr.isatty(), pool=pool)
            )
            try:
                last, restores = Entry.objects.order_by("-number").first(), accepted_restores()
            except DatabaseError:  # the checks have said so
                last, restores = None, []
        if last and not wrong and not connection.in_atomic_block:  # what is not committed is no head
            wrong += self.print_mismatches(self.note_lagging_head(last))
        self.print_notes(restore.describe() for restore in restores)
        note_run(Run.Kind.VERIFY, ok=not wrong, findings=wrong)
        rewrite_lost_alarms()
        self.fail_if_any(wrong)
        self.stdout.write(_("Everything matches. Head of the ledger: %(head)s") % {"head": _format_head(last)})

    def note_lagging_head(self, last: Entry) -> Iterator[str]:
        """Notes the head that was just verified if the list of heads lags behind it. Yields a finding if it cannot."""
        noted = read_head()
        if noted and noted.number < last.number:
            lag = f"entries {noted.number + 1} to {last.number} were not noted outside the database"
            if write_head(last):
                self.print_notes([f"{lag}; noted now"])
            else:
                yield f"heads: {lag}, and cannot be"

    def check_export(self, file: Path, given: list[KnownHead], since: KnownHead | None) -> None:
        last, restores, heads = None, [], HeadList()

        def entries() -> Iterator[Entry]:
            nonlocal last
            with file.open(encoding="utf-8") as lines:
                for entry in read_entries(lines):
                    last = entry
                    if restore := AcceptedRestore.from_entry(entry):
                        restores.append(restore)
                    yield entry

        def findings() -> Iterator[str]:
            try:
                yield from verify_chain(
                    entries(), given, heads=heads if heads.size else None, since=since, is_export=True
                )
            except UnreadableLine as error:
                yield f"{file}: {error}"
            except UnicodeDecodeError:
                yield f"{file}: is not UTF-8 text"

        try:
            wrong = self.print_mismatches(findings())
        except OSError as error:
            raise CommandError(_("%(file)s cannot be read: %(error)s") % {"file": file, "error": error}) from error
        self.print_notes(restore.describe() for restore in restores)
        if last and heads.last and heads.last.number > last.number:
            self.print_notes([f"the export ends at entry {last.number}; entry {heads.last.number} was noted since"])
        self.fail_if_any(wrong)
        self.stdout.write(_("Everything matches. Head of the ledger: %(head)s") % {"head": _format_head(last)})

    def print_notes(self, notes: Iterable[str]) -> None:
        """Prints what must always be said although nothing is wrong."""
        for note in notes:
            self.stdout.write(f"note: {note}")

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


def parse_head(text: str, source: str) -> KnownHead:
    """A head written as N:HASH; `source` as in KnownHead. Raises CommandError for any other form."""
    found = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", text.strip())
    if not found:
        raise CommandError(
            _("“%(text)s” is no head of the ledger. Write number and hash, as in 12:9f86…, 64 digits 0-9 and a-f.")
            % {"text": text}
        )
    return KnownHead(int(found[1]), found[2], source)
