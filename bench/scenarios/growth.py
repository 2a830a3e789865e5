"""Scenario: response times of each page kind with 100 times as many articles."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from bench.fill.datasets import Dataset, FilledDataset
from bench.harness import load
from bench.harness.measurement import Bench, PartResult
from bench.harness.processes import MeasurementFailed

PAGES_PER_KIND = 20  # different ones of a kind
PLAIN_HEADERS = {"Accept-Encoding": "identity"}
MAX_RARE_SHARE = 1 / 500  # in what share of the articles a word is rare at most; common ones stand in half of them
MAX_WORDS = 12  # of a kind
DEEP_PAGE_NUMBER = 150  # page; the deepest that every set has, where it has fewer


@dataclass(frozen=True)
class PageKind:
    """Pages of a kind in one set. `user`: the person of bench.fill.inventory that is signed in."""

    name: str
    group: str
    paths: Callable[[FilledDataset, "SharedInputs"], list[str]]
    user: str = ""


@dataclass
class SharedInputs:
    """What all sets have: the last page of the largest listing, and words that are rare, or common, in each."""

    deepest: int
    rare: list[str] = field(default_factory=list)
    common: list[str] = field(default_factory=list)


def _listing_paths(filled: FilledDataset, page: int) -> list[str]:
    return [f"/{filled.largest_department['slug']}/?page={page}"]


def _article_paths(ending: str = "") -> Callable[[FilledDataset, SharedInputs], list[str]]:
    def chosen(filled: FilledDataset, _common: SharedInputs) -> list[str]:
        spread = filled.info["spread"]
        return [path + ending for path in spread[:: max(1, len(spread) // PAGES_PER_KIND)][:PAGES_PER_KIND]]

    return chosen


def search_paths(words: list[str]) -> list[str]:
    return [f"/search/?q={quote(word)}" for word in words]


def _two_word_queries(common: SharedInputs) -> list[str]:
    return [f"{one} {other}" for one, other in zip(common.common, [*common.rare, *common.common[1:]], strict=False)][:6]


PAGE_KINDS = [
    PageKind("home page", "pages", lambda _f, _c: ["/"]),
    PageKind("listing", "pages", lambda f, _c: _listing_paths(f, 1)),
    PageKind(
        f"listing, page {DEEP_PAGE_NUMBER}", "pages",
        lambda f, c: _listing_paths(f, min(DEEP_PAGE_NUMBER, c.deepest)),
    ),
    PageKind("listing, deepest page of all sets", "pages", lambda f, c: _listing_paths(f, c.deepest)),
    PageKind("listing, last page", "pages", lambda f, _c: _listing_paths(f, f.largest_department["last_page"])),
    PageKind("article", "pages", _article_paths()),
    PageKind("proof page", "pages", _article_paths("proof/")),
    PageKind("feed", "pages", lambda _f, _c: ["/feed/"]),
    PageKind("feed of a department", "pages", lambda f, _c: [f"/{f.largest_department['slug']}/feed/"]),
    PageKind("site map", "pages", lambda _f, _c: ["/sitemap.xml"]),
    PageKind("search, rare word", "search", lambda _f, c: search_paths(c.rare)),
    PageKind("search, common word", "search", lambda _f, c: search_paths(c.common)),
    PageKind("search, two words", "search", lambda _f, c: search_paths(_two_word_queries(c))),
    PageKind("desk, queue of a leader", "desk", lambda _f, _c: ["/admin/workflow/round/"], "reviewer"),
    PageKind("desk, list of articles", "desk", lambda _f, _c: ["/admin/articles/article/"], "admin"),
    PageKind("desk, list of a drafter", "desk", lambda _f, _c: ["/admin/articles/article/"], "drafter3"),
    PageKind("desk, list: in review", "desk", lambda _f, _c: ["/admin/articles/article/?state=in_review"], "admin"),
]  # fmt: skip


def shared_words(sets: list[FilledDataset]) -> tuple[list[str], list[str]]:
    """Words rare in every set, and common in every set, from the least common ones on to those that all texts have."""
    # Shares are counted in a sample, where a word of one article in 500 may stand a little more often.
    rare = [
        [word for word, share in one.info["words"]["rare"].items() if share <= MAX_RARE_SHARE * 1.5] for one in sets
    ]
    common = _in_every_list([list(one.info["words"]["common"]) for one in sets])
    return _in_every_list(rare), common[:: max(1, -(-len(common) // MAX_WORDS))][:MAX_WORDS]


def _in_every_list(lists: list[list[str]]) -> list[str]:
    first, *others = lists
    return [word for word in first if all(word in other for other in others)]


def measure_growth(bench: Bench) -> PartResult:
    """Every kind in every set, in turn; each figure is the worst ratio of the largest set to the smallest.

    Pages are rendered anew (PAGE_CACHE=0) by one worker for each set; a visit before the timed ones warms it up.
    """
    sets = bench.growth_datasets()
    filled = {one: bench.datasets.get(one) for one in sets}
    rare, common = shared_words(list(filled.values()))
    shared = SharedInputs(min(one.largest_department["last_page"] for one in filled.values()), rare, common)
    outcome = PartResult(details={"sets": [one.label for one in sets], "rare": rare, "common": common})
    worst: dict[str, list[float]] = {}
    with bench.temporary_servers():
        nodes = {one: bench.environment.start_site(filled[one].database, workers=1, PAGE_CACHE="0") for one in sets}
        told: dict[str, dict] = {}
        for kind in PAGE_KINDS:
            try:
                times = _median_times(bench, kind, shared, {one: (nodes[one].address, filled[one]) for one in sets})
            except MeasurementFailed as error:
                outcome.notes.append(f"{kind.name}: {error}")
                continue
            ratio = times[sets[-1]] / times[sets[0]]
            worst.setdefault(kind.group, []).append(ratio)
            told[kind.name] = {one.label: round(times[one], 2) for one in sets} | {"ratio": round(ratio, 3)}
        outcome.details["milliseconds"] = told
    outcome.details["peer"] = _measure_peer(bench)
    outcome.figures = {group: max(worst[group]) if group in worst else None for group in ("pages", "search", "desk")}
    return outcome


def _median_times(
    bench: Bench, kind: PageKind, shared: SharedInputs, places: dict[Dataset, tuple[str, FilledDataset]]
) -> dict[Dataset, float]:
    """Set → the median in milliseconds. The sets take turns at every page."""
    paths = {one: kind.paths(filled, shared) for one, (_address, filled) in places.items()}
    if not all(paths.values()):
        raise MeasurementFailed("no page of this kind in every set")
    headers = {
        one: PLAIN_HEADERS | ({"Cookie": filled.info["cookies"][kind.user]} if kind.user else {})
        for one, (_address, filled) in places.items()
    }
    times: dict[Dataset, list[float]] = {one: [] for one in places}
    visits = max(
        bench.profile.repeats,
        -(-4 * bench.profile.repeats // min(map(len, paths.values()))),
    )
    for visit in range(visits + 1):
        for at in range(max(map(len, paths.values()))):
            for one, (address, _filled) in places.items():
                took = load.fetch_milliseconds(address + paths[one][at % len(paths[one])], headers[one])
                if visit:
                    times[one].append(took)
    return {one: statistics.median(found) for one, found in times.items()}


def _measure_peer(bench: Bench) -> dict[str, dict[str, float]]:
    """Kind → milliseconds of the peer at 10k and 100k, which are all that it holds, and their ratio."""
    found = {}
    for kind in ("home", "list", "article", "deep"):
        small, large = (bench.peers.get(f"wagtail-{size}-{kind}") for size in ("10k", "100k"))
        if not small or not large:
            continue
        times: dict[str, list[float]] = {small: [], large: []}
        for visit in range(bench.profile.repeats + 1):
            for address, kept in times.items():
                took = load.fetch_milliseconds(address, PLAIN_HEADERS)
                if visit:
                    kept.append(took)
        ten, hundred = (statistics.median(times[address]) for address in (small, large))
        found[kind] = {"10k": round(ten, 2), "100k": round(hundred, 2), "ratio": round(hundred / ten, 3)}
    return found


def measure_search(bench: Bench) -> PartResult:
    """Rare and common two-character words in the largest set, p50 and p95 of all visits."""
    largest = bench.growth_datasets()[-1]
    filled = bench.datasets.get(largest)
    rare, common = shared_words([filled])
    shares = filled.info["words"]["rare"] | filled.info["words"]["common"]
    outcome = PartResult(details={"set": largest.label, "shares": {word: shares[word] for word in [*rare, *common]}})
    with bench.temporary_servers():
        node = bench.environment.start_site(filled.database, workers=1, PAGE_CACHE="0")
        load.fetch_milliseconds(node.address + "/", PLAIN_HEADERS)
        for name, words in (("rare", rare), ("common", common)):
            if not words:
                outcome.notes.append(f"no word is {name} in the set {largest.label}")
                outcome.figures[name] = None
                continue
            times = [
                load.fetch_milliseconds(node.address + path, PLAIN_HEADERS)
                for _ in range(bench.profile.repeats * 4)
                for path in search_paths(words)
            ]
            outcome.figures[name] = load.percentile(times, 95)
            percentiles = {f"p{percent}": round(load.percentile(times, percent), 1) for percent in (50, 95, 100)}
            outcome.details[name] = percentiles | {"words": words, "searches": len(times)}
    return outcome
