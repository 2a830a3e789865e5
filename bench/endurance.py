"""What shows only with time: memory under load; and what takes time before there is any: the start. Reads too."""

import json
import random
import statistics
import time
from datetime import UTC, datetime
from urllib.parse import quote

from bench import driving
from bench.bench import Bench, Outcome
from bench.grounds import PROJECT, program
from bench.processes import Failed, children_of, free_port, memory_of, until
from bench.sets import Filled

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LOOKS = 120  # at the memory, in the whole time
# Of a hundred requests: hot pages, articles all over the site, listings, searches, reads; others are feeds, proofs.
MIX = {"hot": 30, "article": 35, "listing": 10, "search": 8, "read": 10, "other": 7}
STARTS = 5
KINDS_OF_READS = ("one_article", "many_articles")  # of bench.reads


def memory(bench: Bench) -> Outcome:
    """Largest worker at the end of mixed load (MB), and how much the workers grew in the second half, at most.

    gthread workers as bin/run starts them, with Redis, and the page cache on.
    """
    filled, outcome = bench.library.get(bench.same()), Outcome()
    seconds = bench.pace.minutes * 60
    with bench.servers():
        node = bench.grounds.site(filled.database, threads=4, PAGE_CACHE="1", REDIS_URL=bench.grounds.redis())
        folder = bench.grounds.folder("load")
        script = folder / "mixed.lua"
        script.write_text(mixed_load(filled))
        at_rest = [memory_of(pid) for pid in children_of(node.pid)]
        command = [program("wrk"), "-t1", "-c8", f"-d{round(seconds)}s", "--timeout", "30s", "--latency"]
        load = bench.processes.start("wrk", [*command, "-s", script, node.address])
        series: dict[int, list[float]] = {}
        began = time.monotonic()
        while load.poll() is None:
            for pid in children_of(node.pid):
                series.setdefault(pid, []).append(memory_of(pid))
            time.sleep(seconds / LOOKS)
        took = time.monotonic() - began
        said = bench.processes.said("wrk")
        if load.returncode or took < seconds * 0.9:
            raise Failed(f"the load broke off after {took:.0f} s: {said}")
        sample = driving.read_wrk((bench.processes.logs / "wrk.log").read_text())
    if len(series) != len(at_rest):
        outcome.notes.append(f"workers were replaced during the load: {len(series)} in all")
    grown = {pid: growth_of(values[len(values) // 2 :]) for pid, values in series.items() if len(values) >= LOOKS // 2}
    outcome.figures = {
        "largest": max(statistics.median(values[-5:]) for values in series.values()),
        "growth": max(grown.values(), default=None),
    }
    kept = max(1, LOOKS // 20)  # every which look
    outcome.details = {
        "minutes": bench.pace.minutes, "at_rest_mb": [round(one, 1) for one in at_rest],
        "per_second": sample.rate, "p99_ms": sample.p99, "failed": sample.failed, "mix_percent": MIX,
        "workers_mb": [[round(value, 1) for value in values[::kept]] for values in series.values()],
    }  # fmt: skip
    if sample.failed:
        outcome.notes.append(f"{sample.failed} answers were no good ones")
    return outcome


def growth_of(values: list[float]) -> float:
    """How much the last fifth of the values lies above the first, by their medians; 0 when it does not."""
    part = max(1, len(values) // 5)
    return max(0.0, statistics.median(values[-part:]) - statistics.median(values[:part]))


def mixed_load(filled: Filled, requests: int = 20_000) -> str:
    """A script for wrk of so many requests in an order that is always the same."""
    chance, spread = random.Random(7), filled.facts["spread"]
    words = [*filled.facts["words"]["common"], *filled.facts["words"]["rare"]]
    kinds = chance.choices(list(MIX), list(MIX.values()), k=requests)
    made = []
    for kind in kinds:
        article = chance.choice(spread)
        listing = chance.choice(filled.facts["departments"])
        match kind:
            case "hot":
                made.append(("GET", chance.choice(["/", f"/{filled.large['slug']}/", *spread[:8]])))
            case "article":
                made.append(("GET", article))
            case "listing":
                page = chance.randint(1, max(1, listing["last_page"] - 1))
                made.append(("GET", f"/{listing['slug']}/?page={page}"))
            case "search":
                made.append(("GET", f"/search/?q={quote(chance.choice(words))}"))
            case "read":
                made.append(("POST", f"/reads/{article.split('/')[2]}/"))
            case "other":
                made.append(("GET", chance.choice(["/feed/", f"{article}proof/", f"/{listing['slug']}/feed/"])))
    lines = ",\n".join(f"{{{json.dumps(method)}, {json.dumps(path)}}}" for method, path in made)
    return (
        f"local asked, at = {{{lines}}}, 0\n"
        "function request()\n    at = at + 1\n    local one = asked[(at - 1) % #asked + 1]\n"
        "    local address = string.format('10.%d.%d.%d', at / 65536 % 256, at / 256 % 256, at % 256)\n"
        f"    return wrk.format(one[1], one[2], {{['User-Agent'] = {json.dumps(BROWSER)}, "
        "['Sec-Fetch-Site'] = 'same-origin', ['Accept-Encoding'] = 'br', ['X-Forwarded-For'] = address})\nend\n"
    )


def start(bench: Bench) -> Outcome:
    """Seconds from `bin/run` to the first answer of /healthz, on SQLite with demonstration content set up before."""
    outcome = Outcome()
    environment = {
        name: value
        for name, value in bench.grounds.environment("postgres").items()
        if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
    }
    environment["VAR_DIR"] = str(bench.grounds.folder("started"))
    first = _seconds_to_start(bench, environment, patience=900)
    times = [_seconds_to_start(bench, environment, patience=60) for _ in range(STARTS)]
    outcome.figures["seconds"] = max(times)
    outcome.details = {"seconds": [round(one, 2) for one in times], "median": round(statistics.median(times), 2)}
    outcome.details["first_start_on_an_empty_folder"] = round(first, 1)
    return outcome


def _seconds_to_start(bench: Bench, environment: dict[str, str], patience: float) -> float:
    port = free_port()
    command = [PROJECT / "bin" / "run"]
    began = time.monotonic()
    process = bench.processes.start("bin-run", command, environment=environment | {"PORT": str(port)}, cwd=PROJECT)

    def answers() -> bool:
        if process.poll() is not None:
            raise Failed(f"bin/run ended: {bench.processes.said('bin-run')}")
        try:
            return driving.ask(f"http://127.0.0.1:{port}/healthz").status == 200
        except Failed:
            return False

    try:
        until(answers, f"bin/run does not answer within {patience} s", patience, pause=0.01)
        return time.monotonic() - began
    finally:
        bench.processes.end(process)


def reads(bench: Bench) -> Outcome:
    """What bench.reads tells: on SQLite alone, and on PostgreSQL with Redis."""
    if not (PROJECT / "bench" / "reads.py").exists():
        raise Failed("bench/reads.py is not there")
    outcome = Outcome()
    seconds = str(max(2, bench.pace.seconds * 2))
    name = f"qianfa_bench_reads_{datetime.now(UTC):%Y%m%d%H%M%S}"
    bench.grounds.make_database(name)
    try:
        with_redis = _reads(bench, bench.grounds.environment(name), "yes", seconds)
        alone = bench.grounds.environment(name)
        del alone["DATABASE_URL"]
        on_sqlite = _reads(bench, alone, "no", seconds)
    finally:
        bench.grounds.drop_database(name)
    outcome.details = {"redis": with_redis, "sqlite": on_sqlite}
    outcome.figures = {
        "redis": min(with_redis[kind]["a_second"] for kind in KINDS_OF_READS),
        "sqlite": min(on_sqlite[kind]["a_second"] for kind in KINDS_OF_READS),
        "lost": sum(one[kind]["lost"] for one in (with_redis, on_sqlite) for kind in (*KINDS_OF_READS, "killed")),
    }  # fmt: skip
    return outcome


def _reads(bench: Bench, environment: dict[str, str], redis: str, seconds: str) -> dict:
    file = bench.grounds.work / "reads.json"
    command = ["-m", "bench.reads", "--redis", redis, "--seconds", seconds, "--json", file]
    bench.grounds.run_python(command, environment)
    return json.loads(file.read_text())[0]
