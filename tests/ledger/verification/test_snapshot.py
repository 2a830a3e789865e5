"""Several processes share the checks of `verify`, and all of them read one moment."""

import io
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from departments.models import Department, Role
from departments.services import save_department
from ledger.models import Entry
from ledger.record import record
from ledger.verification import snapshot as snapshot_module
from ledger.verification.snapshot import snapshot
from tests.ledger.attacker import past_the_guards, run

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases("PostgreSQL exports a snapshot; on SQLite nobody writes until all have begun to read"),
]
MEETING_SECONDS = 30


def act() -> None:
    with transaction.atomic():
        record("role.noted", Role.objects.get(code="drafter"))


def act_elsewhere() -> None:
    try:
        act()
    finally:
        connection.close()


def meet(place: Path, number: int) -> None:
    """Wait until both processes have taken a task, so that neither takes both."""
    (place / f"{number}.arrived").touch()
    until = time.monotonic() + MEETING_SECONDS
    while len(list(place.glob("*.arrived"))) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)


def count_entries(place: Path, task: str, number: int) -> list[str]:
    meet(place, number)
    return [f"{number}: {Entry.objects.count()}"]


def end_the_second_process(place: Path, task: str, number: int) -> list[str]:
    meet(place, number)
    if number:
        os.kill(os.getpid(), signal.SIGKILL)
    return [task]


def tell_number(task: str, number: int) -> list[str]:
    return [f"{number}: {task}"]


def verify(processes: int) -> list[str]:
    out = io.StringIO()
    try:
        call_command("verify", processes=processes, stdout=out)
    except CommandError:
        return sorted(out.getvalue().splitlines())
    return []


def test_no_process_sees_what_is_committed_after_the_snapshot_began(tmp_path):
    act()
    with snapshot(processes=2) as pool:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(act_elsewhere).result()
        lines = sorted(pool.run(partial(count_entries, tmp_path), ["a", "b"]))
    assert lines == ["0: 1", "1: 1"]


def test_a_process_that_is_killed_is_named_and_the_other_goes_on(tmp_path):
    with snapshot(processes=2) as pool:
        first, second = pool.run(partial(end_the_second_process, tmp_path), ["a", "b"])
    assert first in ("a", "b")
    assert second == "verify: one of its processes ended with status -9; its checks are incomplete"


def test_without_a_process_that_can_read_the_snapshot_one_does_all(monkeypatch):
    monkeypatch.setattr(snapshot_module, "_work_in_snapshot", lambda *_given: os._exit(1))
    with snapshot(processes=2) as pool:
        assert list(pool.run(tell_number, ["a", "b"])) == ["0: a", "0: b"]


def test_inside_a_transaction_nothing_is_started():
    with transaction.atomic(), snapshot(processes=2) as pool:
        assert list(pool.run(tell_number, ["a", "b"])) == ["0: a", "0: b"]


def break_off(started: list) -> None:
    with snapshot(processes=3) as pool:
        started.extend(worker.process for worker in pool._workers)
        raise KeyboardInterrupt


def test_no_process_is_left_when_the_checks_are_broken_off():
    started = []
    with pytest.raises(KeyboardInterrupt):
        break_off(started)
    assert len(started) == 2
    assert not any(process.is_alive() for process in started)


def test_two_processes_name_what_one_names():
    act()
    save_department(Department(name="组织建设", slug="zuzhi"), by=None)
    assert verify(1) == verify(2) == []
    with past_the_guards():
        run("UPDATE ledger_entry SET verb = 'role.forged' WHERE number = 1")
        run("UPDATE departments_department SET name = '别的'")
        run("UPDATE departments_role SET name = '别的' WHERE code = 'drafter'")
    found = verify(1)
    assert len(found) > 2
    assert verify(2) == found
