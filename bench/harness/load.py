"""Load generation: wrk rounds that compare targets, and single timed requests.

Targets that are compared are measured in turn (A B C A B C …), and ratios are taken round by round, so that what the
machine does beside it falls on all of them alike (Mytkowicz, Diwan, Hauswirth, Sweeney, "Producing wrong data without
doing anything obviously wrong!", 2009, on the bias of measuring one after the other).
"""

import http.client
import json
import math
import re
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.harness.environment import find_program
from bench.harness.processes import MeasurementFailed

MILLISECONDS_PER_UNIT = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}
REQUEST_TIMEOUT_SECONDS = 60  # seconds for one answer


@dataclass(frozen=True)
class Target:
    """One address, or several of one server that are asked for in turn."""

    name: str
    addresses: tuple[str, ...]
    encoding: str = "identity"

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept-Encoding": self.encoding}


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class WrkSample:
    """One round: requests a second, milliseconds, and how many answers were none or not 2xx/3xx."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


@dataclass
class ComparisonSamples:
    """The samples of each target by its name, in the order of the rounds."""

    samples: dict[str, list[WrkSample]] = field(default_factory=dict)

    def ratios(self, name: str, base: str) -> list[float]:
        pairs = zip(self.samples[name], self.samples[base], strict=True)
        return [one.per_second / other.per_second for one, other in pairs]

    def ratio(self, name: str, base: str) -> float:
        """The median of the ratios of the rounds."""
        return statistics.median(self.ratios(name, base))

    def summary(self, name: str) -> dict[str, float]:
        """What stands in the results: medians, the slowest and the fastest round, and all that failed."""
        found = self.samples[name]
        rates = [one.per_second for one in found]
        return {
            "per_second": round(statistics.median(rates), 1), "slowest": round(min(rates), 1),
            "fastest": round(max(rates), 1), "p50_ms": round(statistics.median(one.p50_ms for one in found), 2),
            "p99_ms": round(statistics.median(one.p99_ms for one in found), 2),
            "failed": sum(one.failed for one in found),
        }  # fmt: skip


def fetch(address: str, headers: dict[str, str] | None = None) -> Response:
    """One answer on a connection of its own; follows nothing."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=REQUEST_TIMEOUT_SECONDS)
    try:
        connection.request("GET", address.partition(parts.netloc)[2] or "/", headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        return Response(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
    except (OSError, http.client.HTTPException) as error:
        raise MeasurementFailed(f"{address}: {error}") from error
    finally:
        connection.close()


def fetch_page(target: Target) -> Response:
    """The first page of a target. Raises MeasurementFailed unless it is 200 with a body."""
    found = fetch(target.addresses[0], target.headers)
    if found.status != 200 or not found.body:
        raise MeasurementFailed(f"{target.name}: {target.addresses[0]} answers {found.status}, {len(found.body)} bytes")
    return found


def compare_targets(targets: list[Target], *, count: int, seconds: int, connections: int = 8) -> ComparisonSamples:
    """Drives each target in every round with wrk -t1; before that once for a second, to fill caches and plans."""
    with tempfile.TemporaryDirectory(prefix="qianfa-wrk-") as folder:
        for target in targets:
            fetch_page(target)
            _run_wrk(target, seconds=1, connections=connections, folder=Path(folder))
        found = ComparisonSamples({target.name: [] for target in targets})
        for _ in range(count):
            for target in targets:
                sample = _run_wrk(target, seconds=seconds, connections=connections, folder=Path(folder))
                found.samples[target.name].append(sample)
    return found


def wrk_command(target: Target, *, seconds: int, connections: int, folder: Path) -> list[str]:
    script = []
    if len(target.addresses) > 1:
        paths = ", ".join(json.dumps(one.partition(urlsplit(one).netloc)[2]) for one in target.addresses)
        file = folder / f"{target.name}.lua"
        file.write_text(
            f"local paths, at = {{{paths}}}, 0\n"
            "function request() at = at % #paths + 1; return wrk.format('GET', paths[at]) end\n"
        )
        script = ["-s", str(file)]
    return [
        find_program("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s",
        "--timeout", f"{REQUEST_TIMEOUT_SECONDS}s", "--latency",
        "-H", f"Accept-Encoding: {target.encoding}", *script, target.addresses[0],
    ]  # fmt: skip


def _run_wrk(target: Target, *, seconds: int, connections: int, folder: Path) -> WrkSample:
    command = wrk_command(target, seconds=seconds, connections=connections, folder=folder)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MeasurementFailed(f"wrk {target.addresses[0]}: {(done.stderr or done.stdout).strip()[-300:]}")
    _drain(target)
    return parse_wrk_output(done.stdout)


def parse_wrk_output(said: str) -> WrkSample:
    """What wrk --latency printed."""
    latency = {
        percent: float(value) * MILLISECONDS_PER_UNIT[unit]
        for percent, value, unit in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE)
    }
    failed = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", said)))
    for line in re.findall(r"Socket errors: (.*)", said):
        failed += sum(map(int, re.findall(r"\d+", line)))
    return WrkSample(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), latency["50"], latency["99"], failed)


def _drain(target: Target) -> None:
    """Waits for what wrk left in flight, so that a slow target does not slow down the next one."""
    for _ in range(2):
        fetch(target.addresses[0], target.headers)
    time.sleep(0.3)


def fetch_milliseconds(address: str, headers: dict[str, str]) -> float:
    """Milliseconds for one page. Raises MeasurementFailed unless it is 200."""
    began = time.perf_counter()
    found = fetch(address, headers)
    took = (time.perf_counter() - began) * 1000
    if found.status != 200:
        raise MeasurementFailed(f"{address} answers {found.status}")
    return took


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that at least `percent` of them do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
