"""Sessions: what the database holds of them signs nobody in, and what ends them."""

from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.services import change_user, set_password
from accounts.sessions import SessionStore, key_digest
from tests.factories import PASSWORD, everything, person
from tests.ledger.attacker import run, undone

pytestmark = pytest.mark.both_databases("keys, lengths and odd characters meet each database's own columns")

DESK = "/admin/"


def signed_in_client(user) -> Client:
    client = Client()
    answer = client.post("/admin/login/", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def cookie_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def with_cookie(value: str) -> Client:
    """A client that sends the bytes of `value` as they are, quoted by nobody."""
    return Client(headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={value}".encode().decode("latin-1")})


def is_signed_in(client: Client) -> bool:
    return client.get(DESK).status_code == 200


@pytest.fixture
def leader(db):
    return person("leader")


@pytest.fixture
def leaders_client(leader):
    return signed_in_client(leader)


# What the database holds.


def test_nothing_that_the_database_holds_signs_anybody_in(superuser, leader, leaders_client):
    """Scenario 57. Values of sessions are sent as the cookie, those of all tables tried as keys."""
    signed_in_client(superuser)
    of_sessions = {str(value) for row in Session.objects.values_list() for value in row}
    assert len(of_sessions) == 6
    assert not any(is_signed_in(with_cookie(value)) for value in of_sessions)
    of_all = {str(value) for rows in everything().values() for row in rows for value in row}
    assert of_sessions < of_all
    assert not any(SessionStore(value).load() for value in of_all)
    assert is_signed_in(with_cookie(cookie_of(leaders_client)))


def test_the_key_in_the_cookie_stands_in_no_row(leader, leaders_client):
    assert not any(cookie_of(leaders_client) in repr(rows) for rows in everything().values())
    assert Session.objects.get().session_key == key_digest(cookie_of(leaders_client))


def test_data_copied_under_another_key_does_not_load(drafter, leader, leaders_client):
    """The attacker has an account, or makes up a key, and gives that key the leader's data."""
    own = cookie_of(signed_in_client(drafter))
    stolen = Session.objects.get(session_key=key_digest(cookie_of(leaders_client)))
    with undone():
        assert run(
            "UPDATE django_session SET session_data = %s WHERE session_key = %s",
            [stolen.session_data, key_digest(own)],
        )
        assert not is_signed_in(with_cookie(own))
    made_up = "a" * 32
    with undone():
        insert = "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)"
        for key in (key_digest(made_up), made_up):
            assert run(insert, [key, stolen.session_data, stolen.expire_date]) == 1
        assert not is_signed_in(with_cookie(made_up))
    assert is_signed_in(with_cookie(own))


def test_data_that_somebody_made_up_does_not_load(superuser, drafter):
    cookie = cookie_of(signed_in_client(drafter))
    store = SessionStore(cookie)
    facts = {**store.load(), "_auth_user_id": str(superuser.pk), "_auth_user_hash": superuser.get_session_auth_hash()}
    later = (timezone.now() + timedelta(days=1)).timestamp()
    forged = [
        signing.dumps({"ends_at": later, "data": facts}, key="guessed", salt=store.key_salt),
        signing.dumps({"ends_at": later, "data": facts}, salt="django.contrib.sessions.SessionStore"),
        store.encode(facts)[:-1],
        "rubbish",
        "",
    ]
    for data in forged:
        with undone():
            assert run("UPDATE django_session SET session_data = %s", [data]) == 1
            assert not is_signed_in(with_cookie(cookie))
    assert is_signed_in(with_cookie(cookie))


def test_a_session_that_has_ended_does_not_come_back_when_its_date_is_put_off(leader, leaders_client):
    cookie, now = cookie_of(leaders_client), timezone.now()
    with time_machine.travel(now + timedelta(hours=11), tick=False):
        assert is_signed_in(with_cookie(cookie))
    assert run("UPDATE django_session SET expire_date = %s", [now + timedelta(days=300)]) == 1
    with time_machine.travel(now + timedelta(hours=11), tick=False):
        assert is_signed_in(with_cookie(cookie))
    with time_machine.travel(now + timedelta(hours=13), tick=False):
        assert not is_signed_in(with_cookie(cookie))


def test_a_session_whose_date_was_brought_forward_does_not_load(leader, leaders_client):
    assert run("UPDATE django_session SET expire_date = %s", [timezone.now() - timedelta(seconds=1)]) == 1
    assert not is_signed_in(leaders_client)


def test_signing_out_deletes_the_row(leader, leaders_client):
    leaders_client.post("/admin/logout/")
    assert not Session.objects.exists()


def test_clearsessions_deletes_ended_sessions_and_no_others(leader, leaders_client, drafter):
    with time_machine.travel(timezone.now() + timedelta(hours=11), tick=False):
        other = signed_in_client(drafter)
    with time_machine.travel(timezone.now() + timedelta(hours=13), tick=False):
        call_command("clearsessions")
        assert Session.objects.count() == 1
        assert is_signed_in(other)


@pytest.mark.parametrize("odd", ["\x00" * 32, "键" * 40, "k" * 5000, "' OR 1=1 --", "短", ""])
def test_an_odd_cookie_signs_nobody_in_and_breaks_nothing(db, odd):
    client = with_cookie(odd)
    client.raise_request_exception = False
    assert client.get(DESK).status_code == (400 if "\0" in odd else 302)


def test_the_asynchronous_methods_store_no_readable_key_either(transactional_db):
    async def round_trip() -> tuple[str | None, bool]:
        store = SessionStore()
        await store.aset("word", "kept")
        await store.asave()
        key = store.session_key
        again = SessionStore(key)
        await again.aset("word", f"{await again.aget('word')} and changed")
        await again.asave()
        word = await SessionStore(key).aget("word")
        await again.adelete()
        return word, await SessionStore().aexists(key)

    word, is_left = async_to_sync(round_trip)()
    assert (word, is_left) == ("kept and changed", False)
    assert not Session.objects.exists()


# What ends sessions.


def test_a_new_password_of_ones_own_ends_the_sessions_of_other_devices(leader, leaders_client):
    phone = signed_in_client(leader)
    words = {
        "old_password": PASSWORD,
        "new_password1": "another long password",
        "new_password2": "another long password",
    }
    assert leaders_client.post("/admin/password_change/", words).status_code == 302
    assert is_signed_in(leaders_client)
    assert not is_signed_in(phone)


def test_a_reset_or_removed_password_ends_every_session(superuser, leader):
    for password in ("another long password", None):
        set_password(leader, PASSWORD, by=superuser)
        devices = [signed_in_client(leader), signed_in_client(leader)]
        set_password(leader, password, by=superuser)
        assert not any(is_signed_in(device) for device in devices)


def test_a_password_hash_changed_in_the_database_ends_every_session(superuser, leader, leaders_client):
    run("UPDATE accounts_user SET password = %s WHERE id = %s", [superuser.password, leader.pk])
    assert not is_signed_in(leaders_client)


def test_somebody_deactivated_has_to_sign_in_again_after_coming_back(superuser, leader, leaders_client):
    for is_active in (False, True):
        leader.is_active = is_active
        change_user(leader, by=superuser)
    assert not is_signed_in(leaders_client)
    assert is_signed_in(signed_in_client(leader))


def test_somebody_who_is_a_superuser_no_longer_has_to_sign_in_again(superuser):
    other = person("other", is_superuser=True)
    client = signed_in_client(other)
    with undone():
        run("UPDATE accounts_user SET is_superuser = %s WHERE id = %s", [False, other.pk])
        assert not is_signed_in(client)
    client = signed_in_client(other)
    for is_superuser in (False, True):
        other.is_superuser = is_superuser
        change_user(other, by=superuser)
    assert not is_signed_in(client)


def test_a_new_phone_number_ends_no_session(superuser, leader, leaders_client):
    leader.phone = "0551-62608000"
    change_user(leader, by=superuser)
    assert is_signed_in(leaders_client)


def test_a_superuser_signs_somebody_out_everywhere_and_the_ledger_has_it(superuser, leader, leaders_client, last_entry):
    phone, desk = signed_in_client(leader), Client()
    desk.force_login(superuser)
    answer = desk.post("/admin/accounts/user/", {"action": "end_sessions", "_selected_action": [leader.pk]})
    assert answer.status_code == 302
    assert not is_signed_in(leaders_client) and not is_signed_in(phone)
    assert is_signed_in(desk)
    entry = last_entry()
    assert (entry.verb, entry.object_id, entry.actor_id) == ("person.sessions_ended", str(leader.pk), superuser.pk)
    assert is_signed_in(signed_in_client(leader))
