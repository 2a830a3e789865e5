"""Whether the ledger may take an entry: the database must contain the head that was noted last."""

import time

from django.conf import settings
from django.db.models import Subquery
from django.utils.translation import gettext_noop

from ledger.heads.exceptions import HeadsMissing, HeadsUnreadable, LedgerBehind, RecordingStopped
from ledger.heads.head_file import BEGINNING, Head, begin_heads, load_head
from ledger.models import Entry
from ledger.monitoring.alarms import raise_alarm

RECHECK_SECONDS = 60  # how long a page may believe that the database contains the last noted head; acts always check
_contained: list[tuple[object, float]] = []  # one at most: (file and head, when it was found)


def check_recording(head: Head | None, last: int, hash_of_head: str | None) -> None:
    """Raise RecordingStopped unless an entry may follow entry `last`.

    `head`: what `load_head` said before the ledger was read, so that whoever noted it had committed it;
    `hash_of_head`: hash of the entry with the number of `head` in the database. A ledger without entries begins a list.
    """
    if refusal := _refusal(head, last, hash_of_head):
        raise refusal
    if head is None:
        begin_heads()


def _refusal(head: Head | None, last: int, hash_of_head: str | None) -> RecordingStopped | None:
    if head is None:
        return HeadsMissing(settings.LEDGER_HEAD_FILE, last) if last else None
    if head != BEGINNING and hash_of_head != head.hash:
        return LedgerBehind(head.number, last)
    return None


def find_refusal() -> RecordingStopped | None:
    """Why the ledger takes no entries now, or None. At most one query, and none for a minute after all was well."""
    try:
        head = load_head()
    except HeadsUnreadable as error:
        return error
    known = settings.LEDGER_HEAD_FILE, head
    for found, moment in _contained:
        if found == known and time.monotonic() - moment < RECHECK_SECONDS:
            return None
    if head == BEGINNING:
        return None
    refusal = _refusal(head, *_last_and_hash(head))
    if head and refusal is None:
        _contained[:] = [(known, time.monotonic())]
    return refusal


def _last_and_hash(head: Head | None) -> tuple[int, str | None]:
    """(number of the newest entry, hash of the entry with the number of `head`) in the database. One query."""
    of_head = Entry.objects.filter(number=head.number if head else 0).values("hash")
    newest = Entry.objects.annotate(hash_of_head=Subquery(of_head)).order_by("-number")
    return newest.values_list("number", "hash_of_head").first() or (0, None)


def report(refusal: RecordingStopped) -> None:
    """Raise the alarm that says so. Not inside the transaction of the act that was refused."""
    _contained.clear()
    if isinstance(refusal, LedgerBehind):
        said = gettext_noop("the database lacks it and ends at entry %(last)d; nothing is recorded any more")
        raise_alarm(f"head {refusal.noted}", said, last=refusal.last)
    elif isinstance(refusal, HeadsMissing):
        said = gettext_noop("the list of noted heads is missing: %(file)s; nothing is recorded any more")
        raise_alarm(f"head {refusal.last}", said, file=str(refusal.file))
    elif isinstance(refusal, HeadsUnreadable):
        said = gettext_noop("the list of noted heads cannot be used: %(file)s; nothing is recorded any more")
        raise_alarm("head list", said, file=str(refusal.file))
