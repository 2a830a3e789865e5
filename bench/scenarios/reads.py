"""Scenario: counted reads per second, and none lost when workers are killed.

    python -m bench.scenarios.reads [--redis yes|no|both] [--seconds 8] [--articles 1000] [--json FILE]
    DATABASE_URL=postgres://… python -m bench.scenarios.reads …         # an empty database; default: SQLite in a
    temporary folder

Starts the site (gunicorn, WORKERS 2, sync, or with THREADS in each) on a filled database and a redis-server of its own,
both only for the time of the run. wrk posts reads of distinct visitors (told apart by X-Forwarded-For), first of one
article, then of all in turn. Then clients that note every acknowledged read go on while workers are killed by SIGKILL
one after the other; at the end the counts are held against what was acknowledged. Needs wrk, and redis-server.
"""

import argparse
import http.client
import itertools
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

PROJECT_DIR = Path(__file__).resolve().parents[2]
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
# Each of wrk's threads has a network of its own, each request an address of it.
WRK_SCRIPT = """
local articles, thread = {%(articles)s}, 0
function setup(one) one:set('number', thread); thread = thread + 1 end
local n = 0
function request()
    n = n + 1
    local address = string.format('%%d.%%d.%%d.%%d', %(network)d + number, n / 65536, n / 256 %% 256, n %% 256)
    local article = articles[n %% #articles + 1]
    return wrk.format('POST', '/reads/' .. article .. '/', {
        ['User-Agent'] = '%(browser)s', ['Sec-Fetch-Site'] = 'same-origin', ['X-Forwarded-For'] = address})
end
"""


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis of this run's own, that keeps an append-only file as docs/operations.md asks; its address."""
    address = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", address, "--save", "", "--appendonly", "yes", "--dir", folder]
    with subprocess.Popen(["redis-server", *map(str, options)], stdout=subprocess.DEVNULL) as server:
        try:
            _wait_until(address.exists, "redis-server does not start")
            yield f"unix://{address}"
        finally:
            server.terminate()


@contextmanager
def running_site(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """The site on a free port: (port, number of the process that starts workers)."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", os.environ.get("WORKERS", "2"), "--log-level", "critical", "--no-control-socket"]
    if threads := os.environ.get("THREADS"):
        command += ["--worker-class", "gthread", "--threads", threads]
    with subprocess.Popen(command, cwd=PROJECT_DIR, env=environment) as server:
        try:
            _wait_until(lambda: _answers(port), "the site does not start")
            yield port, server.pid
        finally:
            server.terminate()


def _wait_until(done, complaint: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            sys.exit(complaint)
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        return _get(port, "/healthz") == 200
    except OSError:
        return False


def _get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


def run_manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=PROJECT_DIR, env=environment, check=True, text=True, capture_output=True).stdout


def live_article_ids(environment: dict[str, str], count: int) -> list[int]:
    asked = "from articles.models import Publication as P; print(*P.objects.live().values_list('article', flat=True))"
    return [int(pk) for pk in run_manage(environment, "shell", "--no-imports", "-c", asked).split()[:count]]


def flushed_read_count(environment: dict[str, str]) -> int:
    """All reads in the database, once everything is flushed."""
    run_manage(environment, "flush_reads")
    asked = (
        "from django.db.models import Sum; from articles.models import Read, ReadTotal; "
        "print(*[model.objects.aggregate(all=Sum('count'))['all'] or 0 for model in (Read, ReadTotal)])"
    )
    by_day, in_all = map(int, run_manage(environment, "shell", "--no-imports", "-c", asked).split())
    assert by_day == in_all, f"{by_day} reads by day, {in_all} in all"
    return by_day


def drive_reads(port: int, articles: list[int], seconds: int, network: int, folder: Path) -> dict[str, float]:
    script = folder / "reads.lua"
    chosen = ",".join(map(str, articles))
    script.write_text(WRK_SCRIPT % {"articles": chosen, "network": network, "browser": USER_AGENT})
    command = ["wrk", "-t2", "-c8", f"-d{seconds}s", "--latency", "-s", str(script), f"http://127.0.0.1:{port}"]
    said = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return {
        "answers": int(re.search(r"(\d+) requests in", said)[1]),
        "a_second": float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),
        "p99_ms": float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
        "refused": sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", said))),
    }


class ReadClients:
    """Threads that post reads, each of a visitor of its own, and note what was answered."""

    def __init__(self, port: int, articles: list[int], threads: int = 8) -> None:
        self.port, self.articles = port, articles
        self.visitors = itertools.count(1)
        self.acknowledged: Counter[int] = Counter()
        self.sent = 0
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._post_reads) for _ in range(threads)]

    def _post_reads(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self.ended.is_set():
            with self.lock:
                visitor = next(self.visitors)
                self.sent += 1
            article = self.articles[visitor % len(self.articles)]
            address = f"60.{visitor >> 16}.{visitor >> 8 & 255}.{visitor & 255}"
            headers = {"User-Agent": USER_AGENT, "Sec-Fetch-Site": "same-origin", "X-Forwarded-For": address}
            try:
                connection.request("POST", f"/reads/{article}/", headers=headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()  # the worker was killed; whether it counted nobody knows
                continue
            if answer.status == 200:
                with self.lock:
                    self.acknowledged[article] += 1

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()


def worker_pids(master: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def kill_workers(port: int, master: int, articles: list[int], seconds: int, environment: dict) -> dict[str, int]:
    before, killed = flushed_read_count(environment), 0
    with ReadClients(port, articles) as clients:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.7)
            if workers := worker_pids(master):
                os.kill(workers[killed % len(workers)], signal.SIGKILL)
                killed += 1
                if environment["REDIS_URL"]:  # a flush in the midst of it, sometimes killed too
                    with subprocess.Popen(
                        [sys.executable, "manage.py", "flush_reads"],
                        cwd=PROJECT_DIR,
                        env=environment,
                        stdout=subprocess.DEVNULL,
                    ) as flush:
                        time.sleep(0.5 + 0.1 * (killed % 8))
                        flush.kill()
    grown, acknowledged = flushed_read_count(environment) - before, clients.acknowledged.total()
    return {
        "killed": killed,
        "sent": clients.sent,
        "acknowledged": acknowledged,
        "counted": grown,
        "lost": max(0, acknowledged - grown),
        "counted_more_than_sent": max(0, grown - clients.sent),
    }


def run_scenario(arguments: argparse.Namespace, *, redis: bool) -> dict:
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="qianfa-reads-")))
        database = os.environ.get("DATABASE_URL") or f"sqlite:///{folder / 'db.sqlite3'}"
        environment = os.environ | {
            "DATABASE_URL": database, "VAR_DIR": str(folder), "REDIS_URL": "", "SECRET_KEY": secrets.token_urlsafe(50),
            "TRUSTED_PROXIES": "127.0.0.1", "SITE_URL": "http://127.0.0.1", "DEBUG": "0", "LOG_LEVEL": "WARNING",
            "SIGNING_KEY_FILE": str(folder / "key.pem"), "TRUSTED_KEYS_DIR": str(folder / "trusted"),
            "LEDGER_HEAD_FILE": str(folder / "ledger-heads.jsonl"), "DJANGO_SETTINGS_MODULE": "portal.settings",
        }  # fmt: skip
        run_manage(environment, "signing_key", "--create-if-missing")
        run_manage(environment, "migrate", "--verbosity", "0")
        fill = [sys.executable, "-m", "bench.fill", str(arguments.articles), "--unsearched"]
        subprocess.run(fill, cwd=PROJECT_DIR, env=environment, check=True, stdout=subprocess.DEVNULL)
        run_manage(environment, "collectstatic", "--noinput", "--verbosity", "0")
        if redis:
            environment["REDIS_URL"] = opened.enter_context(redis_server(folder))
        articles = live_article_ids(environment, arguments.articles)
        port, master = opened.enter_context(running_site(environment))
        outcome: dict = {"database": database.partition(":")[0], "redis": redis, "articles": len(articles)}
        drive_reads(port, articles[:50], 2, 20, folder)
        for network, (name, chosen) in enumerate([("one_article", articles[:1]), ("many_articles", articles)]):
            before = flushed_read_count(environment)
            driven = drive_reads(port, chosen, arguments.seconds, 30 + 10 * network, folder)
            time.sleep(0.3)
            driven["counted"] = flushed_read_count(environment) - before
            driven["lost"] = max(0, driven["answers"] - driven["refused"] - driven["counted"])
            outcome[name] = driven
        outcome["killed"] = kill_workers(port, master, articles[:100], arguments.seconds, environment)
    return outcome


def summary_lines(outcome: dict) -> str:
    where = f"{outcome['database']}, {'with' if outcome['redis'] else 'without'} Redis"
    lines = [
        f"{where}, {name.replace('_', ' ')}: {one['a_second']:.0f} a second, p99 {one['p99_ms']:.1f} ms, "
        f"{one['answers']} answered, {one['refused']} refused, {one['counted']} counted, {one['lost']} lost"
        for name, one in ((name, outcome[name]) for name in ("one_article", "many_articles"))
    ]
    one = outcome["killed"]
    lines.append(
        f"{where}, {one['killed']} workers killed: {one['sent']} sent, {one['acknowledged']} acknowledged, "
        f"{one['counted']} counted, {one['lost']} lost"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scenarios.reads", description=__doc__.splitlines()[0])
    parser.add_argument("--redis", choices=["yes", "no", "both"], default="both")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--json", metavar="FILE", help="where the figures go as well")
    arguments = parser.parse_args()
    for program in ["wrk", *(["redis-server"] if arguments.redis != "no" else [])]:
        if not shutil.which(program):
            sys.exit(f"{program} is not installed.")
    outcomes = []
    for redis in {"yes": [True], "no": [False], "both": [False, True]}[arguments.redis]:
        outcomes.append(run_scenario(arguments, redis=redis))
        print(summary_lines(outcomes[-1]), flush=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(outcomes, indent=1) + "\n")


if __name__ == "__main__":
    main()
