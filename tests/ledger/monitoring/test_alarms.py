"""Alarms and notes of runs that SQL deletes, forges or puts back are named and not believed."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ledger.models import Alarm, Entry, Run
from ledger.monitoring import alarms, runs
from tests.ledger.attacker import refused, tamper
from tests.ledger.auditor import verify

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases("triggers and what a rolled back transaction leaves differ"),
]

SUBJECT = "publication 7"


@pytest.fixture
def alarm():
    alarms.raise_alarm(SUBJECT, "%(words)s", words="签章不符")
    return Alarm.objects.get()


def raise_again():
    alarms.reset_throttling()
    alarms.raise_alarm(SUBJECT, "%(words)s", words="签章不符")


def open_subjects() -> list[str]:
    return [found.subject for found in alarms.open_alarms()]


def test_an_alarm_that_the_site_raised_is_sealed_and_counted(alarm):
    raise_again()
    alarm.refresh_from_db()
    assert alarm.seal_holds() and alarm.count == 2
    assert verify() == []


def test_an_alarm_is_not_deleted_by_a_plain_client_of_the_database(alarm):
    """Scenario 62."""
    assert "never removed" in refused("DELETE FROM ledger_alarm")
    runs.note_run("verify", ok=True)
    assert "never removed" in refused("DELETE FROM ledger_run")


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM ledger_alarm", "was raised, but is gone from the database"),
        ("UPDATE ledger_alarm SET subject = 'publication 8'", "was raised, but is gone from the database"),
        ("UPDATE ledger_alarm SET message = 'x'", "its seal does not hold; put in or changed outside the site"),
        (
            "UPDATE ledger_alarm SET cleared_at = last_seen",
            "its seal does not hold; put in or changed outside the site",
        ),
    ],
)
def test_an_alarm_that_was_silenced_is_named_and_stays_on_the_desk(alarm, as_user, statement, finding):
    """Scenario 62."""
    tamper(statement)
    assert SUBJECT in open_subjects()
    desk = as_user("admin").get("/admin/").content.decode()
    assert "签章不符" in desk
    assert f"alarm “{SUBJECT}”: {finding}" in verify()


def test_verify_puts_a_deleted_alarm_back_once_it_has_named_it(alarm):
    tamper("DELETE FROM ledger_alarm")
    assert len(verify()) == 1
    assert verify() == [] and Alarm.objects.get().subject == SUBJECT


def test_an_alarm_that_somebody_put_in_is_named(alarm, as_user):
    """Scenario 62."""
    tamper(
        "INSERT INTO ledger_alarm (subject, message, facts, first_seen, last_seen, count, cleared_by_name, seal_key, "
        "seal_signature) SELECT 'department 1', message, facts, first_seen, last_seen, count, '', seal_key, "
        "seal_signature FROM ledger_alarm"
    )
    assert verify() == ["alarm “department 1”: its seal does not hold; put in or changed outside the site"]
    [forged] = [found for found in alarms.open_alarms() if found.subject == "department 1"]
    assert not forged.is_believed


def test_an_alarm_that_was_cleared_once_is_not_silenced_with_that_row(alarm, as_user):
    """Scenario 62: the row of the clearing carries a good seal."""
    clear(as_user, alarm)
    cleared = Alarm.objects.get()
    raise_again()
    names = ("message", "last_seen", "count", "cleared_at", "cleared_by_name", "seal_key", "seal_signature")
    changed = ", ".join(f"{name} = %s" for name in names)
    tamper(f"UPDATE ledger_alarm SET {changed}", [getattr(cleared, name) for name in names])
    assert Alarm.objects.get().seal_holds()
    assert open_subjects() == [SUBJECT]
    assert verify() == [f"alarm “{SUBJECT}”: an earlier state was put back"]


def clear(as_user, alarm, who="admin"):
    return as_user(who).post(reverse("admin:ledger_alarm_delete", args=[alarm.pk]), {"post": "yes"})


def test_clearing_is_an_act_of_a_superuser_in_the_ledger_and_the_row_stays(alarm, as_user, newsroom):
    assert clear(as_user, alarm, "publisher").status_code in (302, 403)
    assert open_subjects() == [SUBJECT]
    assert clear(as_user, alarm).status_code == 302
    assert open_subjects() == []
    entry = Entry.objects.get(verb="alarm.cleared")
    assert (entry.actor_name, entry.data["subject"]) == (newsroom.admin.full_name, SUBJECT)
    assert Alarm.objects.get().cleared_by_name == newsroom.admin.full_name
    assert verify() == []
    raise_again()
    assert open_subjects() == [SUBJECT]


def test_clearing_a_forged_alarm_signs_none_of_its_words(alarm, as_user):
    tamper("UPDATE ledger_alarm SET message = '别处写来的话'")
    clear(as_user, alarm)
    found = Alarm.objects.get()
    assert found.seal_holds() and "别处" not in found.message


def test_several_alarms_are_cleared_from_the_list(alarm, as_user):
    alarms.raise_alarm("department 1", "%(words)s", words="x")
    chosen = {"action": "delete_selected", "_selected_action": list(Alarm.objects.values_list("pk", flat=True))}
    as_user("admin").post(reverse("admin:ledger_alarm_changelist"), {**chosen, "post": "yes"})
    assert open_subjects() == [] and Alarm.objects.count() == 2


def test_an_alarm_in_a_transaction_that_is_rolled_back_is_kept():
    @alarms.alarms_outlive_rollback()
    @transaction.atomic
    def act() -> None:
        alarms.raise_alarm(SUBJECT, "%(words)s", words="x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert Alarm.objects.get().seal_holds()


# Notes of runs.


def status(as_user) -> str:
    from workflow.desk.home import site_health

    shown = site_health().runs["verify"]
    return "unknown" if not shown.is_believed else "well" if shown.run and shown.run.ok else "failed"


FORGERIES = {
    "forged": "UPDATE ledger_run SET ok = {yes}, findings = 0",
    "deleted": "DELETE FROM ledger_run",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_note_that_was_forged_or_deleted_is_named_and_not_believed(as_user, newsroom, forgery):
    """Scenario 62."""
    from django.db import connection

    runs.note_run("verify", ok=False, findings=3)
    assert status(as_user) == "failed"
    tamper(FORGERIES[forgery].format(yes="1" if connection.vendor == "sqlite" else "TRUE"))
    assert status(as_user) == "unknown"
    page = as_user("admin").get("/admin/").content.decode()
    assert "unknown: the note" in page or "不明" in page
    [line] = verify()
    assert line.startswith("note of the last verify:")
    assert verify() == [] and status(as_user) == "well"  # the run that named it has left a note of its own


def test_a_note_of_a_better_day_that_was_put_back_is_not_believed(as_user, newsroom):
    """Scenario 62: it carries a good seal."""
    runs.note_run("verify", ok=True)
    good = Run.objects.get(kind="verify")
    runs.note_run("verify", ok=False, findings=3)
    names = ("at", "ok", "findings", "seal_key", "seal_signature")
    changed = ", ".join(f"{name} = %s" for name in names)
    tamper(f"UPDATE ledger_run SET {changed}", [getattr(good, name) for name in names])
    assert Run.objects.get().seal_holds()
    assert status(as_user) == "unknown"
    assert verify() == ["note of the last verify: an earlier one was put back"]


def test_a_note_that_somebody_put_in_is_not_believed(as_user, newsroom):
    """Scenario 62: nobody ever made a backup."""
    from django.db import connection

    yes = "1" if connection.vendor == "sqlite" else "TRUE"
    tamper(
        "INSERT INTO ledger_run (kind, at, ok, findings, seal_key, seal_signature) "
        f"VALUES ('backup', %s, {yes}, 0, '', '')",
        [timezone.now() - timedelta(hours=1)],
    )
    assert runs.believed_runs() == {"backup": None}
    assert verify() == ["note of the last backup: its seal does not hold; put in or changed outside the site"]
