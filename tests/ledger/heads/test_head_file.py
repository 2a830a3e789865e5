"""The list of heads grows by a line for each act, and survives a crash in the middle of one."""

import json

import pytest

from ledger.heads import head_file
from ledger.heads.exceptions import HeadsMissing, HeadsUnreadable
from ledger.heads.head_list import HeadList
from ledger.models import Alarm, Entry
from tests.ledger.attacker import tamper
from tests.ledger.auditor import notes, verify

TORN = ['{"number":4,"ha', '{"number": 4}', "\0" * 9000]


@pytest.fixture
def file(settings):
    return settings.LEDGER_HEAD_FILE


def numbers(file) -> list[int]:
    return [json.loads(line)["number"] for line in file.read_text().splitlines()]


@pytest.mark.django_db(transaction=True)
def test_each_act_appends_a_line_that_carries_the_signature_of_its_entry(act, file):
    made = [act(turn=turn) for turn in range(3)]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert numbers(file) == [0, 1, 2, 3]
    assert [(line["hash"], line["key"], line["signature"]) for line in lines[1:]] == [
        (entry.hash, entry.key, entry.signature) for entry in made
    ]
    assert verify() == [] and notes() == []


@pytest.mark.parametrize("torn", TORN, ids=["cut", "without its end", "zeros"])
def test_half_a_line_that_a_crash_left_is_removed_by_the_next_act(act, file, torn, caplog):
    for turn in range(3):
        act(turn=turn)
    with file.open("a") as out:
        out.write(torn)
    assert head_file.load_head().number == 3
    act()
    assert numbers(file) == [0, 1, 2, 3, 4]
    assert "half a line" in caplog.text
    assert verify() == []


def test_a_head_that_was_cut_in_half_still_must_be_in_the_database(act, file):
    """The torn line was the last one; the heads before it keep their promise."""
    for turn in range(3):
        act(turn=turn)
    file.write_text(file.read_text()[:-40])
    tamper("DELETE FROM ledger_entry WHERE number > 1")
    assert verify() == ["ledger: ends at entry 1, but entry 2 was noted outside the database"]


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"number":true,"hash":"' + "0" * 64 + '"}', "[" * 10000])
def test_a_whole_line_that_holds_no_head_stops_recording_and_is_named(act, file, line):
    act()
    file.write_text(f"{file.read_text()}{line}\n")
    with pytest.raises(HeadsUnreadable, match=file.name):
        act()
    assert Entry.objects.count() == 1
    assert verify() == [f"heads: line 3 of {file} holds no head"]


def test_a_line_put_in_front_of_later_ones_is_named(act, file):
    for turn in range(3):
        act(turn=turn)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, lines[1]]))
    assert verify() == [f"heads: line 5 of {file} stands behind a later head"]


def test_a_list_whose_beginning_was_cut_off_is_named(act, file):
    for turn in range(3):
        act(turn=turn)
    file.write_text("".join(file.read_text().splitlines(keepends=True)[2:]))
    assert verify() == [f"heads: the list in {file} begins at entry 2"]


@pytest.mark.parametrize("left", [None, ""], ids=["deleted", "emptied"])
def test_a_list_that_is_gone_stops_recording_and_is_named(act, file, left):
    """Scenario 62."""
    act()
    file.unlink() if left is None else file.write_text(left)
    with pytest.raises(HeadsMissing, match=file.name):
        act()
    assert Entry.objects.count() == 1
    assert verify() == [f"heads: none was noted outside the database, but the ledger has entries ({file})"]


def test_a_new_site_begins_its_list_with_its_first_act(act, file):
    file.unlink()
    act()
    act()
    assert numbers(file) == [0, 1, 2]
    assert verify() == []


def test_a_folder_that_cannot_hold_the_list_stops_the_first_act(act, settings, tmp_path):
    (tmp_path / "taken").write_text("a file where a folder is needed")
    settings.LEDGER_HEAD_FILE = tmp_path / "taken" / "heads.jsonl"
    with pytest.raises(HeadsUnreadable, match="taken"):
        act()
    assert not Entry.objects.exists()


def test_a_head_that_cannot_be_noted_undoes_nothing_and_the_next_act_vouches_for_it(act, file):
    act()
    lock = file.with_suffix(".lock")
    lock.unlink()
    lock.mkdir()
    act()
    assert Entry.objects.count() == 2
    assert numbers(file) == [0, 1]
    assert Alarm.objects.get().subject == "head 2"
    lock.rmdir()
    act()
    assert numbers(file) == [0, 1, 3]
    assert verify() == []


@pytest.mark.django_db(transaction=True)
def test_verify_names_a_list_that_lags_behind_and_notes_what_it_has_checked(act, file):
    """Scenario 62. So it is after a crash between commit and note."""
    for turn in range(3):
        act(turn=turn)
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:2]))
    assert notes() == ["entries 2 to 3 were not noted outside the database; noted now"]
    assert numbers(file) == [0, 1, 3]
    assert verify() == [] and notes() == []


@pytest.mark.django_db(transaction=True)
def test_a_list_that_lags_behind_and_cannot_be_written_is_a_finding(act, file):
    """Scenario 62."""
    act()
    act()
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:2]))
    file.with_suffix(".lock").unlink()
    file.with_suffix(".lock").mkdir()
    assert verify() == ["heads: entries 2 to 2 were not noted outside the database, and cannot be"]


def test_every_noted_head_is_compared_and_not_the_last_alone(act, file):
    for turn in range(4):
        act(turn=turn)
    lines = file.read_text().splitlines(keepends=True)
    forged = json.dumps({**json.loads(lines[2]), "hash": "0" * 64}) + "\n"
    file.write_text("".join([*lines[:2], forged, *lines[3:]]))
    assert verify() == ["ledger entry 2: differs from the head noted outside the database"]


def test_heads_that_are_noted_while_the_list_is_read_do_not_count(act, file):
    act()
    heads = HeadList()
    act()
    assert [head.number for head in heads.surviving()] == [1]
    assert [head.number for head in HeadList().surviving()] == [1, 2]
