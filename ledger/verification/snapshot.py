"""One moment of the database, read by one process or by several at once."""

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from typing import Any

from django.db import DatabaseError, connection, connections

JOIN_TIMEOUT_SECONDS = 60  # how long a process may take until it reads the snapshot
Work = Callable[[Any, int], Iterable[str]]


class WorkerPool:
    """This process and those that it started, which read the same snapshot."""

    def __init__(self, workers: "list[_Worker]") -> None:
        self._workers = workers

    def run(self, work: Work, tasks: list) -> Iterator[str]:
        """Yield every line of `work(task, number)`, in no fixed order. A process that is free takes the next task.

        `work`: a function that can be pickled; `number`: of the process, from 0. Call this once in a snapshot.
        """
        if not self._workers:
            for task in tasks:
                yield from work(task, 0)
            return
        queue = self._workers[0].queue
        for task in [*tasks, *(None for _process in range(len(self._workers) + 1))]:
            queue.put(task)
        for worker in self._workers:
            worker.pipe.send(work)
        for task in iter(queue.get, None):
            yield from work(task, 0)
        for worker in self._workers:
            yield from worker.lines()


class _Worker:
    """A forked process. It waits for a snapshot, joins it, and takes tasks from the queue."""

    def __init__(self, number: int, queue: Any) -> None:
        self.queue = queue
        context = multiprocessing.get_context("fork")
        self.pipe, remote = context.Pipe()
        self.process = context.Process(target=_work_in_snapshot, args=(number, queue, self.pipe, remote), daemon=True)
        self.process.start()
        remote.close()  # so that reading ends when the process does

    def join_snapshot(self, exported: str) -> None:
        """Have the process read the exported snapshot. Raise OSError or EOFError if it does not answer."""
        self.pipe.send(exported)
        if not self.pipe.poll(JOIN_TIMEOUT_SECONDS) or self.pipe.recv() != "joined":
            raise OSError("a process could not read the snapshot")

    def lines(self) -> Iterator[str]:
        try:
            yield from iter(self.pipe.recv, None)
        except EOFError:
            self.process.join()
            yield f"verify: one of its processes ended with status {self.process.exitcode}; its checks are incomplete"

    def end(self) -> None:
        self.process.terminate()
        self.process.join()
        self.pipe.close()


def _work_in_snapshot(number: int, queue: Any, parent_end: Connection, pipe: Connection) -> None:
    parent_end.close()  # or this process would not notice that the other one is gone
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: the first process ends the others
    try:
        exported = pipe.recv()
        with _transaction():
            _read_snapshot(exported)
            pipe.send("joined")
            work = pipe.recv()
            for task in iter(queue.get, None):
                for line in work(task, number):
                    pipe.send(line)
        pipe.send(None)
    except (EOFError, BrokenPipeError):
        pass  # nobody wants the lines any more


@contextmanager
def snapshot(processes: int = 1) -> Iterator[WorkerPool]:
    """Everything read inside is read as of one moment, while others go on writing.

    Without it an act that is committed between two checks would look like tampering. Make the HeadList before: it only
    ever says what has been committed. Inside a transaction (in tests) there is nothing to do.

    `processes`: how many may read it, this one included. A process that cannot is done without.
    """
    if connection.in_atomic_block:
        yield WorkerPool([])
        return
    with ExitStack() as ends:
        workers = _start_workers(processes - 1)
        for worker in workers:
            ends.callback(worker.end)
        ends.enter_context(_transaction())
        yield WorkerPool(workers if _share_snapshot(workers) else [])


def _start_workers(count: int) -> "list[_Worker]":
    if count < 1 or "fork" not in multiprocessing.get_all_start_methods():
        return []
    connections.close_all()  # a forked process must not use a connection or a pool of this one
    if connection.vendor == "postgresql":
        connection.close_pool()
    queue = multiprocessing.get_context("fork").SimpleQueue()
    return [_Worker(number, queue) for number in range(1, count + 1)]


@contextmanager
def _transaction() -> Iterator[None]:
    """A transaction that only reads. By hand: Django's are IMMEDIATE on SQLite and would keep all writers waiting."""
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    _execute(begin)
    try:
        yield
    finally:
        _execute("ROLLBACK")


def _share_snapshot(workers: "list[_Worker]") -> bool:
    """Have the workers read what this process reads. Return False if one cannot."""
    try:
        if workers and connection.vendor == "sqlite":
            writers = connection.copy()
            try:
                with writers.cursor() as cursor:
                    cursor.execute("BEGIN IMMEDIATE")  # nobody writes until all have begun to read
                _read_snapshot("")
                for worker in workers:
                    worker.join_snapshot("")
            finally:
                writers.close()
        elif workers:
            exported = _execute("SELECT pg_export_snapshot()")
            for worker in workers:
                worker.join_snapshot(exported)
    except (DatabaseError, OSError, EOFError):
        return False
    return bool(workers)


def _read_snapshot(exported: str) -> None:
    if connection.vendor == "postgresql":
        _execute(f"SET TRANSACTION SNAPSHOT '{exported}'")
    else:
        _execute("SELECT 1 FROM sqlite_master LIMIT 1")  # the snapshot begins with the first reading


def _execute(statement: str) -> Any:
    """Return the first value, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None
