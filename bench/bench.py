"""What every part of the measurement is given, and what it gives back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.grounds import Grounds
from bench.processes import Failed, Processes
from bench.sets import Library, Set


@dataclass(frozen=True)
class Pace:
    """How long and how often. `same`: articles of the set that the peer holds too; `grown`: of those for growth."""

    rounds: int = 5
    seconds: int = 3
    same: int = 100_000
    grown: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    repeat: int = 5  # visits of each page that is timed alone
    publications: int = 20
    minutes: float = 10


QUICK = Pace(rounds=2, seconds=1, same=4_000, grown=(1_000, 2_000, 4_000), repeat=2, publications=3, minutes=0.5)


@dataclass
class Outcome:
    """Figures by the names of goals; None for what could not be measured. `details`: what else is worth keeping."""

    figures: dict[str, float | None] = field(default_factory=dict)
    details: dict = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class Bench:
    """`peers`: name → address, as the harness of the peer prints them."""

    grounds: Grounds
    library: Library
    pace: Pace
    peers: dict[str, str] = field(default_factory=dict)

    def same(self) -> Set:
        return Set(self.pace.same, is_same=True)

    def grown(self) -> list[Set]:
        return [Set(size, is_same=False) for size in self.pace.grown]

    @contextmanager
    def servers(self) -> Iterator[None]:
        """Ends at its end what was started within."""
        mark = self.grounds.processes.count()
        try:
            yield
        finally:
            self.grounds.processes.end_since(mark)

    @property
    def processes(self) -> Processes:
        return self.grounds.processes


def read_peers(file: Path) -> dict[str, str]:
    """Words NAME=URL → name → address. Raises Failed for a word that is none."""
    found = {}
    for word in file.read_text().split():
        name, separator, address = word.partition("=")
        if not separator or not address.startswith("http://"):
            raise Failed(f"{file}: {word!r} is not NAME=http://…")
        found[name] = address
    return found
