"""Ledger exports can be verified without the database."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from departments.models import Role
from ledger import exports
from ledger.models import Entry
from ledger.record import record
from tests.ledger.attacker import Stranger, tamper
from tests.ledger.auditor import verify


@pytest.fixture
def entries(db):
    role = Role.objects.get(code="drafter")
    with transaction.atomic():
        return [record("role.noted", role, turn=turn, words="“引号”\n换行 \u2028 <>") for turn in range(1, 6)]


@pytest.fixture
def export(entries, tmp_path):
    file = tmp_path / "ledger.jsonl"
    call_command("ledger", "export", file, stdout=StringIO())
    return file


def check(file: Path, **options) -> list[str]:
    """The findings of `verify --ledger`; none when all matches."""
    said = StringIO()
    try:
        call_command("verify", ledger=file, stdout=said, **options)
    except CommandError as error:
        return said.getvalue().splitlines() or [f"exit status {error.returncode} without a finding"]
    return []


def rewrite(file: Path, change) -> None:
    lines = file.read_text().splitlines()
    file.write_text("".join(line + "\n" for line in change(lines)))


def edited(number: int, /, **values):
    def change(lines):
        lines[number - 1] = json.dumps({**json.loads(lines[number - 1]), **values})
        return lines

    return change


def head(entry: Entry) -> str:
    return f"{entry.number}:{entry.hash}"


def test_what_was_written_reads_back_as_the_same_entries_and_is_written_the_same_again(entries, export):
    with export.open(encoding="utf-8") as lines:
        read = list(exports.read_entries(lines))
    for entry, again in zip(Entry.objects.order_by("number"), read, strict=True):
        assert [getattr(again, name) for name in exports.ENTRY_FIELD_TYPES] == [
            getattr(entry, name) for name in exports.ENTRY_FIELD_TYPES
        ]
    out = StringIO()
    assert exports.write_entries(read, out) == 5
    assert out.getvalue() == export.read_text()


def test_a_line_has_every_field_of_an_entry(entries, export):
    fields = [field.attname for field in Entry._meta.concrete_fields]
    assert [list(json.loads(line)) for line in export.read_text().splitlines()] == [fields] * 5


def test_without_a_file_the_lines_and_nothing_else_go_to_standard_output(entries, export):
    out = StringIO()
    call_command("ledger", "export", stdout=out)
    assert out.getvalue() == export.read_text()
    assert out.getvalue().count("\n") == 5


def test_a_file_that_exists_is_not_written_over(entries, export):
    before = export.read_text()
    with pytest.raises(CommandError, match=str(export)):
        call_command("ledger", "export", export, stdout=StringIO())
    assert export.read_text() == before


def test_an_exported_ledger_verifies(export):
    assert check(export) == []


def test_an_exported_ledger_is_checked_while_no_database_can_be_reached(export, environment):
    command = [sys.executable, "manage.py", "verify", "--ledger", export]
    unreachable = {**os.environ, **environment, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=unreachable, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "5:" in done.stdout


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (edited(3, actor_name="别人"), "ledger entry 3: its words do not match its hash"),
        (edited(3, time="2014-02-07T00:00:00.000000Z"), "ledger entry 3: its words do not match its hash"),
        (edited(3, data={"turn": 3.5}), "ledger entry 3: its words do not match its hash"),
        (edited(3, signature="00" * 64), "ledger entry 3: its signature does not hold"),
        (lambda lines: lines[:2] + lines[3:], "ledger entry 4: entries 3 to 3 are missing"),
        (lambda lines: lines[1:], "ledger entry 2: entries 1 to 1 are missing"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "ledger entry 1: stands behind entry 2"),
        (lambda lines: [*lines, lines[-1]], "ledger entry 5: stands behind entry 5"),
    ],
    ids=["actor", "time", "float", "signature", "removed", "beginning", "reordered", "repeated"],
)
def test_an_export_that_was_changed_is_named(export, change, named):
    """Scenario 44."""
    rewrite(export, change)
    assert named in check(export)


def test_an_export_signed_anew_with_another_key_is_named(entries, export):
    """Scenario 44."""
    stranger = Stranger()

    def forge(lines):
        entry = exports.from_line(lines[4])
        entry.actor_name = "别人"
        entry.hash = entry.compute_hash()
        entry.key, entry.signature = stranger.name, stranger.sign(b"qianfa ledger\n" + entry.hash.encode())
        return [*lines[:4], exports.to_line(entry)]

    rewrite(export, forge)
    assert check(export) == [f"ledger entry 5: signed with a key that is not trusted ({stranger.name})"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [*lines[:2], "no JSON", *lines[2:]], "line 3 is no ledger entry"),
        (lambda lines: [*lines[:2], "[" * 100_000, *lines[2:]], "line 3 is no ledger entry"),
        (edited(3, number=True), "number is of the wrong kind"),
        (edited(3, time="yesterday"), "line 3 is no ledger entry"),
        (edited(3, time="2014-2-7T00:00:00.0Z"), "time is not in its canonical form"),
        (edited(3, more="x"), "an entry has exactly"),
        (lambda lines: [*lines, ""], "line 6 is no ledger entry"),
    ],
    ids=["words", "nesting", "boolean", "time", "short time", "field", "empty line"],
)
def test_a_line_that_is_no_entry_is_named(export, change, words):
    rewrite(export, change)
    assert any(words in line for line in check(export))


def test_a_file_that_is_not_there_is_said_to_be_missing(db, tmp_path):
    with pytest.raises(CommandError, match=r"gone\.jsonl"):
        call_command("verify", ledger=tmp_path / "gone.jsonl", stdout=StringIO())


def test_a_cut_off_tail_of_an_export_is_seen_by_a_head_noted_elsewhere(entries, export):
    """Scenario 44."""
    rewrite(export, lambda lines: lines[:3])
    assert check(export) == []  # nothing in what is left says that there was more
    assert check(export, head=head(entries[4])) == ["ledger: ends at entry 3, but entry 5 was noted elsewhere"]


def test_a_head_noted_earlier_is_found_in_a_ledger_that_has_grown(entries, export):
    assert check(export, head=head(entries[1])) == []
    call_command("verify", head=head(entries[1]), stdout=StringIO())


def test_a_ledger_written_anew_is_seen_by_a_head_noted_before(entries):
    """Scenario 44. Even when site and key are the attacker's, and the note on this machine too."""
    noted = head(entries[4])
    tamper("DELETE FROM ledger_entry WHERE number > 3")
    role = Role.objects.get(code="drafter")
    with transaction.atomic():
        for turn in range(4, 8):
            record("role.noted", role, turn=turn, words="别的")
    assert verify() == []
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("verify", head=noted, stdout=said)
    assert said.getvalue().splitlines() == ["ledger entry 5: differs from the head noted elsewhere"]


@pytest.mark.parametrize("text", ["5", "5:", ":abc", "five:" + "0" * 64, "5:" + "g" * 64, "0:" + "0" * 64, "-1:x"])
def test_a_head_in_another_form_is_refused_with_the_right_one(db, text):
    with pytest.raises(CommandError, match="64"):
        call_command("verify", head=text, stdout=StringIO())
