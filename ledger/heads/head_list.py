"""All noted heads, read line by line, for `verify` and for accepting a restore."""

from collections.abc import Iterator
from contextlib import suppress

from django.conf import settings

from ledger.heads.head_file import BEGINNING, Head, parse_head


class HeadList:
    """The noted heads as of the moment in which this is made. Lines that are appended later are left out.

    Make it before the ledger is read: then every head in it was committed before. The file is streamed: a list of a
    million lines needs no memory.
    """

    def __init__(self) -> None:
        self.file = settings.LEDGER_HEAD_FILE
        self.size = 0
        self.findings: list[str] = []  # what `surviving` found wrong with the lines
        self.last: Head | None = None  # the last line, once `surviving` has come to its end
        try:
            self.size = self.file.stat().st_size
        except FileNotFoundError:
            pass
        except OSError as error:
            self.findings.append(f"heads: {self.file} cannot be read ({error})")

    @classmethod
    def empty(cls) -> "HeadList":
        """A list that asks nothing of the ledger, for checks that leave the noted heads out."""
        nothing = cls()
        nothing.size, nothing.findings, nothing.last = 0, [], BEGINNING
        return nothing

    @property
    def is_missing(self) -> bool:
        """Whether no line holds a head. Known once `surviving` has come to its end."""
        return self.last is None and not self.findings

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(number of the line, line) of whole lines. Raises OSError."""
        if not self.size:
            return
        with self.file.open("rb") as file:
            end = 0
            for number, line in enumerate(file, 1):
                end += len(line)
                if end > self.size or not line.endswith(b"\n"):
                    return
                yield number, line

    def surviving(self) -> Iterator[Head]:
        """The heads that the ledger must contain, by number.

        All of them, but for those that a restore took away which was accepted further down. What is wrong with the
        file itself is in `findings` afterwards.
        """
        try:
            yield from self._surviving(self._lowest_accepted())
        except OSError as error:
            self.findings.append(f"heads: {self.file} cannot be read ({error})")

    def _surviving(self, lowest: list[int]) -> Iterator[Head]:
        highest = accepted = 0
        for number, line in self.lines():
            try:
                head = parse_head(line)
            except ValueError:
                self.findings.append(f"heads: line {number} of {self.file} holds no head")
                continue
            if number == 1 and head != BEGINNING and head.lost is None:
                self.findings.append(f"heads: the list in {self.file} begins at entry {head.number}")
            self.last = head
            accepted += bool(head.lost)
            if accepted < len(lowest) and head.number >= lowest[accepted]:
                continue  # gone: an acceptance below says so
            if head == BEGINNING and number == 1:
                continue  # the ledger has no entry 0
            if head.number <= highest:
                self.findings.append(f"heads: line {number} of {self.file} stands behind a later head")
                continue
            highest = head.number
            yield head

    def _lowest_accepted(self) -> list[int]:
        """For each accepted restore, in the order of the lines: the lowest number that it or one below gives up."""
        numbers = []
        for _number, line in self.lines():
            if b'"lost"' in line:
                with suppress(ValueError):
                    head = parse_head(line)
                    numbers += [min(head.number, *head.lost)] if head.lost else []
        for place in reversed(range(len(numbers) - 1)):
            numbers[place] = min(numbers[place], numbers[place + 1])
        return numbers
