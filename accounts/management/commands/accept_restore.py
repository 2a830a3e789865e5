"""`accept_restore`: two superusers accept a restored database that lacks the newest ledger entries."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.restore_confirmation import check_confirmation
from ledger.heads.exceptions import HeadsUnreadable
from ledger.heads.head_list import HeadList
from ledger.heads.restores import LostHeads, RestoreRefused, accept_restore, find_lost, note_earlier_acceptance
from ledger.management.commands.verify import parse_head
from ledger.verification.chain import KnownHead
from ledger.verification.checks import mismatches
from ledger.verification.snapshot import snapshot


class Command(BaseCommand):
    help = (
        "Accepts a restored database that lacks entries noted outside it. Two superusers confirm with their passwords. "
        "The gap stays in the ledger."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head", metavar="N:HASH", required=True, help="the newest ledger entry of the database as it is now"
        )

    def handle(self, *_args: Any, head: str, **_options: Any) -> None:
        newest = parse_head(head, "")
        try:
            self.accept(newest)
        except (RestoreRefused, HeadsUnreadable) as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(
                _("The list of heads cannot be written: %(error)s. Mend this, then run the command again.")
                % {"error": error}
            ) from error

    def accept(self, newest: KnownHead) -> None:
        """Shows what is lost, asks both superusers, records. Raises RestoreRefused, HeadsUnreadable, OSError."""
        if restore := note_earlier_acceptance():
            self.stdout.write(
                _("Entry %(number)d of the ledger accepts this restore already; noted on this machine too.")
                % {"number": restore.entry}
            )
            return
        self.show_lost(find_lost(newest.number, newest.hash))
        findings = self.show_findings()
        people = [self.ask_superuser(number) for number in (1, 2)]
        entry = accept_restore(newest.number, newest.hash, confirmed_by=people, findings=findings)
        self.stdout.write(
            _("Accepted. Entry %(number)d of the ledger says so, and the site records again.")
            % {"number": entry.number}
        )

    def show_lost(self, lost: LostHeads | None) -> None:
        if lost is None:
            self.stdout.write(_("No list of heads was found. Nobody can tell which entries are missing."))
            return
        self.stdout.write(
            _("The database lacks entries %(first)d to %(last)d of the ledger. The last is of %(time)s.")
            % {"first": lost.first.number, "last": lost.last.number, "time": lost.last.time}
        )

    def show_findings(self) -> int:
        """Prints what `verify` names besides; returns how many. Raises RestoreRefused if the ledger itself is wrong."""
        with snapshot():
            findings = list(mismatches(heads=HeadList.empty()))
        for line in findings:
            self.stdout.write(line)
        if any(line.startswith("ledger") for line in findings):
            raise RestoreRefused(_("The ledger of this database does not match. Restore a sound copy."))
        return len(findings)

    def ask_superuser(self, number: int) -> User:
        """Raises RestoreRefused."""
        username = input(_("Superuser %(number)d of 2, user name: ") % {"number": number})
        return check_confirmation(username.strip(), getpass.getpass(_("Password: ")))
