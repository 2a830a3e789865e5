"""Scenario: requests per second, uncached, from the page cache, and from nginx."""

import json
import re
import time
from pathlib import Path

from bench.fill.datasets import FilledDataset
from bench.harness import load
from bench.harness.load import Target
from bench.harness.measurement import Bench, PartResult
from bench.harness.nginx import start_file_server, start_nginx_proxy
from bench.harness.processes import MeasurementFailed

DEEP_PAGE_NUMBER = 1000  # page of the listing
ENCODINGS = ("identity", "br")
ENCODINGS_OF_NGINX = ("identity", "gzip", "br")
PEER_PREFIX, LEAN_PREFIX = "wagtail-100k", "lean"
# What a server sets by itself, or that says how the body is sent.
SERVER_HEADERS = {"server", "date", "connection", "transfer-encoding", "content-length", "keep-alive"}


def measure_uncached(bench: Bench) -> PartResult:
    """Four kinds of pages, ours beside the peer's and the lean application's where they are given."""
    filled, outcome = bench.datasets.get(bench.peer_dataset()), PartResult()
    with bench.temporary_servers():
        node = bench.environment.start_site(filled.database, PAGE_CACHE="0")
        for kind, path in page_paths(bench, filled).items():
            targets = [Target("ours", (node.address + path,))]
            for name, label in ((PEER_PREFIX, "peer"), (LEAN_PREFIX, "lean")):
                if address := bench.peers.get(f"{name}-{kind}"):
                    targets.append(Target(label, (address,)))
            found = load.compare_targets(targets, count=bench.profile.rounds, seconds=bench.profile.seconds)
            names = [target.name for target in targets]
            outcome.figures[GOAL_NAMES[kind]] = found.ratio("ours", "peer") if "peer" in names else None
            told = {name: found.summary(name) for name in names}
            told |= {"to_lean": found.ratio("ours", "lean")} if "lean" in names else {}
            outcome.details[GOAL_NAMES[kind]] = told | {"page": path, "bytes": len(load.fetch_page(targets[0]).body)}
    if not bench.peers:
        outcome.notes.append("no --peers: ours alone")
    return outcome


# How the harness of the peer calls a kind of page → the name of our goal.
GOAL_NAMES = {"article": "article", "list": "listing", "deep": "deep", "home": "home"}


def page_paths(bench: Bench, filled: FilledDataset) -> dict[str, str]:
    """Kind → path of ours. The article is the peer's own, when it is known which that is."""
    slug, last = filled.largest_department["slug"], filled.largest_department["last_page"]
    article = filled.article_path(1)
    theirs = re.search(r"/([a-z]+)/a0*([0-9]+)/$", bench.peers.get(f"{PEER_PREFIX}-article", ""))
    if theirs and bench.datasets.articles and int(theirs[2]) <= bench.profile.peer_articles:
        article = f"/{theirs[1]}/{theirs[2]}/"
    return {
        "article": article,
        "list": f"/{slug}/",
        "deep": f"/{slug}/?page={min(DEEP_PAGE_NUMBER, last)}",
        "home": "/",
    }


def measure_cached(bench: Bench) -> PartResult:
    """Hot article and a thousand in turn, beside a bare application that answers the same bytes, by each encoding.

    The figure is that of the encoding that does worst.
    """
    filled, outcome = bench.datasets.get(bench.peer_dataset()), PartResult()
    with bench.temporary_servers():
        node = bench.environment.start_site(filled.database, PAGE_CACHE="1", REDIS_URL=bench.environment.ensure_redis())
        hot = node.address + filled.article_path(1)
        spread = tuple(node.address + path for path in filled.info["spread"])
        ratios: dict[str, list[float]] = {"hot": [], "spread": []}
        warmed = {}
        for encoding in ENCODINGS:
            ours = [Target("hot", (hot,), encoding), Target("spread", spread, encoding)]
            began = time.monotonic()
            for target in ours:
                _warm_up(target)
            # Pages are rendered anew after a while (portal.page_cache.page.FRESH_SECONDS), which belongs to what is
            # measured; a machine that needs as long for the warming alone measures little else.
            warmed[encoding] = round(time.monotonic() - began, 1)
            limit = Target("limit", (_start_bare_application(bench, ours[0]),), encoding)
            found = load.compare_targets([*ours, limit], count=bench.profile.rounds, seconds=bench.profile.seconds)
            outcome.details[encoding] = {name: found.summary(name) for name in ("hot", "spread", "limit")}
            for name, values in ratios.items():
                values.append(found.ratio(name, "limit"))
                outcome.details[encoding][f"{name}_ratio"] = values[-1]
    outcome.figures = {name: min(values) for name, values in ratios.items()}
    outcome.details["seconds_to_warm"] = warmed
    return outcome


def _warm_up(target: Target) -> None:
    """Each page twice, so that whichever worker answers finds it kept."""
    for address in target.addresses * 2:
        load.fetch(address, target.headers)


def _save_page(bench: Bench, target: Target, name: str) -> Path:
    """The page that the target shows, as limits_wsgi reads it: its headers as JSON, and <name>.body beside it."""
    found = load.fetch_page(target)
    headers = [(key.title(), value) for key, value in found.headers.items() if key not in SERVER_HEADERS]
    file = bench.environment.ensure_folder("limits") / f"{name}.json"
    file.write_text(json.dumps({"headers": [*headers, ("Content-Length", str(len(found.body)))]}))
    file.with_suffix(".body").write_bytes(found.body)
    return file


def _start_bare_application(bench: Bench, target: Target) -> str:
    """Address of the bare application with the page of the target, under the same gunicorn."""
    file = _save_page(bench, target, f"bare-{target.encoding}")
    environment = bench.environment.process_environ("postgres", LIMIT_PAGE=str(file))
    return (
        bench.environment.start_gunicorn(f"bare-{target.encoding}", "bench.harness.limits_wsgi", environment, 2).address
        + "/"
    )


def measure_nginx(bench: Bench) -> PartResult:
    """A hot article behind the shipped configuration, beside nginx with a file of the same bytes and encoding."""
    filled, outcome = bench.datasets.get(bench.peer_dataset()), PartResult()
    ratios = []
    with bench.temporary_servers():
        node = bench.environment.start_site(
            filled.database, threads=4, PAGE_CACHE="1", REDIS_URL=bench.environment.ensure_redis()
        )
        front = start_nginx_proxy(bench.environment, [node])
        for encoding in ENCODINGS_OF_NGINX:
            ours = Target("hot", (front + filled.article_path(1),), encoding)
            _warm_up(ours)
            if load.fetch_page(ours).headers.get("content-encoding", "identity") != encoding:
                outcome.notes.append(f"asked for {encoding}, nginx gave another encoding")
            limit = Target("limit", (_serve_page_file(bench, ours),), encoding)
            found = load.compare_targets([ours, limit], count=bench.profile.rounds, seconds=bench.profile.seconds)
            ratios.append(found.ratio("hot", "limit"))
            told = {name: found.summary(name) for name in ("hot", "limit")}
            outcome.details[encoding] = told | {"ratio": ratios[-1], "bytes": len(load.fetch_page(limit).body)}
    outcome.figures["hot"] = min(ratios)
    return outcome


def _serve_page_file(bench: Bench, target: Target) -> str:
    """Address of the page of the target as a file of nginx."""
    found = load.fetch_page(target)
    headers = found.headers
    name, encoding = f"file-{target.encoding}", headers.get("content-encoding", "")
    address = start_file_server(bench.environment, name, found.body, headers["content-type"], encoding)
    if load.fetch(address).body != found.body:
        raise MeasurementFailed(
            f"nginx does not serve the file of {name}; can its workers reach {bench.environment.work_dir}?"
        )
    return address
