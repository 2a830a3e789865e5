"""Scenario: delay until a publication or withdrawal shows on every node."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from bench.harness import load
from bench.harness.environment import PROJECT_DIR, PYTHON
from bench.harness.measurement import Bench, PartResult
from bench.harness.nginx import SHIPPED_NGINX_CONF, start_nginx_proxy
from bench.harness.processes import MeasurementFailed, end_with_parent

MAX_WAIT_SECONDS = 15  # seconds
POLL_INTERVAL_SECONDS = 0.02  # seconds between two looks at a page
# Browsers ask so; it is the form in which pages are kept.
HEADERS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class PageProbe:
    """One page of one node. `is_satisfied`: whether what it answers is how it must be after the act."""

    name: str
    address: str
    is_satisfied: Callable[[load.Response], bool]


def contains_title(title: str) -> Callable[[load.Response], bool]:
    return lambda found: found.status == 200 and title in found.body.decode()


def lacks_title(title: str) -> Callable[[load.Response], bool]:
    return lambda found: found.status < 500 and title not in found.body.decode()


def is_gone(found: load.Response) -> bool:
    return found.status in (404, 410)


class PublisherProcess:
    """The process in which somebody signs off (bench.scenarios.acts)."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-m", "bench.scenarios.acts"], cwd=PROJECT_DIR, env=environment, text=True, stdin=subprocess.PIPE,
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

    def send(self, line: str) -> dict:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise MeasurementFailed(f"bench.scenarios.acts broke off at {line!r}")
        return json.loads(answer)


def measure_delays(looks: list[PageProbe], act: Callable[[], object]) -> dict[str, float]:
    """Name of each look → seconds from the return of `act` until it shows; 0 when it did at once.

    Every page is looked at all the while, also before the act, so that it is kept somewhere as it was.
    """
    shown: dict[str, float] = {}
    ready, ended = threading.Event(), threading.Event()
    looked = {look.name: threading.Event() for look in looks}

    def watch(look: PageProbe) -> None:
        while not ended.is_set():
            try:
                found = load.fetch(look.address, HEADERS)
            except MeasurementFailed:
                found = load.Response(599, {}, b"")
            looked[look.name].set()
            if ready.is_set() and look.is_satisfied(found):
                shown[look.name] = time.monotonic()
                return
            time.sleep(POLL_INTERVAL_SECONDS)

    threads = [threading.Thread(target=watch, args=(look,)) for look in looks]
    for thread in threads:
        thread.start()
    try:
        for event in looked.values():
            event.wait(MAX_WAIT_SECONDS)
        ready.set()  # what shows already while the act commits counts as at once
        act()
        committed = time.monotonic()
        for thread in threads:
            thread.join(max(0, committed + MAX_WAIT_SECONDS - time.monotonic()))
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    return {look.name: max(0.0, shown.get(look.name, committed + MAX_WAIT_SECONDS) - committed) for look in looks}


def measure_publication(bench: Bench) -> PartResult:
    """Publications, each withdrawn again, on two nodes that share a database and Redis, and through nginx."""
    filled, outcome = bench.datasets.get(bench.peer_dataset()), PartResult()
    published: dict[str, list[float]] = {}
    withdrawn: dict[str, list[float]] = {}
    signing: list[float] = []
    with bench.temporary_servers():
        settings = {"PAGE_CACHE": "1", "REDIS_URL": bench.environment.ensure_redis()}
        nodes = [bench.environment.start_site(filled.database, threads=4, **settings) for _ in range(2)]
        places = {f"node {number}": node.address for number, node in enumerate(nodes, 1)}
        if SHIPPED_NGINX_CONF.exists():
            places["nginx"] = start_nginx_proxy(bench.environment, nodes)
        else:
            outcome.notes.append("deploy/nginx.conf is not there: nodes alone")
        with PublisherProcess(bench.environment.process_environ(filled.database, **settings)) as desk:
            before = desk.send(f"publish 前文{time.time_ns()}")
            for _ in range(bench.profile.publications):
                title = f"测速{time.time_ns()}"
                made: dict = {}
                looks = [
                    look for name, place in places.items() for look in _publication_probes(name, place, title, before)
                ]
                _collect_delays(
                    published,
                    measure_delays(looks, lambda made=made, title=title: made.update(desk.send(f"publish {title}"))),
                )
                signing.append(made["milliseconds"])
                looks = [
                    look for name, place in places.items() for look in _withdrawal_probes(name, place, title, made)
                ]
                _collect_delays(
                    withdrawn, measure_delays(looks, lambda made=made: desk.send(f"withdraw {made['article']}"))
                )
            desk.send(f"withdraw {before['article']}")
    for name, found in (("published", published), ("withdrawn", withdrawn)):
        nodes_alone = [value for key, values in found.items() for value in values if _is_scored(name, key)]
        outcome.figures[name] = max(nodes_alone)
        outcome.details[name] = {
            key: {"worst_s": round(max(values), 3), "median_s": round(load.percentile(values, 50), 3)}
            for key, values in found.items()
        }
    outcome.details["sign_off_ms"] = {
        "median": load.percentile(signing, 50), "worst": max(signing), "publications": len(signing),
    }  # fmt: skip
    return outcome


def _is_scored(act: str, look: str) -> bool:
    """A publication is asked of the nodes; a withdrawal, which is urgent, of nginx before them too."""
    return act == "withdrawn" or not look.startswith("nginx")


def _collect_delays(kept: dict[str, list[float]], found: dict[str, float]) -> None:
    for name, seconds in found.items():
        kept.setdefault(name, []).append(seconds)


def _publication_probes(name: str, place: str, title: str, before: dict) -> list[PageProbe]:
    department = before["path"].split("/")[1]
    return [
        PageProbe(f"{name}, home page", f"{place}/", contains_title(title)),
        PageProbe(f"{name}, listing", f"{place}/{department}/", contains_title(title)),
        PageProbe(f"{name}, neighbour", place + before["path"], contains_title(title)),
        PageProbe(f"{name}, feed", f"{place}/feed/", contains_title(title)),
        # The page repeats what was asked for; it is marked in a result alone.
        PageProbe(f"{name}, search", f"{place}/search/?q={quote(title)}", contains_title(f"<mark>{title}</mark>")),
    ]


def _withdrawal_probes(name: str, place: str, title: str, made: dict) -> list[PageProbe]:
    department = made["path"].split("/")[1]
    return [
        PageProbe(f"{name}, article", place + made["path"], is_gone),
        PageProbe(f"{name}, home page", f"{place}/", lacks_title(title)),
        PageProbe(f"{name}, listing", f"{place}/{department}/", lacks_title(title)),
        PageProbe(f"{name}, feed", f"{place}/feed/", lacks_title(title)),
    ]
