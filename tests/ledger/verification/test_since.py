"""`verify --since N:HASH` walks from a verified head; exports are held against noted heads."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from departments.models import Role
from ledger.heads.head_file import write_head
from ledger.models import Entry
from ledger.record import record
from tests.ledger.attacker import past_the_guards, run, tamper
from tests.ledger.auditor import verify


@pytest.fixture
def entries(db) -> list[Entry]:
    """Six entries, each noted."""
    return [_act(turn) for turn in range(6)]


def _act(turn: int) -> Entry:
    with transaction.atomic():
        entry = record("role.noted", Role.objects.get(code="drafter"), turn=turn)
    assert write_head(entry)
    return entry


def head(entry: Entry) -> str:
    return f"{entry.number}:{entry.hash}"


def said(**options) -> list[str]:
    """The lines of `verify`, with its last word if all matches."""
    out = io.StringIO()
    try:
        call_command("verify", stdout=out, **options)
    except CommandError:
        return out.getvalue().splitlines()
    return out.getvalue().splitlines()[:-1]


@pytest.fixture(params=["site", "export"])
def verify_since(request, entries, tmp_path):
    """A function that verifies what is there now, in the database or in an export of it."""

    def verified(since: str) -> list[str]:
        if request.param == "site":
            return said(since=since)
        file = tmp_path / "ledger.jsonl"
        file.unlink(missing_ok=True)
        call_command("ledger", "export", file, stdout=io.StringIO())
        return said(since=since, ledger=file)

    return verified


def test_entries_before_a_head_that_was_verified_are_not_walked_again(entries, verify_since):
    assert verify_since(head(entries[3])) == []
    tamper("UPDATE ledger_entry SET actor_name = %s WHERE number = 2", ["别人"])
    assert verify() == ["ledger entry 2: its words do not match its hash"]
    assert verify_since(head(entries[3])) == []


@pytest.mark.parametrize("number", [4, 5, 6])
def test_the_head_itself_and_what_came_since_are_checked(entries, verify_since, number):
    tamper("UPDATE ledger_entry SET actor_name = %s WHERE number = %s", ["别人", number])
    assert verify_since(head(entries[3])) == [f"ledger entry {number}: its words do not match its hash"]


def test_the_entry_after_the_head_must_be_chained_to_it(entries, verify_since):
    with past_the_guards():
        run("UPDATE ledger_entry SET previous = %s WHERE number = 5", ["0" * 63 + "1"])
    assert "ledger entry 5: is not chained to the entry before it" in verify_since(head(entries[3]))


def test_a_head_that_the_ledger_does_not_have_is_named(entries, verify_since):
    assert verify_since(f"4:{'0' * 64}") == ["ledger entry 4: differs from the head verified before"]
    assert verify_since(f"9:{'0' * 64}") == ["ledger: has nothing from there on, but entry 9 was verified before"]


def test_a_head_whose_entry_was_removed_is_named(entries, verify_since):
    tamper("DELETE FROM ledger_entry WHERE number = 4")
    assert verify_since(head(entries[3])) == [
        "ledger entry 5: entries 4 to 4 are missing",
        "ledger: has no entry 4, which was verified before",
        "ledger: has no entry 4, which was noted outside the database",
    ]


def test_an_export_is_held_against_every_noted_head(entries, tmp_path, settings):
    file = tmp_path / "ledger.jsonl"
    call_command("ledger", "export", file, stdout=io.StringIO())
    assert said(ledger=file) == []
    lines = settings.LEDGER_HEAD_FILE.read_text().splitlines(keepends=True)
    forged = lines[2].replace(entries[1].hash, "0" * 64)
    settings.LEDGER_HEAD_FILE.write_text("".join([*lines[:2], forged, *lines[3:]]))
    assert said(ledger=file) == ["ledger entry 2: differs from the head noted outside the database"]


def test_an_export_that_is_older_than_the_noted_heads_is_said_to_end_there(entries, tmp_path):
    file = tmp_path / "ledger.jsonl"
    call_command("ledger", "export", file, stdout=io.StringIO())
    _act(7)
    assert said(ledger=file) == ["note: the export ends at entry 6; entry 7 was noted since"]


def test_an_export_is_checked_where_no_head_was_ever_noted(entries, tmp_path, settings):
    """An auditor has the file and the public keys, and nothing else."""
    file = tmp_path / "ledger.jsonl"
    call_command("ledger", "export", file, stdout=io.StringIO())
    settings.LEDGER_HEAD_FILE = tmp_path / "nowhere" / "heads.jsonl"
    assert said(ledger=file) == []


# The other checks.


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def verified_head(newsroom) -> str:
    """The head after one article was published."""
    newsroom.published(title="从前的")
    assert verify() == []
    return head(Entry.objects.latest("number"))


@pytest.mark.both_databases("the articles are picked with a cast of text to a number")
def test_rows_of_articles_that_the_ledger_mentions_since_are_checked_and_no_others(newsroom, verified_head):
    newest = newsroom.published(title="新近的").article_id
    [old] = newsroom.department.articles.exclude(pk=newest).values_list("pk", flat=True)
    for table in ("publication", "revision"):
        tamper(f"UPDATE articles_{table} SET title = %s", ["伪造的"])
    assert {f"(article {pk})" in "".join(verify()) for pk in (old, newest)} == {True}
    recent = said(since=verified_head)
    assert recent and all(f"(article {newest})" in line for line in recent)


def test_a_draft_is_checked_although_no_entry_tells_of_its_saves(newsroom):
    draft = newsroom.draft().active_draft()
    since = head(Entry.objects.latest("number"))
    assert said(since=since) == []
    tamper("UPDATE articles_revision SET title = %s WHERE id = %s", ["伪造的", draft.pk])
    assert any(line.startswith(f"revision {draft.pk} ") for line in said(since=since))


@pytest.mark.parametrize("name", ["reviewer", "stranger"])
def test_a_new_decision_is_judged_by_what_was_granted_before_the_head(newsroom, name):
    """Scenario 52."""
    waiting = newsroom.submitted()
    since, by = head(Entry.objects.latest("number")), newsroom.people[name]
    with transaction.atomic():
        facts = {"round": 1, "step": waiting.current_step().name, "digest": waiting.revision.digest}
        record("article.approved", waiting.article, by=by, **facts)
    is_wrong = "who decided did not hold the role of the step there then" in "".join(said(since=since))
    assert is_wrong == (name == "stranger")


def test_a_bar_shows_on_a_terminal_which_check_is_at_work_and_how_far_it_is(newsroom, capsys):
    newsroom.published()
    call_command("verify", stdout=io.StringIO(), stderr=Terminal())
    shown = capsys.readouterr().err
    assert re.search(rf"\d+/\d+ chain: .*/{Entry.objects.count()} ", shown)
    call_command("verify", stdout=io.StringIO(), stderr=io.StringIO())
    assert capsys.readouterr().err == ""
