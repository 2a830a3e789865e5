"""The append-only file of noted heads (LEDGER_HEAD_FILE): one line of JSON for each act.

A line holds number, hash, time, key and signature of a ledger entry; the signature is that of the entry. The first
line has number 0: the list begins with the ledger. A line with `lost` is the acceptance of a restore: heads above it
are gone from the database, those from its own number or the first of `lost` on. An empty `lost` begins a list that
was missing.

Only whole lines count. A crash can leave half a line at the end; the next act removes it.
"""

import errno
import fcntl
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext_noop

from ledger.canonical_json import canonical_timestamp
from ledger.heads.exceptions import HeadsUnreadable
from ledger.models import GENESIS_HASH, Entry
from ledger.monitoring.alarms import raise_alarm

logger = logging.getLogger(__name__)

TAIL_BYTES = 4096  # more than ten lines
_hash_form = re.compile("[0-9a-f]{64}")


class Head(NamedTuple):
    """A head as noted. `lost`: numbers of the first and the last head that a restore took away; () if not known."""

    number: int
    hash: str
    time: str = ""
    key: str = ""
    signature: str = ""
    lost: tuple[int, ...] | None = None

    @classmethod
    def from_entry(cls, entry: Entry, lost: tuple[int, ...] | None = None) -> "Head":
        return cls(entry.number, entry.hash, canonical_timestamp(entry.time), entry.key, entry.signature, lost)

    def as_dict(self) -> dict[str, Any]:
        """The fields that are not empty."""
        return {name: value for name, value in self._asdict().items() if value not in ("", None)}

    def to_line(self) -> bytes:
        return json.dumps(self.as_dict(), separators=(",", ":")).encode() + b"\n"


BEGINNING = Head(0, GENESIS_HASH)


def parse_head(line: bytes) -> Head:
    """The head of one line. Raises ValueError if there is none in it."""
    try:
        values = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(values, dict) or not set(values) <= set(Head._fields):
        raise ValueError("no head")
    lost = values.pop("lost", None)
    if lost is not None and not (isinstance(lost, list) and len(lost) in (0, 2) and all(map(_is_number, lost))):
        raise ValueError("no head")
    number = values.pop("number", None)
    if not _is_number(number) or not all(isinstance(value, str) for value in values.values()):
        raise ValueError("no head")
    if not _hash_form.fullmatch(values.get("hash", "")):
        raise ValueError("no head")
    return Head(number, lost=None if lost is None else tuple(lost), **values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


class _CachedHead(NamedTuple):
    file: Path
    identity: tuple[int, int, int]  # inode, size, time of the last change
    head: Head | None


_cache: list[_CachedHead] = []  # one at most; a list so that it is replaced in one step


def load_head() -> Head | None:
    """The head that was noted last; None if the file is missing or holds no whole line.

    Only `stat` is called while the file stays the same. Raises HeadsUnreadable.
    """
    file = settings.LEDGER_HEAD_FILE
    try:
        facts = file.stat()
        identity = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
        for cached in _cache:
            if (cached.file, cached.identity) == (file, identity):
                return cached.head
        with _opened(file, os.O_RDONLY) as descriptor:
            line, _end = _last_whole_line(descriptor)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HeadsUnreadable(file, str(error)) from error
    head = _parse_last(line)
    _cache[:] = [_CachedHead(file, identity, head)]
    return head


def read_head() -> Head | None:
    """The head that was noted last, to be shown; None also if the file cannot be read."""
    try:
        return load_head()
    except HeadsUnreadable:
        logger.exception("the noted heads cannot be read")
        return None


def begin_heads() -> None:
    """Write the first line of a list that does not exist yet. Raises HeadsUnreadable if it cannot be written."""
    try:
        _append(BEGINNING, lambda last: last is None, create=True)
    except OSError as error:
        raise HeadsUnreadable(settings.LEDGER_HEAD_FILE, str(error)) from error


def write_head(entry: Entry) -> bool:
    """Note a committed entry, unless a later one is noted. Return False, with an alarm, if it cannot be noted.

    Failing undoes nothing: the act is committed. The next act notes its own head, which vouches for all before it.
    """
    try:
        _append(Head.from_entry(entry), lambda last: last is not None and last.number < entry.number)
    except (OSError, HeadsUnreadable):
        file = settings.LEDGER_HEAD_FILE
        logger.exception("the head of the ledger could not be noted in %s", file)
        said = gettext_noop("it could not be noted outside the database, in %(file)s")
        raise_alarm(f"head {entry.number}", said, file=str(file))
        return False
    return True


def write_acceptance(entry: Entry, lost: tuple[int, ...]) -> None:
    """Note the entry that accepts a restore. It may stand below higher numbers, and begins a list that is missing.

    Raises OSError and HeadsUnreadable; then the database stays behind the noted heads.
    """
    _append(Head.from_entry(entry, lost), lambda last: last is None or last.hash != entry.hash, create=not lost)


def _append(head: Head, is_wanted: Callable[[Head | None], bool], *, create: bool = False) -> None:
    """Append a line if `is_wanted` says so of the last one. Raises OSError, HeadsUnreadable.

    The file must exist unless `create`: a list that was deleted does not begin again with the next act.
    """
    file = settings.LEDGER_HEAD_FILE
    if create:
        file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    with (
        file.with_suffix(".lock").open("w") as lock,
        _opened(file, os.O_RDWR | os.O_APPEND | (os.O_CREAT if create else 0)) as descriptor,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        line, end = _last_whole_line(descriptor)
        last = _parse_last(line)
        if last is None and not create:
            raise HeadsUnreadable(file, "it is empty")
        if not is_wanted(last):
            return
        if end < os.fstat(descriptor).st_size:
            logger.warning("%s: half a line at its end was removed; a crash left it", file)
            os.ftruncate(descriptor, end)
        _write_whole(descriptor, head.to_line(), end)
        os.fsync(descriptor)
    if is_new:
        with _opened(file.parent, os.O_RDONLY) as folder:
            os.fsync(folder)  # makes the new name last


def _write_whole(descriptor: int, line: bytes, end: int) -> None:
    """Append the line, or leave nothing of it. Raises OSError."""
    written = os.write(descriptor, line)
    if written != len(line):  # a disk that is nearly full takes a part
        os.ftruncate(descriptor, end)
        raise OSError(errno.ENOSPC, "the disk took only a part of the line")


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _last_whole_line(descriptor: int) -> tuple[bytes, int]:
    """The last line that ends with a newline, and where it ends in the file; (b"", 0) if there is none."""
    size, span = os.fstat(descriptor).st_size, TAIL_BYTES
    while True:
        start = max(0, size - span)
        tail = os.pread(descriptor, size - start, start)
        end = tail.rfind(b"\n")
        before = tail.rfind(b"\n", 0, end) if end > 0 else -1
        if end >= 0 and (before >= 0 or start == 0):
            return tail[before + 1 : end], start + end + 1
        if start == 0:
            return b"", 0
        span *= 8


def _parse_last(line: bytes) -> Head | None:
    """Raises HeadsUnreadable."""
    if not line:
        return None
    try:
        return parse_head(line)
    except ValueError as error:
        raise HeadsUnreadable(settings.LEDGER_HEAD_FILE, "its last line holds no head") from error
