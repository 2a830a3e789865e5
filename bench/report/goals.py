"""Benchmark goals: one row of the results table each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """`part` measures it and writes its figure under `name`. `is_minimum`: whether the figure is to be no less than the
    target, or no more. `unit`: what both are counted in."""

    part: str
    name: str
    label: str
    is_minimum: bool
    target: float
    unit: str

    def is_met(self, figure: float) -> bool:
        return figure >= self.target if self.is_minimum else figure <= self.target

    @property
    def target_label(self) -> str:
        return f"{'≥' if self.is_minimum else '≤'} {format_figure(self.target)}{self.unit}"


def format_figure(figure: float) -> str:
    """As many digits as say something."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.3g}"


PEER_UNIT, LIMIT_UNIT = "× the peer", "× the limit"

GOALS = [
    Goal("uncached", "article", "uncached article at 100k", True, 10, PEER_UNIT),
    Goal("uncached", "listing", "uncached listing at 100k", True, 25, PEER_UNIT),
    Goal("uncached", "deep", "uncached listing, page 1000, at 100k", True, 35, PEER_UNIT),
    Goal("uncached", "home", "uncached home page at 100k", True, 12, PEER_UNIT),
    Goal("cached", "hot", "kept by the application, one hot page", True, 0.6, LIMIT_UNIT),
    Goal("cached", "spread", "kept by the application, 1,000 articles in turn", True, 0.6, LIMIT_UNIT),
    Goal("nginx", "hot", "behind the shipped nginx configuration, one hot page", True, 0.6, LIMIT_UNIT),
    Goal("growth", "pages", "public page that grows most, 10k → 1,000k", False, 1.3, "×"),
    Goal("growth", "search", "search that grows most, 10k → 1,000k", False, 1.3, "×"),
    Goal("growth", "desk", "page of the desk that grows most, 10k → 1,000k", False, 1.3, "×"),
    Goal("search", "rare", "search of rare words at 1,000k, p95", False, 100, " ms"),
    Goal("search", "common", "search of common words at 1,000k, p95", False, 100, " ms"),
    Goal("reads", "redis", "counted reads, with Redis", True, 3000, " a second"),
    Goal("reads", "sqlite", "counted reads, on SQLite alone", True, 800, " a second"),
    Goal("reads", "lost", "counted reads lost to SIGKILL", False, 0, ""),
    Goal("publication", "published", "a publication on every page of both nodes, worst", False, 1, " s"),
    Goal("publication", "withdrawn", "a withdrawal on both nodes and through nginx, worst", False, 1, " s"),
    Goal("memory", "largest", "memory of a worker after mixed load at 100k", False, 150, " MB"),
    Goal("memory", "growth", "its growth over the second half", False, 1, " MB"),
    Goal("start", "seconds", "bin/run on a set-up clone until it answers, worst", False, 3, " s"),
]
PART_NAMES = list(dict.fromkeys(goal.part for goal in GOALS))
