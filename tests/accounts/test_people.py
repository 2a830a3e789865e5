"""Changes to people are in the ledger; nobody makes themselves a superuser."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.models import User
from ledger.models import Entry
from tests.factories import PASSWORD, person
from tests.ledger.attacker import on_sqlite, refused, run

NEW = "eine lange Losung 42"


@pytest.fixture
def desk(client, superuser):
    client.force_login(superuser)
    return client


def facts(user, **changes):
    """The fields of a person's page, as a browser would send them back."""
    sent = {
        "username": user.username,
        "full_name": user.full_name,
        "email": user.email,
        "phone": user.phone,
        "is_active": "on" if user.is_active else "",
        "is_superuser": "on" if user.is_superuser else "",
        **changes,
    }
    return {name: value for name, value in sent.items() if value != ""}


def page(user, what="change"):
    return f"/admin/accounts/user/{user.pk}/{what}/"


def test_making_a_person_stands_in_the_ledger(desk, superuser, last_entry):
    """Scenario 50."""
    form = {"username": "wang", "full_name": "王五", "email": "wang@example.org", "password1": NEW, "password2": NEW}
    assert desk.post("/admin/accounts/user/add/", form).status_code == 302
    made = User.objects.get(username="wang")
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.object_id) == ("person.created", superuser.pk, str(made.pk))
    assert entry.data["full_name"] == "王五" and entry.data["is_superuser"] is False
    assert made.check_password(NEW)


def test_a_password_never_stands_in_the_ledger(desk, drafter):
    form = {"username": "wang", "full_name": "王五", "password1": NEW, "password2": NEW}
    desk.post("/admin/accounts/user/add/", form)
    desk.post(page(drafter, "password"), {"password1": NEW, "password2": NEW})
    written = str(list(Entry.objects.values_list("data", flat=True)))
    hashes = User.objects.values_list("password", flat=True)
    assert NEW not in written and not any(hashed in written for hashed in hashes)


def test_making_a_superuser_is_seen_in_the_ledger(desk, last_entry):
    """Scenario 50."""
    form = {"username": "wang", "full_name": "王五", "is_superuser": "on", "password1": NEW, "password2": NEW}
    desk.post("/admin/accounts/user/add/", form)
    assert User.objects.get(username="wang").is_superuser
    assert last_entry().data["is_superuser"] is True


@pytest.mark.parametrize(
    ("field", "value", "before", "after"),
    [
        ("full_name", "王五", "drafter甲", "王五"),
        ("email", "new@example.org", "", "new@example.org"),
        ("phone", "0551-123456", "", "0551-123456"),
        ("is_superuser", "on", False, True),
        ("is_active", "", True, False),
    ],
)
def test_a_change_stands_in_the_ledger_with_what_was_before(
    desk, superuser, drafter, last_entry, field, value, before, after
):
    """Scenario 50."""
    assert desk.post(page(drafter), facts(drafter, **{field: value})).status_code == 302
    drafter.refresh_from_db()
    assert getattr(drafter, field) == after
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.object_id) == ("person.changed", superuser.pk, str(drafter.pk))
    assert entry.data == {field: [before, after], "seal": drafter.sealed_digest()}


def test_a_save_that_changes_nothing_is_no_act(desk, drafter, last_entry):
    before = last_entry().number
    assert desk.post(page(drafter), facts(drafter)).status_code == 302
    assert last_entry().number == before


def test_signing_in_is_no_act(client, drafter, sign_in, last_entry):
    before = last_entry().number
    sign_in(drafter.username)
    assert last_entry().number == before


def test_a_reset_password_stands_in_the_ledger_under_the_name_of_who_did_it(desk, superuser, drafter, last_entry):
    """Scenario 50."""
    assert desk.post(page(drafter, "password"), {"password1": NEW, "password2": NEW}).status_code == 302
    drafter.refresh_from_db()
    assert drafter.check_password(NEW)
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.object_id) == ("person.password_reset", superuser.pk, str(drafter.pk))


def test_ones_own_new_password_stands_in_the_ledger_as_ones_own(client, drafter, last_entry):
    """Scenario 50."""
    client.force_login(drafter)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/admin/password_change/", form).status_code == 302
    drafter.refresh_from_db()
    assert drafter.check_password(NEW)
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.object_id) == ("person.password_changed", drafter.pk, str(drafter.pk))
    assert client.get("/admin/").status_code == 200  # and the session goes on


def test_ones_own_password_is_not_changed_without_the_old_one(client, drafter, last_entry):
    client.force_login(drafter)
    before = last_entry().number
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW, "is_superuser": "on"}
    assert client.post("/admin/password_change/", form).status_code == 200
    drafter.refresh_from_db()
    assert drafter.check_password(PASSWORD) and last_entry().number == before


@pytest.mark.parametrize("weak", ["short", "123456789012", "password123"])
def test_a_weak_password_is_refused(desk, drafter, weak):
    assert desk.post(page(drafter, "password"), {"password1": weak, "password2": weak}).status_code == 200
    drafter.refresh_from_db()
    assert drafter.check_password(PASSWORD)


@pytest.mark.parametrize("pressed", ["unset-password", "set-password", "neither"])
def test_a_reset_without_a_password_never_leaves_an_empty_one(desk, drafter, pressed):
    desk.post(page(drafter, "password"), {"usable_password": "false", "password1": "", "password2": "", pressed: "1"})
    drafter.refresh_from_db()
    assert not drafter.check_password("")
    assert drafter.check_password(PASSWORD) == (pressed != "unset-password")


def test_taking_a_password_away_stands_in_the_ledger(desk, superuser, drafter, last_entry):
    """Scenario 50."""
    desk.post(page(drafter, "password"), {"usable_password": "false", "unset-password": "1"})
    drafter.refresh_from_db()
    assert not drafter.has_usable_password()
    assert (last_entry().verb, last_entry().actor_id) == ("person.password_reset", superuser.pk)


# What a drafter may not.


@pytest.mark.parametrize("who", ["drafter", "other"])
def test_nobody_becomes_a_superuser_by_posting(client, drafter, last_entry, who):
    """Scenario 50."""
    somebody = drafter if who == "drafter" else person("other")
    client.force_login(drafter)
    before = last_entry().number
    answers = [
        client.post(page(somebody), facts(somebody, is_superuser="on")),
        client.post(page(somebody, "password"), {"password1": NEW, "password2": NEW, "is_superuser": "on"}),
        client.post(
            "/admin/accounts/user/add/",
            {"username": "mine", "full_name": "我", "is_superuser": "on", "password1": NEW, "password2": NEW},
        ),
        client.post("/admin/accounts/user/", {"action": "unlock", "_selected_action": [somebody.pk]}),
        client.get("/admin/accounts/user/"),
        client.get(page(somebody)),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    somebody.refresh_from_db()
    assert not somebody.is_superuser and somebody.check_password(PASSWORD)
    assert not User.objects.filter(username="mine").exists()
    assert last_entry().number == before


def test_ones_own_password_form_changes_the_password_and_nothing_else(client, drafter):
    client.force_login(drafter)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    client.post("/admin/password_change/", {**form, "is_superuser": "on", "username": "superuser", "is_active": ""})
    after = User.objects.get(pk=drafter.pk)
    assert (after.username, after.is_superuser, after.is_active) == (drafter.username, False, True)


def test_no_form_makes_a_demonstration_account(desk, drafter):
    desk.post(page(drafter), facts(drafter, is_demonstration="on"))
    drafter.refresh_from_db()
    assert not drafter.is_demonstration


# Nobody is deleted.


def test_the_desk_deletes_nobody(desk, drafter):
    """Scenario 21."""
    answers = [
        desk.get(page(drafter, "delete")),
        desk.post(page(drafter, "delete"), {"post": "yes"}),
        desk.post(
            "/admin/accounts/user/",
            {"action": "delete_selected", "_selected_action": [drafter.pk], "post": "yes"},
        ),
    ]
    assert [answer.status_code for answer in answers][:2] == [403, 403]
    assert User.objects.filter(pk=drafter.pk).exists()


def test_the_database_deletes_nobody_who_stands_in_the_ledger(drafter):
    """Scenario 21."""
    refused("DELETE FROM accounts_user WHERE id = %s", [drafter.pk])
    with pytest.raises((IntegrityError, ProtectedError)), transaction.atomic():
        drafter.delete()
    assert User.objects.filter(pk=drafter.pk).exists()


def test_the_database_deletes_nobody_who_acted_without_being_made_here(db):
    """Somebody made by raw SQL is nobody to the ledger until they act."""
    made_up = User.objects.create(username="made-up", full_name="无名氏", password="!")
    assert run("DELETE FROM accounts_user WHERE id = %s", [made_up.pk]) == 1


@on_sqlite
@pytest.mark.parametrize("pragma", ["ON", "OFF"])
def test_nobody_is_replaced_by_somebody_with_the_same_name(drafter, pragma):
    run(f"PRAGMA recursive_triggers = {pragma}")
    try:
        refused(
            "INSERT OR REPLACE INTO accounts_user (id, username, full_name, password, email, phone, is_active, "
            "is_superuser, is_demonstration, date_joined) SELECT 4711, username, '别人', password, email, phone, TRUE, "
            "TRUE, FALSE, date_joined FROM accounts_user WHERE id = %s",
            [drafter.pk],
        )
    finally:
        run("PRAGMA recursive_triggers = ON")
    assert User.objects.get(username=drafter.username).full_name == drafter.full_name


def test_everybody_has_a_full_name(drafter):
    refused("UPDATE accounts_user SET full_name = '' WHERE id = %s", [drafter.pk])
