"""How long after the sign-off a publication is on every page of every node, and a withdrawal off them."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from bench import driving
from bench.bench import Bench, Outcome
from bench.front import SHIPPED, ours_behind_nginx
from bench.grounds import PROJECT, PYTHON
from bench.processes import Failed, end_with_parent

GIVEN_UP = 15  # seconds
PAUSE = 0.02  # seconds between two looks at a page
# Browsers ask so; it is the form in which pages are kept.
HEADERS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Look:
    """One page of one node. `shows`: whether what it answers is how it must be after the act."""

    name: str
    address: str
    shows: Callable[[driving.Answer], bool]


def has(title: str) -> Callable[[driving.Answer], bool]:
    return lambda found: found.status == 200 and title in found.body.decode()


def has_not(title: str) -> Callable[[driving.Answer], bool]:
    return lambda found: found.status < 500 and title not in found.body.decode()


def is_gone(found: driving.Answer) -> bool:
    return found.status in (404, 410)


class Desk:
    """The process in which somebody signs off (bench.acts)."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-m", "bench.acts"], cwd=PROJECT, env=environment, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, preexec_fn=end_with_parent,  # noqa: PLW1509
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def act(self, line: str) -> dict:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Failed(f"bench.acts broke off at {line!r}")
        return json.loads(answer)


def delays(looks: list[Look], act: Callable[[], object]) -> dict[str, float]:
    """Name of each look → seconds from the return of `act` until it shows; 0 when it did at once.

    Every page is looked at all the while, also before the act, so that it is kept somewhere as it was.
    """
    shown: dict[str, float] = {}
    ready, ended = threading.Event(), threading.Event()
    looked = {look.name: threading.Event() for look in looks}

    def watch(look: Look) -> None:
        while not ended.is_set():
            try:
                found = driving.ask(look.address, HEADERS)
            except Failed:
                found = driving.Answer(599, {}, b"")
            looked[look.name].set()
            if ready.is_set() and look.shows(found):
                shown[look.name] = time.monotonic()
                return
            time.sleep(PAUSE)

    threads = [threading.Thread(target=watch, args=(look,)) for look in looks]
    for thread in threads:
        thread.start()
    try:
        for event in looked.values():
            event.wait(GIVEN_UP)
        ready.set()  # what shows already while the act commits counts as at once
        act()
        committed = time.monotonic()
        for thread in threads:
            thread.join(max(0, committed + GIVEN_UP - time.monotonic()))
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    return {look.name: max(0.0, shown.get(look.name, committed + GIVEN_UP) - committed) for look in looks}


def publication(bench: Bench) -> Outcome:
    """Publications, each withdrawn again, on two nodes that share a database and Redis, and through nginx."""
    filled, outcome = bench.library.get(bench.same()), Outcome()
    published: dict[str, list[float]] = {}
    withdrawn: dict[str, list[float]] = {}
    signing: list[float] = []
    with bench.servers():
        settings = {"PAGE_CACHE": "1", "REDIS_URL": bench.grounds.redis()}
        nodes = [bench.grounds.site(filled.database, threads=4, **settings) for _ in range(2)]
        places = {f"node {number}": node.address for number, node in enumerate(nodes, 1)}
        if SHIPPED.exists():
            places["nginx"] = ours_behind_nginx(bench.grounds, nodes)
        else:
            outcome.notes.append("deploy/nginx.conf is not there: nodes alone")
        with Desk(bench.grounds.environment(filled.database, **settings)) as desk:
            before = desk.act(f"publish 前文{time.time_ns()}")
            for _ in range(bench.pace.publications):
                title = f"测速{time.time_ns()}"
                made: dict = {}
                looks = [look for name, place in places.items() for look in _published(name, place, title, before)]
                _gather(
                    published, delays(looks, lambda made=made, title=title: made.update(desk.act(f"publish {title}")))
                )
                signing.append(made["milliseconds"])
                looks = [look for name, place in places.items() for look in _withdrawn(name, place, title, made)]
                _gather(withdrawn, delays(looks, lambda made=made: desk.act(f"withdraw {made['article']}")))
            desk.act(f"withdraw {before['article']}")
    for name, found in (("published", published), ("withdrawn", withdrawn)):
        nodes_alone = [value for key, values in found.items() for value in values if _counts(name, key)]
        outcome.figures[name] = max(nodes_alone)
        outcome.details[name] = {
            key: {"worst_s": round(max(values), 3), "median_s": round(driving.percentile(values, 50), 3)}
            for key, values in found.items()
        }
    outcome.details["sign_off_ms"] = {
        "median": driving.percentile(signing, 50), "worst": max(signing), "publications": len(signing),
    }  # fmt: skip
    return outcome


def _counts(act: str, look: str) -> bool:
    """A publication is asked of the nodes; a withdrawal, which is urgent, of nginx before them too."""
    return act == "withdrawn" or not look.startswith("nginx")


def _gather(kept: dict[str, list[float]], found: dict[str, float]) -> None:
    for name, seconds in found.items():
        kept.setdefault(name, []).append(seconds)


def _published(name: str, place: str, title: str, before: dict) -> list[Look]:
    department = before["path"].split("/")[1]
    return [
        Look(f"{name}, home page", f"{place}/", has(title)),
        Look(f"{name}, listing", f"{place}/{department}/", has(title)),
        Look(f"{name}, neighbour", place + before["path"], has(title)),
        Look(f"{name}, feed", f"{place}/feed/", has(title)),
        # The page repeats what was asked for; it is marked in a result alone.
        Look(f"{name}, search", f"{place}/search/?q={quote(title)}", has(f"<mark>{title}</mark>")),
    ]


def _withdrawn(name: str, place: str, title: str, made: dict) -> list[Look]:
    department = made["path"].split("/")[1]
    return [
        Look(f"{name}, article", place + made["path"], is_gone),
        Look(f"{name}, home page", f"{place}/", has_not(title)),
        Look(f"{name}, listing", f"{place}/{department}/", has_not(title)),
        Look(f"{name}, feed", f"{place}/feed/", has_not(title)),
    ]
