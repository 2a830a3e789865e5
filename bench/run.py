"""Entry point of `bench/run`: fills, starts servers, measures, prints the table.

Everything that runs is started for the measurement on 127.0.0.1, on ports of its own, and ended with it; filled
databases stay in the work folder, so that the next run finds them. Results of parts that are not measured this time
are kept.
"""

import argparse
import dataclasses
import fcntl
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench.fill.datasets import DatasetLibrary
from bench.harness import machine
from bench.harness.environment import PROJECT_DIR, BenchEnvironment, missing_packages
from bench.harness.measurement import QUICK_PROFILE, Bench, PartResult, Profile, read_peers
from bench.harness.processes import MeasurementFailed, Processes, terminate_on_signals
from bench.report import table
from bench.report.goals import PART_NAMES
from bench.scenarios import endurance, growth, throughput, visibility

# Outside of the clone: PostgreSQL, which root runs as another user, must be able to reach it. Outlives a restart.
DEFAULT_WORK_DIR = Path("/var/tmp/qianfa-bench")  # noqa: S108 (made by us, with a cluster in it that only its owner opens)

MEASUREMENTS: dict[str, Callable[[Bench], PartResult]] = {
    "uncached": throughput.measure_uncached,
    "cached": throughput.measure_cached,
    "nginx": throughput.measure_nginx,
    "growth": growth.measure_growth,
    "search": growth.measure_search,
    "reads": endurance.measure_reads,
    "publication": visibility.measure_publication,
    "memory": endurance.measure_memory,
    "start": endurance.measure_start,
}
REQUIRED_PROGRAMS = {
    "uncached": {"wrk"}, "cached": {"wrk", "redis-server"}, "nginx": {"wrk", "nginx", "redis-server"}, "growth": set(),
    "search": set(), "reads": {"wrk", "redis-server"}, "publication": {"redis-server", "nginx"},
    "memory": {"wrk", "redis-server"}, "start": set(),
}  # fmt: skip


def argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of: fill {' '.join(PART_NAMES)}; default: all; "
                        "fill alone only fills the databases")  # fmt: skip
    parser.add_argument("--peers", type=Path, metavar="FILE", help="words NAME=URL of the servers to compare with: "
                        "wagtail-100k-article, -list, -deep, -home, the same with 10k, lean-article, …")  # fmt: skip
    parser.add_argument("--articles", type=Path, metavar="FILE.jsonl", help="the articles that the peer holds, for "
                        "ours to hold the same")  # fmt: skip
    parser.add_argument("--text", type=Path, metavar="FILE", help="Chinese text whose sentences made-up bodies have")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK_DIR, metavar="FOLDER",
                        help="databases, keys, logs; default: %(default)s")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="results.json, RESULTS.md and growth.svg; default: "
                        "bench/, for a quick run the work folder")  # fmt: skip
    parser.add_argument("--database-url", default=os.environ.get("BENCH_DATABASE_URL", ""), metavar="URL",
                        help="a PostgreSQL server where databases may be made; default: BENCH_DATABASE_URL, else a "
                        "cluster of our own in the work folder")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="small sets and short rounds, to see that it works")
    parser.add_argument("--rounds", type=int, help="of each comparison")
    parser.add_argument("--seconds", type=int, help="that a round drives one page")
    parser.add_argument("--minutes", type=float, help="of mixed load for the memory")
    parser.add_argument("--table", action="store_true", help="measure nothing; make the table of the results anew")
    return parser


def profile_from_options(options: argparse.Namespace) -> Profile:
    given = {name: value for name in ("rounds", "seconds", "minutes") if (value := getattr(options, name)) is not None}
    return dataclasses.replace(QUICK_PROFILE if options.quick else Profile(), **given)


def validate_options(options: argparse.Namespace) -> list[str]:
    """The parts to measure. Ends with what is wrong, or with what is to be installed."""
    unknown = set(options.parts) - {*PART_NAMES, "fill"}
    if unknown:
        sys.exit(f"bench/run: no such part: {', '.join(sorted(unknown))}. Parts: fill {' '.join(PART_NAMES)}")
    for file in (options.peers, options.articles, options.text):
        if file and not file.exists():
            sys.exit(f"bench/run: {file} is not there.")
    parts = [part for part in PART_NAMES if not options.parts or part in options.parts]
    needed = set().union(*(REQUIRED_PROGRAMS[part] for part in parts))
    if missing := missing_packages(needed, own_server=not options.database_url):
        sys.exit(
            f"bench/run: this needs {', '.join(missing)}. Debian, Ubuntu: apt install {' '.join(missing)}\n"
            "    What these packages start by themselves is not used, and need not run."
        )
    return parts


def prepare_servers(bench: Bench, options: argparse.Namespace) -> None:
    """Database server, keys and collected static files, as in production."""
    if options.database_url:
        bench.environment.postgresql_url = _normalised_url(options.database_url)
    else:
        bench.environment.start_database_server()
    environment = bench.environment.process_environ("postgres")
    for command in (["signing_key", "--create-if-missing"], ["collectstatic", "--noinput", "--verbosity", "0"]):
        bench.environment.run_python(["manage.py", *command], environment)


def _normalised_url(address: str) -> str:
    """As libpq and django-environ both understand it, without a database."""
    return urlsplit(address)._replace(scheme="postgresql", path="").geturl()


def measure_part(bench: Bench, part: str) -> dict:
    """The results of one part. A part that fails says why, and the others go on."""
    began = time.monotonic()
    pace = dataclasses.asdict(bench.profile) | {"is_quick": bench.profile.peer_articles < Profile().peer_articles}
    told = {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": machine.describe_machine(bench.environment),
        "pace": pace,
    }
    try:
        with bench.temporary_servers():
            found = MEASUREMENTS[part](bench)
        told |= dataclasses.asdict(found)
    except MeasurementFailed as error:
        told["failed"] = str(error)
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        # A fault of the measurement itself: hours of other parts are not to be lost by it.
        traceback.print_exc()
        told["failed"] = repr(error)
    return told | {"seconds": round(time.monotonic() - began)}


def main() -> None:
    options = argument_parser().parse_args()
    out = options.out or (options.work if options.quick else PROJECT_DIR / "bench")
    results_file = out / "results.json"
    if not options.table:
        run_parts(options, results_file)
    results = table.read_results(results_file)
    table.write_report(results, out)
    print(f"\n{table.as_text(results)}\n\n{out / 'RESULTS.md'}")


def run_parts(options: argparse.Namespace, results_file: Path) -> None:
    parts = validate_options(options)
    terminate_on_signals()
    options.work.mkdir(parents=True, exist_ok=True)
    results_file.parent.mkdir(parents=True, exist_ok=True)
    lock = (options.work / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"bench/run: another one is at work in {options.work}. Wait for it, or choose a folder with --work.")
    logs = options.work / "logs"
    logs.mkdir(exist_ok=True)
    for log in logs.glob("*.log"):
        log.unlink()
    with Processes(logs) as processes:
        grounds = BenchEnvironment(options.work.resolve(), processes)
        peers = read_peers(options.peers) if options.peers else {}
        bench = Bench(
            grounds, DatasetLibrary(grounds, options.articles, options.text), profile_from_options(options), peers
        )
        try:
            prepare_servers(bench, options)
            if "fill" in options.parts or not options.parts:
                for one in [bench.peer_dataset(), *bench.growth_datasets()]:
                    bench.datasets.get(one)
        except MeasurementFailed as error:
            sys.exit(f"bench/run: {error}")
        for part in parts:
            print(f"{datetime.now(UTC):%H:%M:%S} {part} …", flush=True)
            results = table.read_results(results_file)
            results[part] = measure_part(bench, part)
            table.write_results(results_file, results)
            if "failed" in results[part]:
                print(f"    failed: {results[part]['failed']}", flush=True)


if __name__ == "__main__":
    main()
