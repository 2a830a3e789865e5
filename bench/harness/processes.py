"""Child processes of a benchmark, always stopped at its end."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

STOP_TIMEOUT_SECONDS = 15  # seconds for a program to end by itself before it is killed
PR_SET_PDEATHSIG = 1  # PR_SET_PDEATHSIG of prctl(2)


class MeasurementFailed(Exception):
    """A part cannot be measured; the words say why."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(done: Callable[[], object], complaint: str, seconds: float = 60, pause: float = 0.05) -> None:
    """Returns once `done` is true. Raises MeasurementFailed with the complaint when it is not within `seconds`."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise MeasurementFailed(complaint)
        time.sleep(pause)


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def terminate_on_signals() -> None:
    """SIGTERM and SIGHUP end us as Ctrl-C does, so that what was started is ended too."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)


_libc = ctypes.CDLL(None)


def end_with_parent(stopping: signal.Signals = signal.SIGTERM) -> None:
    """Run first in a child, which a process with one thread forks: it ends with us even if we are killed."""
    _libc.prctl(PR_SET_PDEATHSIG, stopping)


class Processes:
    """Those that run; a context at whose end they are ended, the last one first."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.running: list[tuple[subprocess.Popen, signal.Signals]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop_since(0)

    def start(
        self,
        name: str,
        command: Sequence[object],
        *,
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        **options: object,
    ) -> subprocess.Popen:
        """Starts a program in the foreground of its own session; what it says goes to <logs>/<name>.log."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=lambda: end_with_parent(stop_signal), **options,  # noqa: PLW1509
            )  # fmt: skip
        self.running.append((process, stop_signal))
        return process

    def start_server(self, name: str, command: Sequence[object], port: int, **options: object) -> subprocess.Popen:
        """The same for one that listens on `port`; raises Failed with the end of its log when it does not come up."""
        process = self.start(name, command, **options)
        with suppress(MeasurementFailed):
            wait_until(lambda: is_listening(port) or process.poll() is not None, "")
        if process.poll() is not None or not is_listening(port):
            raise MeasurementFailed(f"{name} did not start: {self.log_tail(name)}")
        return process

    def log_tail(self, name: str) -> str:
        """The last lines of its log."""
        return "\n".join((self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-8:])

    def checkpoint(self) -> int:
        """A mark for `stop_since`."""
        return len(self.running)

    def stop_since(self, mark: int) -> None:
        """Ends those started after the mark was taken."""
        while len(self.running) > mark:
            self.stop(self.running[-1][0])

    def stop(self, process: subprocess.Popen) -> None:
        at = next(index for index, (one, _signal) in enumerate(self.running) if one is process)
        _process, stop_signal = self.running.pop(at)
        if process.poll() is None:
            process.send_signal(stop_signal)
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def child_pids(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident_memory_mb(pid: int) -> float:
    """Resident memory in MB (10⁶ bytes), shared pages included."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
