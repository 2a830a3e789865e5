"""What a hundred times as many articles cost: milliseconds for each kind of page, one request at a time."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from bench import driving
from bench.bench import Bench, Outcome
from bench.processes import Failed
from bench.sets import Filled, Set

PAGES = 20  # different ones of a kind
PLAIN = {"Accept-Encoding": "identity"}
RAREST = 1 / 500  # in what share of the articles a word is rare at most; common ones stand in half of them
WORDS = 12  # of a kind
DEEP = 150  # page; the deepest that every set has, where it has fewer


@dataclass(frozen=True)
class Kind:
    """Pages of a kind in one set. `who`: the person of bench.facts that is signed in."""

    name: str
    group: str
    paths: Callable[[Filled, "Common"], list[str]]
    who: str = ""


@dataclass
class Common:
    """What all sets have: the last page of the largest listing, and words that are rare, or common, in each."""

    deepest: int
    rare: list[str] = field(default_factory=list)
    common: list[str] = field(default_factory=list)


def _listing(filled: Filled, page: int) -> list[str]:
    return [f"/{filled.large['slug']}/?page={page}"]


def _articles(ending: str = "") -> Callable[[Filled, Common], list[str]]:
    def chosen(filled: Filled, _common: Common) -> list[str]:
        spread = filled.facts["spread"]
        return [path + ending for path in spread[:: max(1, len(spread) // PAGES)][:PAGES]]

    return chosen


def searches(words: list[str]) -> list[str]:
    return [f"/search/?q={quote(word)}" for word in words]


def _two(common: Common) -> list[str]:
    return [f"{one} {other}" for one, other in zip(common.common, [*common.rare, *common.common[1:]], strict=False)][:6]


KINDS = [
    Kind("home page", "pages", lambda _f, _c: ["/"]),
    Kind("listing", "pages", lambda f, _c: _listing(f, 1)),
    Kind(f"listing, page {DEEP}", "pages", lambda f, c: _listing(f, min(DEEP, c.deepest))),
    Kind("listing, deepest page of all sets", "pages", lambda f, c: _listing(f, c.deepest)),
    Kind("listing, last page", "pages", lambda f, _c: _listing(f, f.large["last_page"])),
    Kind("article", "pages", _articles()),
    Kind("proof page", "pages", _articles("proof/")),
    Kind("feed", "pages", lambda _f, _c: ["/feed/"]),
    Kind("feed of a department", "pages", lambda f, _c: [f"/{f.large['slug']}/feed/"]),
    Kind("site map", "pages", lambda _f, _c: ["/sitemap.xml"]),
    Kind("search, rare word", "search", lambda _f, c: searches(c.rare)),
    Kind("search, common word", "search", lambda _f, c: searches(c.common)),
    Kind("search, two words", "search", lambda _f, c: searches(_two(c))),
    Kind("desk, queue of a leader", "desk", lambda _f, _c: ["/admin/workflow/round/"], "reviewer"),
    Kind("desk, list of articles", "desk", lambda _f, _c: ["/admin/articles/article/"], "admin"),
    Kind("desk, list of a drafter", "desk", lambda _f, _c: ["/admin/articles/article/"], "drafter3"),
    Kind("desk, list: in review", "desk", lambda _f, _c: ["/admin/articles/article/?state=in_review"], "admin"),
]  # fmt: skip


def words_of(sets: list[Filled]) -> tuple[list[str], list[str]]:
    """Words rare in every set, and common in every set, from the least common ones on to those that all texts have."""
    # Shares are counted in a sample, where a word of one article in 500 may stand a little more often.
    rare = [[word for word, share in one.facts["words"]["rare"].items() if share <= RAREST * 1.5] for one in sets]
    common = _in_all([list(one.facts["words"]["common"]) for one in sets])
    return _in_all(rare), common[:: max(1, -(-len(common) // WORDS))][:WORDS]


def _in_all(lists: list[list[str]]) -> list[str]:
    first, *others = lists
    return [word for word in first if all(word in other for other in others)]


def growth(bench: Bench) -> Outcome:
    """Every kind in every set, in turn; each figure is the worst ratio of the largest set to the smallest.

    Pages are rendered anew (PAGE_CACHE=0) by one worker for each set; a visit before the timed ones warms it up.
    """
    sets = bench.grown()
    filled = {one: bench.library.get(one) for one in sets}
    rare, common = words_of(list(filled.values()))
    shared = Common(min(one.large["last_page"] for one in filled.values()), rare, common)
    outcome = Outcome(details={"sets": [one.label for one in sets], "rare": rare, "common": common})
    worst: dict[str, list[float]] = {}
    with bench.servers():
        nodes = {one: bench.grounds.site(filled[one].database, workers=1, PAGE_CACHE="0") for one in sets}
        told: dict[str, dict] = {}
        for kind in KINDS:
            try:
                times = _times(bench, kind, shared, {one: (nodes[one].address, filled[one]) for one in sets})
            except Failed as error:
                outcome.notes.append(f"{kind.name}: {error}")
                continue
            ratio = times[sets[-1]] / times[sets[0]]
            worst.setdefault(kind.group, []).append(ratio)
            told[kind.name] = {one.label: round(times[one], 2) for one in sets} | {"ratio": round(ratio, 3)}
        outcome.details["milliseconds"] = told
    outcome.details["peer"] = _peer(bench)
    outcome.figures = {group: max(worst[group]) if group in worst else None for group in ("pages", "search", "desk")}
    return outcome


def _times(bench: Bench, kind: Kind, shared: Common, places: dict[Set, tuple[str, Filled]]) -> dict[Set, float]:
    """Set → the median in milliseconds. The sets take turns at every page."""
    paths = {one: kind.paths(filled, shared) for one, (_address, filled) in places.items()}
    if not all(paths.values()):
        raise Failed("no page of this kind in every set")
    headers = {
        one: PLAIN | ({"Cookie": filled.facts["cookies"][kind.who]} if kind.who else {})
        for one, (_address, filled) in places.items()
    }
    times: dict[Set, list[float]] = {one: [] for one in places}
    visits = max(bench.pace.repeat, -(-4 * bench.pace.repeat // min(map(len, paths.values()))))
    for visit in range(visits + 1):
        for at in range(max(map(len, paths.values()))):
            for one, (address, _filled) in places.items():
                took = driving.timed(address + paths[one][at % len(paths[one])], headers[one])
                if visit:
                    times[one].append(took)
    return {one: statistics.median(found) for one, found in times.items()}


def _peer(bench: Bench) -> dict[str, dict[str, float]]:
    """Kind → milliseconds of the peer at 10k and 100k, which are all that it holds, and their ratio."""
    found = {}
    for kind in ("home", "list", "article", "deep"):
        small, large = (bench.peers.get(f"wagtail-{size}-{kind}") for size in ("10k", "100k"))
        if not small or not large:
            continue
        times: dict[str, list[float]] = {small: [], large: []}
        for visit in range(bench.pace.repeat + 1):
            for address, kept in times.items():
                took = driving.timed(address, PLAIN)
                if visit:
                    kept.append(took)
        ten, hundred = (statistics.median(times[address]) for address in (small, large))
        found[kind] = {"10k": round(ten, 2), "100k": round(hundred, 2), "ratio": round(hundred / ten, 3)}
    return found


def search(bench: Bench) -> Outcome:
    """Rare and common two-character words in the largest set, p50 and p95 of all visits."""
    largest = bench.grown()[-1]
    filled = bench.library.get(largest)
    rare, common = words_of([filled])
    shares = filled.facts["words"]["rare"] | filled.facts["words"]["common"]
    outcome = Outcome(details={"set": largest.label, "shares": {word: shares[word] for word in [*rare, *common]}})
    with bench.servers():
        node = bench.grounds.site(filled.database, workers=1, PAGE_CACHE="0")
        driving.timed(node.address + "/", PLAIN)
        for name, words in (("rare", rare), ("common", common)):
            if not words:
                outcome.notes.append(f"no word is {name} in the set {largest.label}")
                outcome.figures[name] = None
                continue
            times = [
                driving.timed(node.address + path, PLAIN)
                for _ in range(bench.pace.repeat * 4)
                for path in searches(words)
            ]
            outcome.figures[name] = driving.percentile(times, 95)
            percentiles = {f"p{percent}": round(driving.percentile(times, percent), 1) for percent in (50, 95, 100)}
            outcome.details[name] = percentiles | {"words": words, "searches": len(times)}
    return outcome
