"""Why the ledger takes no entries: the noted heads and the database do not fit together."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _


class RecordingStopped(Exception):
    """The ledger takes no entries at present, so no action is possible. The message is for the person who tried."""


class LedgerBehind(RecordingStopped):
    """The database does not contain the head that was noted last: it was restored from an older state, or cut."""

    def __init__(self, noted: int, last: int) -> None:
        """`noted`: number of the last noted head; `last`: number of the newest entry in the database."""
        self.noted, self.last = noted, last
        super().__init__(
            _(
                "Nothing can be recorded at present, so nothing was changed. The database is older than the site: its "
                "ledger ends at entry %(last)d, and it lacks entry %(noted)d, which the site noted outside it. "
                "Tell a superuser."
            )
            % {"last": last, "noted": noted}
        )


class HeadsMissing(RecordingStopped):
    """There is no list of noted heads although the ledger has entries."""

    def __init__(self, file: Path, last: int) -> None:
        self.file, self.last = file, last
        super().__init__(
            _(
                "Nothing can be recorded at present, so nothing was changed. The ledger has %(last)d entries, but the "
                "list of its heads is missing: %(file)s. Tell a superuser."
            )
            % {"last": last, "file": file}
        )


class HeadsUnreadable(RecordingStopped):
    """The list of noted heads cannot be read or begun, or its last line holds no head."""

    def __init__(self, file: Path, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(
            _(
                "Nothing can be recorded at present, so nothing was changed. The list of the ledger's heads cannot be "
                "used: %(file)s (%(reason)s). Tell a superuser."
            )
            % {"file": file, "reason": reason}
        )
