"""Sign-in with texts of any length and any characters: bounded, counted, never a server error."""

import pytest
from axes.models import AccessAttempt
from django.db.models import Sum
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.factories import PASSWORD, everything
from tests.ledger.attacker import undone

pytestmark = pytest.mark.both_databases("PostgreSQL refuses long texts and NUL, where SQLite stores them")

SIGN_IN = "/admin/login/"
HEADERS = ["User-Agent", "Accept", "Referer", "Origin", "X-Forwarded-For", "Accept-Language", "Cookie", "Sec-Purpose"]


def post(name: str, password: str = "a wrong password", client: Client | None = None, **extra):
    client = client or Client(raise_request_exception=False)
    return client.post(SIGN_IN, {"username": name, "password": password}, **extra)


def failures() -> int:
    return AccessAttempt.objects.aggregate(all=Sum("failures_since_start"))["all"] or 0


LONG_NAMES = ["甲" * 256, "x" * 300, "x" * 100_000, "ﷺ" * 255, "😀" * 256]


@pytest.mark.parametrize("name", LONG_NAMES, ids=lambda name: f"{len(name)} of {name[0]}")
def test_a_long_user_name_is_counted_like_any_other(db, name):
    assert [post(name).status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    assert failures() == 5
    assert post(name[:-1] + "y").status_code == 200  # counted for itself


def test_a_long_name_that_begins_like_somebodys_locks_nobody_out(db, drafter):
    for _ in range(5):
        post(drafter.username + " " * 300 + "x")
    assert post(drafter.username, PASSWORD).status_code == 302


def test_a_password_typed_as_the_user_name_is_not_stored(db, drafter):
    assert post(PASSWORD, drafter.username).status_code == 200
    assert failures() == 1
    assert PASSWORD not in repr([row for name, row in everything().items() if name.startswith("axes.")])


def test_the_name_is_counted_as_the_form_reads_it(db, drafter):
    """Blanks around it and other widths are the same name, or each spelling gave five more guesses."""
    spellings = [drafter.username, f" {drafter.username}", f"{drafter.username}\t", drafter.username.replace("r", "ｒ")]
    assert [post(name).status_code for name in [*spellings, drafter.username]] == [200, 200, 200, 200, 429]


def test_a_nul_character_is_refused_before_any_password_is_tried(db, drafter):
    for name, password in [(f"{drafter.username}\0", PASSWORD), (drafter.username, f"{PASSWORD}\0")]:
        answer = post(name, password)
        assert answer.status_code == 200 and "sessionid" not in answer.cookies
    for header in ("User-Agent", "Accept", "Referer", "Cookie"):
        assert post(drafter.username, PASSWORD, headers={header: "Mozilla\0"}).status_code == 400
    for query in ("next=%00", "%00"):
        client = Client(raise_request_exception=False)
        answer = client.post(f"{SIGN_IN}?{query}", {"username": drafter.username, "password": "wrong"})
        assert answer.status_code == 200
    assert failures() == 2
    assert post(drafter.username, PASSWORD).status_code == 302


texts = st.one_of(
    st.text(max_size=300),
    st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=3), st.integers(1, 2000)),
    st.sampled_from(["\0", "\0" * 300, "\r\n", "http://[", "é" * 300, "unknown", "", " ", "%00", "'"]),
)
# As a server hands them on: bytes, read as Latin-1 (PEP 3333).
headers = st.binary(max_size=400).map(lambda raw: raw.decode("latin-1")) | texts.map(
    lambda text: text.encode(errors="replace").decode("latin-1")
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts, texts, st.dictionaries(st.sampled_from(HEADERS), headers, max_size=3), texts)
@example("x" * 256, "p", {}, "/admin/")
@example("x", "p", {"User-Agent": "\0"}, "/admin/")
@pytest.mark.slow
def test_no_sign_in_gives_500_and_each_guess_is_counted(drafter, name, password, headers, target):
    with undone():
        before = failures()
        client = Client(raise_request_exception=False, headers=headers)
        words = {"username": name, "password": password, "next": target}
        answer = client.post(SIGN_IN, words)
        assert answer.status_code in (200, 400)
        tried = answer.status_code == 200 and not answer.context["form"].errors.keys() - {"__all__"}
        assert failures() - before == int(tried)
