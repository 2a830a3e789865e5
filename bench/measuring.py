"""Measures the site against its goals: fills, starts, drives, and prints the table. What bench/run starts.

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

from bench import endurance, growth, machine, table, throughput, visibility
from bench.bench import QUICK, Bench, Outcome, Pace, read_peers
from bench.goals import PARTS
from bench.grounds import PROJECT, Grounds, missing_packages
from bench.processes import Failed, Processes, terminate_on_signals
from bench.sets import Library

# Outside of the clone: PostgreSQL, which root runs as another user, must be able to reach it. Outlives a restart.
WORK = Path("/var/tmp/qianfa-bench")  # noqa: S108 (made by us, with a cluster in it that only its owner opens)

MEASURED: dict[str, Callable[[Bench], Outcome]] = {
    "uncached": throughput.uncached,
    "cached": throughput.cached,
    "nginx": throughput.nginx,
    "growth": growth.growth,
    "search": growth.search,
    "reads": endurance.reads,
    "publication": visibility.publication,
    "memory": endurance.memory,
    "start": endurance.start,
}
NEEDED = {
    "uncached": {"wrk"}, "cached": {"wrk", "redis-server"}, "nginx": {"wrk", "nginx", "redis-server"}, "growth": set(),
    "search": set(), "reads": {"wrk", "redis-server"}, "publication": {"redis-server", "nginx"},
    "memory": {"wrk", "redis-server"}, "start": set(),
}  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of: fill {' '.join(PARTS)}; default: all; "
                        "fill alone only fills the databases")  # fmt: skip
    parser.add_argument("--peers", type=Path, metavar="FILE", help="words NAME=URL of the servers to compare with: "
                        "wagtail-100k-article, -list, -deep, -home, the same with 10k, lean-article, …")  # fmt: skip
    parser.add_argument("--articles", type=Path, metavar="FILE.jsonl", help="the articles that the peer holds, for "
                        "ours to hold the same")  # fmt: skip
    parser.add_argument("--text", type=Path, metavar="FILE", help="Chinese text whose sentences made-up bodies have")
    parser.add_argument("--work", type=Path, default=WORK, metavar="FOLDER",
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


def pace_of(options: argparse.Namespace) -> Pace:
    given = {name: value for name in ("rounds", "seconds", "minutes") if (value := getattr(options, name)) is not None}
    return dataclasses.replace(QUICK if options.quick else Pace(), **given)


def check(options: argparse.Namespace) -> list[str]:
    """The parts to measure. Ends with what is wrong, or with what is to be installed."""
    unknown = set(options.parts) - {*PARTS, "fill"}
    if unknown:
        sys.exit(f"bench/run: no such part: {', '.join(sorted(unknown))}. Parts: fill {' '.join(PARTS)}")
    for file in (options.peers, options.articles, options.text):
        if file and not file.exists():
            sys.exit(f"bench/run: {file} is not there.")
    parts = [part for part in PARTS if not options.parts or part in options.parts]
    needed = set().union(*(NEEDED[part] for part in parts))
    if missing := missing_packages(needed, own_server=not options.database_url):
        sys.exit(
            f"bench/run: this needs {', '.join(missing)}. Debian, Ubuntu: apt install {' '.join(missing)}\n"
            "    What these packages start by themselves is not used, and need not run."
        )
    return parts


def prepare(bench: Bench, options: argparse.Namespace) -> None:
    """Database server, keys and collected static files, as in production."""
    if options.database_url:
        bench.grounds.server = _spelled(options.database_url)
    else:
        bench.grounds.start_database_server()
    environment = bench.grounds.environment("postgres")
    for command in (["signing_key", "--create-if-missing"], ["collectstatic", "--noinput", "--verbosity", "0"]):
        bench.grounds.run_python(["manage.py", *command], environment)


def _spelled(address: str) -> str:
    """As libpq and django-environ both understand it, without a database."""
    return urlsplit(address)._replace(scheme="postgresql", path="").geturl()


def measure(bench: Bench, part: str) -> dict:
    """The results of one part. A part that fails says why, and the others go on."""
    began = time.monotonic()
    pace = dataclasses.asdict(bench.pace) | {"is_quick": bench.pace.same < Pace().same}
    told = {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "machine": machine.described(bench.grounds), "pace": pace}
    try:
        with bench.servers():
            found = MEASURED[part](bench)
        told |= dataclasses.asdict(found)
    except Failed as error:
        told["failed"] = str(error)
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        # A fault of the measurement itself: hours of other parts are not to be lost by it.
        traceback.print_exc()
        told["failed"] = repr(error)
    return told | {"seconds": round(time.monotonic() - began)}


def main() -> None:
    options = arguments().parse_args()
    out = options.out or (options.work if options.quick else PROJECT / "bench")
    results_file = out / "results.json"
    if not options.table:
        run(options, results_file)
    results = table.read(results_file)
    table.publish(results, out)
    print(f"\n{table.as_text(results)}\n\n{out / 'RESULTS.md'}")


def run(options: argparse.Namespace, results_file: Path) -> None:
    parts = check(options)
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
        grounds = Grounds(options.work.resolve(), processes)
        peers = read_peers(options.peers) if options.peers else {}
        bench = Bench(grounds, Library(grounds, options.articles, options.text), pace_of(options), peers)
        try:
            prepare(bench, options)
            if "fill" in options.parts or not options.parts:
                for one in [bench.same(), *bench.grown()]:
                    bench.library.get(one)
        except Failed as error:
            sys.exit(f"bench/run: {error}")
        for part in parts:
            print(f"{datetime.now(UTC):%H:%M:%S} {part} …", flush=True)
            results = table.read(results_file)
            results[part] = measure(bench, part)
            table.write(results_file, results)
            if "failed" in results[part]:
                print(f"    failed: {results[part]['failed']}", flush=True)


if __name__ == "__main__":
    main()
