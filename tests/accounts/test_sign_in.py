"""Sign-in and lockout."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.services import change_user, set_password
from tests.factories import PASSWORD, person

DESK = "/admin/"


def is_signed_in(client):
    return client.get(DESK).status_code == 200


def test_somebody_signs_in_with_user_name_and_password(client, drafter, sign_in):
    assert not is_signed_in(client)
    answer = sign_in(drafter.username)
    assert (answer.status_code, answer.url) == (302, DESK)
    assert is_signed_in(client)


@pytest.mark.parametrize("wrong", ["", "wrong", PASSWORD.upper(), f"{PASSWORD} ", f" {PASSWORD}"])
def test_a_wrong_password_is_refused(client, drafter, sign_in, wrong):
    assert sign_in(drafter.username, wrong).status_code == 200
    assert not is_signed_in(client)


def test_nobody_signs_in_by_full_name_or_mail(client, db, sign_in):
    somebody = person("drafter", email="drafter@example.org")
    for name in (somebody.full_name, somebody.email, ""):
        assert sign_in(name).status_code == 200
        assert not is_signed_in(client)


def test_the_session_is_kept_from_scripts_and_other_sites(client, drafter, sign_in):
    cookie = sign_in(drafter.username).cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_somebody_deactivated_is_refused_at_once_and_at_the_door(client, superuser, drafter, sign_in):
    sign_in(drafter.username)
    drafter.is_active = False
    change_user(drafter, by=superuser)
    assert not is_signed_in(client)
    assert sign_in(drafter.username).status_code == 200
    assert not is_signed_in(client)


def test_a_demonstration_account_signs_in_only_while_the_site_is_a_demonstration(client, db, settings, sign_in):
    shown = person("shown", is_demonstration=True)
    assert sign_in(shown.username).status_code == 200
    assert not is_signed_in(client)
    settings.DEMONSTRATION = True
    assert sign_in(shown.username).status_code == 302
    assert is_signed_in(client)
    settings.DEMONSTRATION = False
    assert not is_signed_in(client)


def test_other_people_sign_in_whether_it_is_a_demonstration_or_not(client, drafter, settings, sign_in):
    settings.DEMONSTRATION = True
    assert sign_in(drafter.username).status_code == 302


def test_a_new_password_ends_the_sessions_of_the_old_one(client, superuser, drafter, sign_in):
    sign_in(drafter.username)
    set_password(drafter, "another long password", by=superuser)
    assert not is_signed_in(client)
    assert sign_in(drafter.username).status_code == 200
    assert sign_in(drafter.username, "another long password").status_code == 302


# Lockout.


@pytest.fixture
def locked_out(drafter, sign_in):
    """The drafter's user name after five wrong passwords; the last answer is kept."""
    answers = [sign_in(drafter.username, f"guess {number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    drafter.last_answer = answers[-1]
    return drafter


def test_after_five_failures_even_the_right_password_must_wait(client, locked_out, sign_in):
    assert sign_in(locked_out.username).status_code == 429
    assert not is_signed_in(client)


def test_the_refusal_says_how_long_to_wait(locked_out):
    main = locked_out.last_answer.content.decode().partition("<h1>")[2]
    assert re.search(r"\b15\b", main.partition("</div>")[0])


def test_after_the_time_has_passed_the_right_password_is_let_in(client, locked_out, sign_in):
    with time_machine.travel(timezone.now() + timedelta(minutes=14), tick=False):
        assert sign_in(locked_out.username).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        assert sign_in(locked_out.username).status_code == 302
        assert is_signed_in(client)


def test_a_lockout_does_not_lock_the_person_out_from_elsewhere(locked_out, sign_in):
    """Or anybody could keep a leader away from the desk."""
    assert sign_in(locked_out.username, REMOTE_ADDR="192.0.2.9").status_code == 302


def test_a_lockout_does_not_lock_a_colleague_out_at_the_same_address(locked_out, sign_in):
    assert sign_in(person("colleague").username).status_code == 302


def test_four_failures_and_a_success_begin_the_count_anew(client, drafter, sign_in):
    for _ in range(2):
        for number in range(4):
            assert sign_in(drafter.username, f"guess {number}").status_code == 200
        assert sign_in(drafter.username).status_code == 302
        client.logout()


def test_a_superuser_unlocks_and_the_ledger_has_it(locked_out, superuser, sign_in, last_entry):
    desk = Client()
    desk.force_login(superuser)
    answer = desk.post("/admin/accounts/user/", {"action": "unlock", "_selected_action": [locked_out.pk]})
    assert answer.status_code == 302
    assert (last_entry().verb, last_entry().object_id, last_entry().actor_id) == (
        "person.unlocked",
        str(locked_out.pk),
        superuser.pk,
    )
    assert sign_in(locked_out.username).status_code == 302


# The way back after signing in.

OUTSIDE = [
    "https://evil.example/",
    "http://evil.example/admin/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "\thttps://evil.example/",
]


@pytest.mark.parametrize("outside", OUTSIDE)
def test_signing_in_never_leads_to_another_site(client, drafter, outside):
    """Scenario 23."""
    words = {"username": drafter.username, "password": PASSWORD}
    answer = client.post("/admin/login/", {**words, "next": outside})
    assert (answer.status_code, answer.url) == (302, DESK)
    client.logout()
    answer = client.post("/admin/login/", words, query_params={"next": outside})
    assert (answer.status_code, answer.url) == (302, DESK)


@pytest.mark.parametrize("outside", OUTSIDE)
def test_signing_out_never_leads_to_another_site(client, drafter, outside):
    """Scenario 23."""
    client.force_login(drafter)
    answer = client.post("/admin/logout/", query_params={"next": outside})
    assert "evil" not in answer.headers.get("Location", "")
    assert not is_signed_in(client)


def test_signing_in_leads_back_to_the_page_that_was_asked_for(client, drafter):
    asked = client.get("/admin/articles/article/")
    assert (asked.status_code, asked.url) == (302, "/admin/login/?next=/admin/articles/article/")
    answer = client.post(asked.url, {"username": drafter.username, "password": PASSWORD})
    assert (answer.status_code, answer.url) == (302, "/admin/articles/article/")


def test_signing_out_by_a_mere_link_is_refused(client, drafter):
    client.force_login(drafter)
    assert client.get("/admin/logout/").status_code == 405
    assert is_signed_in(client)
