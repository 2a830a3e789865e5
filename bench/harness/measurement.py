"""Inputs and results that all benchmark scenarios share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.fill.datasets import Dataset, DatasetLibrary
from bench.harness.environment import BenchEnvironment
from bench.harness.processes import MeasurementFailed, Processes


@dataclass(frozen=True)
class Profile:
    """How long and how often to measure. `peer_articles`, `growth_articles`: sizes of the datasets."""

    rounds: int = 5
    seconds: int = 3
    peer_articles: int = 100_000
    growth_articles: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    repeats: int = 5  # visits of each page that is timed alone
    publications: int = 20
    minutes: float = 10


QUICK_PROFILE = Profile(
    rounds=2,
    seconds=1,
    peer_articles=4_000,
    growth_articles=(1_000, 2_000, 4_000),
    repeats=2,
    publications=3,
    minutes=0.5,
)


@dataclass
class PartResult:
    """Figures by the names of goals; None for what could not be measured. `details`: what else is worth keeping."""

    figures: dict[str, float | None] = field(default_factory=dict)
    details: dict = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class Bench:
    """`peers`: name → address, as the harness of the peer prints them."""

    environment: BenchEnvironment
    datasets: DatasetLibrary
    profile: Profile
    peers: dict[str, str] = field(default_factory=dict)

    def peer_dataset(self) -> Dataset:
        return Dataset(self.profile.peer_articles, is_peer=True)

    def growth_datasets(self) -> list[Dataset]:
        return [Dataset(size, is_peer=False) for size in self.profile.growth_articles]

    @contextmanager
    def temporary_servers(self) -> Iterator[None]:
        """Ends at its end what was started within."""
        mark = self.environment.processes.checkpoint()
        try:
            yield
        finally:
            self.environment.processes.stop_since(mark)

    @property
    def processes(self) -> Processes:
        return self.environment.processes


def read_peers(file: Path) -> dict[str, str]:
    """Words NAME=URL → name → address. Raises MeasurementFailed for a word that is none."""
    found = {}
    for word in file.read_text().split():
        name, separator, address = word.partition("=")
        if not separator or not address.startswith("http://"):
            raise MeasurementFailed(f"{file}: {word!r} is not NAME=http://…")
        found[name] = address
    return found
