"""The ledger as JSON lines: to hand to an auditor, to keep elsewhere, to check without the database."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from ledger.canonical import moment
from ledger.models import Entry

# In the order in which they stand in a line, each with the kind of value that it holds there.
FIELDS: dict[str, type | tuple[type, ...]] = {
    "number": int,
    "time": str,
    "actor_id": (int, type(None)),
    "actor_name": str,
    "verb": str,
    "object_type": str,
    "object_id": str,
    "data": dict,
    "previous": str,
    "hash": str,
    "key": str,
    "signature": str,
}

# What some programs take for the end of a line, and halves of characters, which no file can hold.
_awkward = re.compile("[\x85\u2028\u2029\ud800-\udfff]")


class Unreadable(ValueError):
    """A line that is no ledger entry; the message says which line, and why."""


def to_line(entry: Entry) -> str:
    """One JSON object without a line break; `time` in its canonical form (ledger.canonical.moment)."""
    values = {name: getattr(entry, name) for name in FIELDS}
    line = json.dumps({**values, "time": moment(entry.time)}, ensure_ascii=False, separators=(",", ":"))
    return _awkward.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def write(entries: Iterable[Entry], out: TextIO) -> int:
    """Writes a line for each entry as it comes; returns how many."""
    count = 0
    for entry in entries:
        out.write(to_line(entry) + "\n")
        count += 1
    return count


def from_line(line: str) -> Entry:
    """The entry of a line, not saved and no database asked. Raises ValueError for what is none."""
    try:
        values = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(values, dict) or set(values) != set(FIELDS):
        raise ValueError(f"an entry has exactly {', '.join(FIELDS)}")
    for name, kind in FIELDS.items():
        if not isinstance(values[name], kind) or isinstance(values[name], bool):
            raise ValueError(f"{name} is of the wrong kind")  # noqa: TRY004 (of the line, not of an argument)
    return Entry(**{**values, "time": _time(values["time"])})


def _time(text: str) -> datetime:
    time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if moment(time) != text:
        raise ValueError("time is not in its canonical form")
    return time


def read(lines: Iterable[Any]) -> Iterator[Entry]:
    """The entries of an export, one after the other. Raises Unreadable for a line that is none."""
    for number, line in enumerate(lines, 1):
        try:
            yield from_line(line)
        except ValueError as error:
            raise Unreadable(f"line {number} is no ledger entry: {error}") from error
