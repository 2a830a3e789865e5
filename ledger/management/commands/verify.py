"""`verify`: does everything still match what was signed?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ledger.models import Entry
from ledger.verification import mismatches


class Command(BaseCommand):
    help = "Checks ledger, seals, digests and triggers; prints a line for each thing that does not match and exits 1."

    def handle(self, *_args: Any, **_options: Any) -> None:
        wrong = 0
        for line in mismatches():
            wrong += 1
            self.stdout.write(line)
        if wrong:
            raise CommandError(_("%(count)d things do not match.") % {"count": wrong}, returncode=1)
        last = Entry.objects.order_by("-number").first()
        head = f"{last.number}:{last.hash}" if last else "0"
        self.stdout.write(_("Everything matches. Head of the ledger: %(head)s") % {"head": head})
