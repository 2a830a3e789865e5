"""Export of the ledger as JSON lines, and verification of an export without a database."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from ledger.canonical_json import canonical_timestamp
from ledger.models import Entry

# In the order in which they stand in a line, each with the kind of value that it holds there.
ENTRY_FIELD_TYPES: dict[str, type | tuple[type, ...]] = {
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
_UNSAFE_CHARACTERS = re.compile("[\x85\u2028\u2029\ud800-\udfff]")


class UnreadableLine(ValueError):
    """A line that is no ledger entry; the message says which line, and why."""


def to_line(entry: Entry) -> str:
    """Return an entry as one JSON object on one line; `time` in canonical form (ledger.canonical_json)."""
    values = {name: getattr(entry, name) for name in ENTRY_FIELD_TYPES}
    line = json.dumps({**values, "time": canonical_timestamp(entry.time)}, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE_CHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def write_entries(entries: Iterable[Entry], out: TextIO) -> int:
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
    if not isinstance(values, dict) or set(values) != set(ENTRY_FIELD_TYPES):
        raise ValueError(f"an entry has exactly {', '.join(ENTRY_FIELD_TYPES)}")
    for name, kind in ENTRY_FIELD_TYPES.items():
        if not isinstance(values[name], kind) or isinstance(values[name], bool):
            raise ValueError(f"{name} is of the wrong kind")  # noqa: TRY004 (of the line, not of an argument)
    return Entry(**{**values, "time": _parse_timestamp(values["time"])})


def _parse_timestamp(text: str) -> datetime:
    time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if canonical_timestamp(time) != text:
        raise ValueError("time is not in its canonical form")
    return time


def read_entries(lines: Iterable[Any]) -> Iterator[Entry]:
    """The entries of an export, one after the other. Raises UnreadableLine for a line that is none."""
    for number, line in enumerate(lines, 1):
        try:
            yield from_line(line)
        except ValueError as error:
            raise UnreadableLine(f"line {number} is no ledger entry: {error}") from error
