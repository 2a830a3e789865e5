"""`verify` names every change of the ledger and exits with 1 (scenario 44)."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
from django.conf import settings
from django.core.management import ManagementUtility
from django.db import connection, transaction

from departments.models import Department, Role
from ledger import seals
from ledger.heads import head_file
from ledger.models import Entry
from ledger.record import record, write_head
from tests import factories
from tests.ledger.attacker import Stranger, on_sqlite, past_the_guards, run, tamper
from tests.ledger.auditor import named, verify


@pytest.fixture
def entries(db):
    """Five entries, the head noted outside."""
    role = Role.objects.get(code="drafter")
    with transaction.atomic():
        made = [record("role.noted", role, turn=turn) for turn in range(1, 6)]
    write_head(made[-1])
    assert verify() == []
    return made


@contextmanager
def settings_of_another_list(settings, tmp_path):
    """What is recorded inside is checked against a list of heads that knows nothing."""
    usual, settings.LEDGER_HEAD_FILE = settings.LEDGER_HEAD_FILE, tmp_path / "another.jsonl"
    head_file.begin_heads()
    yield
    settings.LEDGER_HEAD_FILE = usual


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time", "2014-02-07 00:00:00+00:00"),
        ("actor_id", 4711),
        ("actor_name", "别人"),
        ("verb", "role.granted"),
        ("object_type", "departments.department"),
        ("object_id", "4711"),
        ("data", '{"turn": 4711}'),
        ("data", "{}"),
        ("data", '{"turn": 3.5}'),  # no canonical form: must be named, not crash the command
        ("data", "[[[]]]"),
    ],
)
def test_an_edited_entry_is_named(entries, column, value):
    """Scenario 44."""
    tamper(f'UPDATE ledger_entry SET "{column}" = %s WHERE number = 3', [value])
    assert named("ledger entry 3")
    assert not named("ledger entry 2") and not named("ledger entry 4")


def test_an_entry_edited_with_a_matching_hash_is_named(entries):
    """Scenario 44."""
    edited = entries[2]
    edited.actor_name = "别人"
    tamper("UPDATE ledger_entry SET actor_name = %s, hash = %s WHERE number = 3", ["别人", edited.compute_hash()])
    assert named("ledger entry 3") == ["ledger entry 3: its signature does not hold"]
    assert named("ledger entry 4") == ["ledger entry 4: is not chained to the entry before it"]


@pytest.mark.parametrize(("removed", "found_at"), [("number = 1", 2), ("number = 3", 4), ("number IN (2, 3)", 4)])
def test_a_removed_entry_is_named(entries, removed, found_at):
    """Scenario 44."""
    tamper(f"DELETE FROM ledger_entry WHERE {removed}")
    assert [line for line in named(f"ledger entry {found_at}") if "missing" in line]


def test_a_removed_entry_whose_gap_was_closed_is_named(entries):
    """Scenario 44."""
    with past_the_guards():
        run("DELETE FROM ledger_entry WHERE number = 3")
        run("UPDATE ledger_entry SET number = 3 WHERE number = 4")
        run("UPDATE ledger_entry SET number = 4 WHERE number = 5")
    assert named("ledger entry 3") and named("ledger entry 4")
    assert "ledger: ends at entry 4, but entry 5 was noted outside the database" in verify()


def test_reordered_entries_are_named(entries):
    """Scenario 44."""
    with past_the_guards():
        for old, new in [(2, 9), (3, 2), (9, 3)]:
            run("UPDATE ledger_entry SET number = %s WHERE number = %s", [new, old])
    assert named("ledger entry 2") and named("ledger entry 3")


@pytest.mark.parametrize("kept", [4, 1, 0])
def test_a_cut_off_tail_is_named_by_the_note_outside_the_database(entries, kept):
    """Scenario 44."""
    tamper("DELETE FROM ledger_entry WHERE number > %s", [kept])
    assert verify() == [f"ledger: ends at entry {kept}, but entry 5 was noted outside the database"]


def test_a_tail_that_was_cut_off_and_grown_again_is_named(entries, settings, tmp_path):
    """Scenario 44. Even with the site's own key: an act of today does not take the place of one that is gone."""
    tamper("DELETE FROM ledger_entry WHERE number = 5")
    with settings_of_another_list(settings, tmp_path), transaction.atomic():
        record("role.noted", Role.objects.get(code="drafter"), turn="another")
    assert verify() == ["ledger entry 5: differs from the head noted outside the database"]


def test_an_entry_signed_with_an_untrusted_key_is_named(entries):
    """Scenario 44."""
    stranger = Stranger()
    forged = Entry(
        number=6,
        time=entries[-1].time,
        actor_name="系统",
        verb="role.granted",
        object_type="departments.membership",
        object_id="1",
        data={},
        previous=entries[-1].hash,
        key=stranger.name,
    )
    forged.hash = forged.compute_hash()
    forged.signature = stranger.sign(b"qianfa ledger\n" + forged.hash.encode())
    with past_the_guards():
        forged.save(force_insert=True)
    assert named("ledger entry 6") == [f"ledger entry 6: signed with a key that is not trusted ({stranger.name})"]


def test_an_entry_that_only_claims_the_trusted_key_is_named(entries):
    """Scenario 44."""
    forged = Stranger().sign(b"qianfa ledger\n" + entries[2].hash.encode())
    tamper("UPDATE ledger_entry SET signature = %s WHERE number = 3", [forged])
    assert verify() == ["ledger entry 3: its signature does not hold"]


@pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "签章"])
def test_a_signature_that_is_none_is_named(entries, signature):
    tamper("UPDATE ledger_entry SET signature = %s WHERE number = 3", [signature])
    assert verify() == ["ledger entry 3: its signature does not hold"]


def test_a_seal_made_with_an_untrusted_key_is_named(db):
    """Scenario 44."""
    here = factories.department("组织建设", factories.person("admin", is_superuser=True))
    assert verify() == []
    stranger = Stranger()
    here.name = "被改的名字"
    forged = stranger.sign(seals.signing_input("department", here.manifest()))
    tamper(
        "UPDATE departments_department SET name = %s, seal_key = %s, seal_signature = %s WHERE id = %s",
        [here.name, stranger.name, forged, here.pk],
    )
    assert not Department.objects.get(pk=here.pk).seal_holds()
    assert len(named(f"department {here.pk}")) == 1


def test_a_seal_does_not_pass_for_one_over_another_kind_of_thing(db):
    manifest = {"schema": 1, "name": "组织建设"}
    key, signature = seals.seal("department", manifest)
    assert seals.is_valid_seal("department", manifest, key, signature)
    assert not seals.is_valid_seal("identity", manifest, key, signature)
    assert not seals.is_valid_seal("department", {**manifest, "name": "教育培训"}, key, signature)


def test_a_seal_of_another_site_does_not_hold_here(db, settings):
    key, signature = seals.seal("department", {"name": "组织建设"})
    settings.SEAL_SITE = "another"
    assert not seals.is_valid_seal("department", {"name": "组织建设"}, key, signature)


def test_a_note_of_the_head_that_was_damaged_is_not_taken_for_agreement(entries, settings):
    """Scenario 44."""
    beginning, line = settings.LEDGER_HEAD_FILE.read_text().splitlines()
    forged = json.dumps({**json.loads(line), "hash": "0" * 64})
    settings.LEDGER_HEAD_FILE.write_text(f"{beginning}\n{forged}\n")
    assert verify() == ["ledger entry 5: differs from the head noted outside the database"]


@pytest.mark.django_db(transaction=True)
def test_the_command_exits_with_1_and_with_0_again_once_all_matches(capsys):
    with transaction.atomic():
        record("role.noted", Role.objects.get(code="drafter"))
    hash_before = Entry.objects.get().hash
    tamper("UPDATE ledger_entry SET hash = %s", ["f" * 64])
    with pytest.raises(SystemExit) as ended:
        ManagementUtility(["manage.py", "verify"]).execute()
    assert ended.value.code == 1
    assert "ledger entry 1: its words do not match its hash" in capsys.readouterr().out
    tamper("UPDATE ledger_entry SET hash = %s", [hash_before])
    ManagementUtility(["manage.py", "verify"]).execute()
    assert f"1:{hash_before}" in capsys.readouterr().out


@on_sqlite
def test_verify_works_as_the_first_thing_that_a_process_does(db, environment, tmp_path):
    """Django probes the database for JSON at its first use, which fails in a transaction that it does not know of."""
    copy = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as read, closing(sqlite3.connect(copy)) as written:
        read.backup(written)
    own = {
        "DATABASE_URL": f"sqlite:///{copy}",
        "LEDGER_HEAD_FILE": str(tmp_path / "ledger-heads.jsonl"),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    ran = subprocess.run(
        [sys.executable, "manage.py", "verify"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment, **own},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
