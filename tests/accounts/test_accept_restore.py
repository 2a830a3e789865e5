"""`accept_restore`: two superusers accept a restore, and the gap stays visible (scenario 54)."""

import getpass
import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.services import change_user
from ledger.heads import head_file, recording
from ledger.heads.exceptions import HeadsMissing, LedgerBehind
from ledger.heads.restores import accept_restore
from ledger.models import Entry
from tests import factories
from tests.factories import PASSWORD
from tests.ledger.attacker import past_the_guards, run, tamper
from tests.ledger.auditor import notes, verify
from tests.ledger.snapshots import DatabaseSnapshot

REAL_TRANSACTIONS = pytest.mark.django_db(transaction=True)
on_both_databases = pytest.mark.both_databases("entries are written under each database's lock")


@pytest.fixture
def restored(newsroom, django_capture_on_commit_callbacks):
    """A site with a second superuser and a public article, restored to before the last three acts."""
    newsroom.second = factories.person("second", is_superuser=True)
    newsroom.publication = newsroom.published()
    snapshot = DatabaseSnapshot()
    newsroom.last = last_entry()
    with django_capture_on_commit_callbacks(execute=True):
        for _turn in range(3):
            newsroom.draft()
    newsroom.lost_head = last_entry()
    snapshot.restore()
    recording._contained.clear()
    return newsroom


def last_entry() -> Entry:
    return Entry.objects.order_by("-number").first()


@pytest.fixture
def accept(monkeypatch, django_capture_on_commit_callbacks):
    """A function that returns what the command prints when these people type in user names and passwords."""

    def accepted(*people, **options) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            return run_command(monkeypatch, *people, **options)

    return accepted


@pytest.fixture
def draft(restored, django_capture_on_commit_callbacks):
    """A function that makes an act and notes its head."""

    def drafted() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            restored.draft()

    return drafted


def run_command(monkeypatch, *people, head=None, passwords=None) -> str:
    names, typed = iter([person.username for person in people]), iter(passwords or [PASSWORD] * len(people))
    monkeypatch.setattr("builtins.input", lambda _prompt: next(names))
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(typed))
    newest = last_entry()
    out = io.StringIO()
    call_command("accept_restore", head=head or f"{newest.number}:{newest.hash}", stdout=out)
    return out.getvalue()


@on_both_databases
@REAL_TRANSACTIONS
def test_two_superusers_accept_and_the_site_records_again(restored, draft, accept, english):
    last = restored.last.number
    said = accept(restored.admin, restored.second)
    assert f"lacks entries {last + 1} to {last + 3}" in said
    entry = last_entry()
    assert (entry.number, entry.verb, entry.actor_id) == (last + 1, "ledger.restore_accepted", restored.admin.pk)
    assert entry.data["head"] == {"number": last, "hash": restored.last.hash}
    assert (entry.data["lost"]["last"], entry.data["lost"]["last_hash"]) == (last + 3, restored.lost_head.hash)
    assert [person["id"] for person in entry.data["confirmed"]] == [restored.admin.pk, restored.second.pk]
    for _turn in range(3):  # also past the numbers that are gone
        draft()
    assert last_entry().number == last + 4
    assert verify() == []


def test_the_gap_stays_visible_everywhere(restored, draft, accept, client, tmp_path, english):
    last = restored.last.number
    accept(restored.admin, restored.second)
    draft()
    accepted = f"admin甲 and second甲 accepted this in entry {last + 1}"
    gap = f"entries {last + 1} to {last + 3} were lost in a restore; {accepted}"
    assert notes() == [gap]
    assert verify() == []

    facts = {"first": last + 1, "last": last + 3, "last_hash": restored.lost_head.hash}
    page = restored.publication.get_absolute_url()
    proof = client.get(f"{page}proof.json").json()
    assert [restore["lost"] for restore in proof["ledger"]["restores"]] == [facts]
    assert [restore["lost"] for restore in client.get("/ledger/head.json").json()["restores"]] == [facts]
    shown = client.get(f"{page}proof/").content.decode()
    assert "admin甲" in shown and "second甲" in shown and str(last + 3) in shown

    out = io.StringIO()
    call_command("ledger", "export", tmp_path / "ledger.jsonl", stdout=io.StringIO())
    call_command("verify", ledger=tmp_path / "ledger.jsonl", stdout=out)
    assert f"note: {gap}" in out.getvalue()


def test_a_head_that_somebody_noted_of_a_lost_entry_is_explained(restored, draft, accept):
    accept(restored.admin, restored.second)
    draft()
    draft()
    out, lost = io.StringIO(), restored.lost_head
    with pytest.raises(CommandError):
        call_command("verify", head=f"{lost.number}:{lost.hash}", stdout=out)
    [finding] = [line for line in out.getvalue().splitlines() if not line.startswith("note: ")]
    assert finding.startswith(f"ledger entry {lost.number}: differs from the head noted elsewhere (entries")
    assert "were lost in a restore" in finding


def test_one_superuser_is_not_enough(restored, accept, english):
    with pytest.raises(CommandError, match="Two superusers"):
        accept(restored.admin, restored.admin)
    assert last_entry() == restored.last


@pytest.mark.parametrize("passwords", [["wrong", PASSWORD], [PASSWORD, ""]])
def test_a_wrong_password_confirms_nothing(restored, draft, accept, passwords, english):
    with pytest.raises(CommandError, match="do not match"):
        accept(restored.admin, restored.second, passwords=passwords)
    assert last_entry() == restored.last
    with pytest.raises(LedgerBehind):
        draft()


def test_nobody_else_may_confirm(restored, accept, english):
    with pytest.raises(CommandError, match="active superuser"):
        accept(restored.admin, restored.publisher)
    assert last_entry() == restored.last


def test_a_superuser_whom_only_a_row_makes_one_may_not_confirm(restored, accept, english):
    """The person who prepared the snapshot can write any row into it, but no entry of the ledger."""
    tamper("UPDATE accounts_user SET is_superuser = %s WHERE id = %s", [True, restored.publisher.pk])
    with pytest.raises(CommandError, match="active superuser"):
        accept(restored.admin, restored.publisher)
    assert last_entry() == restored.last


def test_a_superuser_whose_password_hash_was_written_with_sql_may_not_confirm(restored, accept, english):
    """Scenario 54. The person who prepared the database knows that password."""
    other = User.objects.get(pk=restored.drafter.pk).password
    tamper("UPDATE accounts_user SET password = %s WHERE id = %s", [other, restored.second.pk])
    with pytest.raises(CommandError):
        accept(restored.admin, restored.second)
    assert not Entry.objects.filter(verb="ledger.restore_accepted").exists()


def test_a_superuser_who_was_deactivated_by_the_ledger_may_not_confirm(
    newsroom, accept, english, django_capture_on_commit_callbacks
):
    second = factories.person("second", is_superuser=True)
    second.is_active = False
    change_user(second, by=newsroom.admin)
    snapshot = DatabaseSnapshot()
    with django_capture_on_commit_callbacks(execute=True):
        newsroom.draft()
    snapshot.restore()
    tamper("UPDATE accounts_user SET is_active = %s WHERE id = %s", [True, second.pk])
    with pytest.raises(CommandError, match="active superuser"):
        accept(newsroom.admin, second)


def test_another_head_than_the_newest_is_refused_before_anybody_is_asked(restored, accept, english):
    earlier = Entry.objects.get(number=restored.last.number - 1)
    with pytest.raises(CommandError, match=f"{restored.last.number}:{restored.last.hash}"):
        accept(head=f"{earlier.number}:{earlier.hash}")


def test_a_database_that_has_every_head_is_left_alone(newsroom, accept, english):
    with pytest.raises(CommandError, match="nothing to accept"):
        accept()
    assert not Entry.objects.filter(verb="ledger.restore_accepted").exists()


def test_a_ledger_that_does_not_match_is_not_accepted(restored, accept, english):
    tamper("UPDATE ledger_entry SET actor_name = %s WHERE number = 3", ["别人"])
    with pytest.raises(CommandError, match="sound copy"):
        accept()


@on_both_databases
def test_the_same_snapshot_cannot_be_put_back_again_unnoticed(restored, draft, accept):
    """An acceptance excuses the heads before it, and none that was noted after."""
    accept(restored.admin, restored.second)
    snapshot = DatabaseSnapshot()
    accepted = last_entry()
    draft()  # has the number of an entry that was lost once
    snapshot.restore()
    with pytest.raises(LedgerBehind):
        draft()
    ends = f"ledger: ends at entry {accepted.number}, but entry {accepted.number + 1} was noted outside the database"
    assert verify() == [f"{ends} ({notes()[0]})"]
    accept(restored.admin, restored.second)
    draft()
    assert len(notes()) == 2
    assert verify() == []


@REAL_TRANSACTIONS
def test_a_crash_between_the_entry_and_the_line_is_made_up_for_without_asking_again(restored, draft, accept, settings):
    lines = settings.LEDGER_HEAD_FILE.read_bytes()
    accept(restored.admin, restored.second)
    settings.LEDGER_HEAD_FILE.write_bytes(lines)
    with pytest.raises(LedgerBehind):
        draft()
    accept()
    draft()
    assert Entry.objects.filter(verb="ledger.restore_accepted").count() == 1
    assert verify() == []


def test_a_second_machine_notes_what_was_accepted_on_the_first(restored, draft, accept, settings, tmp_path):
    """Its own list knows one of the lost heads."""
    first = settings.LEDGER_HEAD_FILE
    lines = first.read_text().splitlines(keepends=True)
    second = tmp_path / "second.jsonl"
    second.write_text("".join(lines[:5] + lines[-2:-1]))
    accept(restored.admin, restored.second)
    settings.LEDGER_HEAD_FILE = second
    with pytest.raises(LedgerBehind):
        draft()
    accept()
    draft()
    assert verify() == []


def test_a_list_that_was_lost_begins_again_when_two_superusers_accept(
    restored, draft, accept, settings, client, english
):
    """Scenario 62. So it is on a new machine, when the old one is gone with its files."""
    settings.LEDGER_HEAD_FILE.unlink()
    with pytest.raises(HeadsMissing):
        draft()
    assert "Nobody can tell" in accept(restored.admin, restored.second)
    draft()
    assert last_entry().number == restored.last.number + 2
    assert verify() == []
    assert notes() == [
        f"the list of noted heads was lost; admin甲 and second甲 accepted this in entry {restored.last.number + 1}"
    ]
    page = restored.publication.get_absolute_url()
    assert client.get(f"{page}proof.json").json()["ledger"]["restores"][0]["lost"] is None
    assert "list of heads" in client.get(f"/en{page}proof/").content.decode()


def test_a_line_that_claims_an_acceptance_which_the_ledger_does_not_have_is_named(restored, settings):
    """Somebody who can write to the file alone excuses nothing."""
    file, last = settings.LEDGER_HEAD_FILE, restored.last
    forged = head_file.Head.from_entry(last, (last.number + 1, last.number + 3))
    with file.open("ab") as out:
        out.write(forged.to_line())
    assert f"ledger entry {last.number}: does not accept the restore that the noted heads have it for" in verify()


def test_an_acceptance_without_two_superusers_is_named(restored, django_capture_on_commit_callbacks):
    """The site's own code was changed, say: the ledger is whole, and says who accepted."""
    with django_capture_on_commit_callbacks(execute=True):
        accept_restore(
            restored.last.number, restored.last.hash, confirmed_by=[restored.admin, restored.publisher], findings=0
        )
    number = restored.last.number + 1
    assert verify() == [f"ledger entry {number}: a restore was accepted without two superusers"]


def test_an_acceptance_that_was_taken_out_of_the_ledger_is_named(restored, accept):
    accept(restored.admin, restored.second)
    with past_the_guards():
        run("DELETE FROM ledger_entry WHERE verb = %s", ["ledger.restore_accepted"])
    number = restored.last.number + 1
    assert f"ledger: ends at entry {number - 1}, but entry {number} was noted outside the database" in verify()


def test_an_acceptance_whose_words_were_changed_is_not_shown_in_proofs(restored, accept, client):
    accept(restored.admin, restored.second)
    changed = json.dumps({**last_entry().data, "confirmed": [{"id": 1, "name": "别人"}]})
    tamper("UPDATE ledger_entry SET data = %s WHERE verb = %s", [changed, "ledger.restore_accepted"])
    assert client.get("/ledger/head.json").json()["restores"] == []
    assert "its words do not match its hash" in "\n".join(verify())


def test_the_confirmed_superusers_exist(restored):
    """The fixture gives two; else the refusals above would pass for the wrong reason."""
    assert User.objects.filter(is_superuser=True).count() == 2
