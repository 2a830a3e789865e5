"""The two refusals of the domain. Every service raises one of them, and then nothing has changed."""

from django.core.exceptions import PermissionDenied

from ledger.seals import BrokenSeal


class NotAllowed(PermissionDenied):
    """The wrong person. Django answers 403; the message says why."""


class TamperedRow(NotAllowed):
    """A row that gives authority, or that a decision is about, is not as the site sealed it last."""

    def __init__(self, broken: BrokenSeal) -> None:
        self.broken = broken
        super().__init__(str(broken))


class WrongState(Exception):
    """The right person at the wrong time. The message says why; pages show it."""
