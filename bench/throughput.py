"""Requests a second: pages rendered anew, pages that the application keeps, and pages that nginx keeps."""

import json
import re
import time
from pathlib import Path

from bench import driving
from bench.bench import Bench, Outcome
from bench.driving import Target
from bench.front import file_server, ours_behind_nginx
from bench.processes import Failed
from bench.sets import Filled

DEEP = 1000  # page of the listing
ENCODINGS = ("identity", "br")
ENCODINGS_OF_NGINX = ("identity", "gzip", "br")
PEER, LEAN = "wagtail-100k", "lean"
# What a server sets by itself, or that says how the body is sent.
OWN_TO_SERVERS = {"server", "date", "connection", "transfer-encoding", "content-length", "keep-alive"}


def uncached(bench: Bench) -> Outcome:
    """Four kinds of pages, ours beside the peer's and the lean application's where they are given."""
    filled, outcome = bench.library.get(bench.same()), Outcome()
    with bench.servers():
        node = bench.grounds.site(filled.database, PAGE_CACHE="0")
        for kind, path in pages(bench, filled).items():
            targets = [Target("ours", (node.address + path,))]
            for name, label in ((PEER, "peer"), (LEAN, "lean")):
                if address := bench.peers.get(f"{name}-{kind}"):
                    targets.append(Target(label, (address,)))
            found = driving.rounds(targets, count=bench.pace.rounds, seconds=bench.pace.seconds)
            names = [target.name for target in targets]
            outcome.figures[NAMES[kind]] = found.ratio("ours", "peer") if "peer" in names else None
            told = {name: found.told(name) for name in names}
            told |= {"to_lean": found.ratio("ours", "lean")} if "lean" in names else {}
            outcome.details[NAMES[kind]] = told | {"page": path, "bytes": len(driving.page(targets[0]).body)}
    if not bench.peers:
        outcome.notes.append("no --peers: ours alone")
    return outcome


# How the harness of the peer calls a kind of page → the name of our goal.
NAMES = {"article": "article", "list": "listing", "deep": "deep", "home": "home"}


def pages(bench: Bench, filled: Filled) -> dict[str, str]:
    """Kind → path of ours. The article is the peer's own, when it is known which that is."""
    slug, last = filled.large["slug"], filled.large["last_page"]
    article = filled.article_in(1)
    theirs = re.search(r"/([a-z]+)/a0*([0-9]+)/$", bench.peers.get(f"{PEER}-article", ""))
    if theirs and bench.library.articles and int(theirs[2]) <= bench.pace.same:
        article = f"/{theirs[1]}/{theirs[2]}/"
    return {"article": article, "list": f"/{slug}/", "deep": f"/{slug}/?page={min(DEEP, last)}", "home": "/"}


def cached(bench: Bench) -> Outcome:
    """Hot article and a thousand in turn, beside a bare application that answers the same bytes, by each encoding.

    The figure is that of the encoding that does worst.
    """
    filled, outcome = bench.library.get(bench.same()), Outcome()
    with bench.servers():
        node = bench.grounds.site(filled.database, PAGE_CACHE="1", REDIS_URL=bench.grounds.redis())
        hot = node.address + filled.article_in(1)
        spread = tuple(node.address + path for path in filled.facts["spread"])
        ratios: dict[str, list[float]] = {"hot": [], "spread": []}
        warmed = {}
        for encoding in ENCODINGS:
            ours = [Target("hot", (hot,), encoding), Target("spread", spread, encoding)]
            began = time.monotonic()
            for target in ours:
                _warm(target)
            # Pages are rendered anew after a while (portal.pages.page.FRESH), which belongs to what is measured; a
            # machine that needs as long for the warming alone measures little else.
            warmed[encoding] = round(time.monotonic() - began, 1)
            limit = Target("limit", (_bare(bench, ours[0]),), encoding)
            found = driving.rounds([*ours, limit], count=bench.pace.rounds, seconds=bench.pace.seconds)
            outcome.details[encoding] = {name: found.told(name) for name in ("hot", "spread", "limit")}
            for name, values in ratios.items():
                values.append(found.ratio(name, "limit"))
                outcome.details[encoding][f"{name}_ratio"] = values[-1]
    outcome.figures = {name: min(values) for name, values in ratios.items()}
    outcome.details["seconds_to_warm"] = warmed
    return outcome


def _warm(target: Target) -> None:
    """Each page twice, so that whichever worker answers finds it kept."""
    for address in target.addresses * 2:
        driving.ask(address, target.headers)


def _save(bench: Bench, target: Target, name: str) -> Path:
    """The page that the target shows, as limits_wsgi reads it: its headers as JSON, and <name>.body beside it."""
    found = driving.page(target)
    headers = [(key.title(), value) for key, value in found.headers.items() if key not in OWN_TO_SERVERS]
    file = bench.grounds.folder("limits") / f"{name}.json"
    file.write_text(json.dumps({"headers": [*headers, ("Content-Length", str(len(found.body)))]}))
    file.with_suffix(".body").write_bytes(found.body)
    return file


def _bare(bench: Bench, target: Target) -> str:
    """Address of the bare application with the page of the target, under the same gunicorn."""
    file = _save(bench, target, f"bare-{target.encoding}")
    environment = bench.grounds.environment("postgres", LIMIT_PAGE=str(file))
    return bench.grounds.gunicorn(f"bare-{target.encoding}", "bench.limits_wsgi", environment, 2).address + "/"


def nginx(bench: Bench) -> Outcome:
    """A hot article behind the shipped configuration, beside nginx with a file of the same bytes and encoding."""
    filled, outcome = bench.library.get(bench.same()), Outcome()
    ratios = []
    with bench.servers():
        node = bench.grounds.site(filled.database, threads=4, PAGE_CACHE="1", REDIS_URL=bench.grounds.redis())
        front = ours_behind_nginx(bench.grounds, [node])
        for encoding in ENCODINGS_OF_NGINX:
            ours = Target("hot", (front + filled.article_in(1),), encoding)
            _warm(ours)
            if driving.page(ours).headers.get("content-encoding", "identity") != encoding:
                outcome.notes.append(f"asked for {encoding}, nginx gave another encoding")
            limit = Target("limit", (_file(bench, ours),), encoding)
            found = driving.rounds([ours, limit], count=bench.pace.rounds, seconds=bench.pace.seconds)
            ratios.append(found.ratio("hot", "limit"))
            told = {name: found.told(name) for name in ("hot", "limit")}
            outcome.details[encoding] = told | {"ratio": ratios[-1], "bytes": len(driving.page(limit).body)}
    outcome.figures["hot"] = min(ratios)
    return outcome


def _file(bench: Bench, target: Target) -> str:
    """Address of the page of the target as a file of nginx."""
    found = driving.page(target)
    headers = found.headers
    name, encoding = f"file-{target.encoding}", headers.get("content-encoding", "")
    address = file_server(bench.grounds, name, found.body, headers["content-type"], encoding)
    if driving.ask(address).body != found.body:
        raise Failed(f"nginx does not serve the file of {name}; can its workers reach {bench.grounds.work}?")
    return address
