"""Scenario: memory under load, start-up time, read counting."""

import json
import random
import statistics
import time
from datetime import UTC, datetime
from urllib.parse import quote

from bench.fill.datasets import FilledDataset
from bench.harness import load
from bench.harness.environment import PROJECT_DIR, find_program
from bench.harness.measurement import Bench, PartResult
from bench.harness.processes import MeasurementFailed, child_pids, free_port, resident_memory_mb, wait_until

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MEMORY_SAMPLES = 120  # at the memory, in the whole time
# Of a hundred requests: hot pages, articles all over the site, listings, searches, reads; others are feeds, proofs.
REQUEST_MIX_PERCENT = {"hot": 30, "article": 35, "listing": 10, "search": 8, "read": 10, "other": 7}
START_REPEATS = 5
READ_SCENARIOS = ("one_article", "many_articles")  # of bench.scenarios.reads


def measure_memory(bench: Bench) -> PartResult:
    """Largest worker at the end of mixed load (MB), and how much the workers grew in the second half, at most.

    gthread workers as bin/run starts them, with Redis, and the page cache on.
    """
    filled, outcome = bench.datasets.get(bench.peer_dataset()), PartResult()
    seconds = bench.profile.minutes * 60
    with bench.temporary_servers():
        node = bench.environment.start_site(
            filled.database, threads=4, PAGE_CACHE="1", REDIS_URL=bench.environment.ensure_redis()
        )
        folder = bench.environment.ensure_folder("load")
        script = folder / "mixed.lua"
        script.write_text(mixed_load_script(filled))
        at_rest = [resident_memory_mb(pid) for pid in child_pids(node.pid)]
        command = [find_program("wrk"), "-t1", "-c8", f"-d{round(seconds)}s", "--timeout", "30s", "--latency"]
        wrk = bench.processes.start("wrk", [*command, "-s", script, node.address])
        series: dict[int, list[float]] = {}
        began = time.monotonic()
        while wrk.poll() is None:
            for pid in child_pids(node.pid):
                series.setdefault(pid, []).append(resident_memory_mb(pid))
            time.sleep(seconds / MEMORY_SAMPLES)
        took = time.monotonic() - began
        said = bench.processes.log_tail("wrk")
        if wrk.returncode or took < seconds * 0.9:
            raise MeasurementFailed(f"the load broke off after {took:.0f} s: {said}")
        sample = load.parse_wrk_output((bench.processes.logs / "wrk.log").read_text())
    if len(series) != len(at_rest):
        outcome.notes.append(f"workers were replaced during the load: {len(series)} in all")
    grown = {
        pid: median_growth(values[len(values) // 2 :])
        for pid, values in series.items()
        if len(values) >= MEMORY_SAMPLES // 2
    }
    outcome.figures = {
        "largest": max(statistics.median(values[-5:]) for values in series.values()),
        "growth": max(grown.values(), default=None),
    }
    kept = max(1, MEMORY_SAMPLES // 20)  # every which look
    outcome.details = {
        "minutes": bench.profile.minutes, "at_rest_mb": [round(one, 1) for one in at_rest],
        "per_second": sample.per_second, "p99_ms": sample.p99_ms, "failed": sample.failed,
        "mix_percent": REQUEST_MIX_PERCENT,
        "workers_mb": [[round(value, 1) for value in values[::kept]] for values in series.values()],
    }  # fmt: skip
    if sample.failed:
        outcome.notes.append(f"{sample.failed} answers were no good ones")
    return outcome


def median_growth(values: list[float]) -> float:
    """How much the last fifth of the values lies above the first, by their medians; 0 when it does not."""
    part = max(1, len(values) // 5)
    return max(0.0, statistics.median(values[-part:]) - statistics.median(values[:part]))


def mixed_load_script(filled: FilledDataset, requests: int = 20_000) -> str:
    """A script for wrk of so many requests in an order that is always the same."""
    chance, spread = random.Random(7), filled.info["spread"]
    words = [*filled.info["words"]["common"], *filled.info["words"]["rare"]]
    kinds = chance.choices(list(REQUEST_MIX_PERCENT), list(REQUEST_MIX_PERCENT.values()), k=requests)
    made = []
    for kind in kinds:
        article = chance.choice(spread)
        listing = chance.choice(filled.info["departments"])
        match kind:
            case "hot":
                made.append(("GET", chance.choice(["/", f"/{filled.largest_department['slug']}/", *spread[:8]])))
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
        f"    return wrk.format(one[1], one[2], {{['User-Agent'] = {json.dumps(USER_AGENT)}, "
        "['Sec-Fetch-Site'] = 'same-origin', ['Accept-Encoding'] = 'br', ['X-Forwarded-For'] = address})\nend\n"
    )


def measure_start(bench: Bench) -> PartResult:
    """Seconds from `bin/run` to the first answer of /healthz, on SQLite with demonstration content set up before."""
    outcome = PartResult()
    environment = {
        name: value
        for name, value in bench.environment.process_environ("postgres").items()
        if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
    }
    environment["VAR_DIR"] = str(bench.environment.ensure_folder("started"))
    first = _seconds_to_start(bench, environment, patience=900)
    times = [_seconds_to_start(bench, environment, patience=60) for _ in range(START_REPEATS)]
    outcome.figures["seconds"] = max(times)
    outcome.details = {"seconds": [round(one, 2) for one in times], "median": round(statistics.median(times), 2)}
    outcome.details["first_start_on_an_empty_folder"] = round(first, 1)
    return outcome


def _seconds_to_start(bench: Bench, environment: dict[str, str], patience: float) -> float:
    port = free_port()
    command = [PROJECT_DIR / "bin" / "run"]
    began = time.monotonic()
    process = bench.processes.start("bin-run", command, environment=environment | {"PORT": str(port)}, cwd=PROJECT_DIR)

    def answers() -> bool:
        if process.poll() is not None:
            raise MeasurementFailed(f"bin/run ended: {bench.processes.log_tail('bin-run')}")
        try:
            return load.fetch(f"http://127.0.0.1:{port}/healthz").status == 200
        except MeasurementFailed:
            return False

    try:
        wait_until(answers, f"bin/run does not answer within {patience} s", patience, pause=0.01)
        return time.monotonic() - began
    finally:
        bench.processes.stop(process)


def measure_reads(bench: Bench) -> PartResult:
    """What bench.scenarios.reads tells: on SQLite alone, and on PostgreSQL with Redis."""
    if not (PROJECT_DIR / "bench" / "reads.py").exists():
        raise MeasurementFailed("bench/scenarios/reads.py is not there")
    outcome = PartResult()
    seconds = str(max(2, bench.profile.seconds * 2))
    name = f"qianfa_bench_reads_{datetime.now(UTC):%Y%m%d%H%M%S}"
    bench.environment.create_database(name)
    try:
        with_redis = _run_reads_bench(bench, bench.environment.process_environ(name), "yes", seconds)
        alone = bench.environment.process_environ(name)
        del alone["DATABASE_URL"]
        on_sqlite = _run_reads_bench(bench, alone, "no", seconds)
    finally:
        bench.environment.drop_database(name)
    outcome.details = {"redis": with_redis, "sqlite": on_sqlite}
    outcome.figures = {
        "redis": min(with_redis[kind]["a_second"] for kind in READ_SCENARIOS),
        "sqlite": min(on_sqlite[kind]["a_second"] for kind in READ_SCENARIOS),
        "lost": sum(one[kind]["lost"] for one in (with_redis, on_sqlite) for kind in (*READ_SCENARIOS, "killed")),
    }  # fmt: skip
    return outcome


def _run_reads_bench(bench: Bench, environment: dict[str, str], redis: str, seconds: str) -> dict:
    file = bench.environment.work_dir / "reads.json"
    command = ["-m", "bench.scenarios.reads", "--redis", redis, "--seconds", seconds, "--json", file]
    bench.environment.run_python(command, environment)
    return json.loads(file.read_text())[0]
