"""TRUSTED_PROXIES: only they name the visitor's address."""

from ipaddress import ip_network

import pytest
from axes.models import AccessAttempt
from django.test import Client

from articles.models import RecentRead
from portal.middleware.proxies import parse_address
from tests.factories import PASSWORD, person
from tests.ledger.attacker import undone

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PROXY, VISITOR, OTHER = "10.0.0.5", "198.51.100.7", "198.51.100.8"


@pytest.fixture
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.fixture
def article(newsroom):
    return newsroom.published().article


def read(article, peer, forwarded=None):
    headers = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin"}
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    answer = Client().post(f"/reads/{article.pk}/", headers=headers, REMOTE_ADDR=peer)
    assert answer.status_code == 200


def visitors():
    return RecentRead.objects.count()


def is_the_same_visitor(article, peer, forwarded):
    """Whether somebody who comes this way is the visitor who came as VISITOR without any proxy."""
    read(article, VISITOR)
    read(article, peer, forwarded)
    return visitors() == 1


def test_a_trusted_proxy_says_who_the_visitor_is(behind_a_proxy, article):
    """The last address that is not a proxy of ours; what stands before it anybody can make up."""
    for forwarded in [
        VISITOR,
        f" {VISITOR} ",
        f"{OTHER}, {VISITOR}",
        f"{VISITOR}, 10.9.9.9",
        f"made up, {VISITOR}, 10.1.1.1, 10.2.2.2",
        f"{VISITOR},",
    ]:
        with undone():
            assert is_the_same_visitor(article, PROXY, forwarded), forwarded


def test_an_address_that_the_visitor_made_up_is_not_taken(behind_a_proxy, article):
    for forwarded in [f"{VISITOR}, {OTHER}", OTHER, "", None, ","]:
        with undone():
            assert not is_the_same_visitor(article, PROXY, forwarded), forwarded


@pytest.mark.parametrize(
    "forwarded",
    [
        f"{VISITOR}:51234",
        f"{OTHER}, {VISITOR}:51234",
        f"[::ffff:{VISITOR}]:51234",
        f"::ffff:{VISITOR}",
        f'"{VISITOR}:51234"',
        f"{VISITOR}, 10.9.9.9:443",
        f"{VISITOR}, [fd00::7]:443",
        f"{VISITOR}, fd00::7%eth0",
        f"unknown, {VISITOR}",
    ],
)
def test_a_port_brackets_and_a_zone_leave_the_address_as_it_is(behind_a_proxy, article, forwarded):
    assert is_the_same_visitor(article, PROXY, forwarded)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:80", "198.51.100.7"),
        ("198.51.100.7:", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:443", "fe80::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_an_address_has_one_spelling(text, address):
    assert parse_address(text) == address


GARBAGE = [
    *[
        "unknown",
        "_hidden",
        "-",
        "localhost",
        "198.51.100",
        "198.51.100.256",
        "198.51.100.07",
        "1.2.3.4.5",
        "1.2.3.4:http",
    ],
    *["[", "[]", "[::1", "::1]", "[198.51.100.7", "%", "%eth0", ":::", "1" * 5000, "１９８.51.100.7", "\0", "a, b"],
]


@pytest.mark.parametrize("text", GARBAGE)
def test_what_is_no_address_is_none(text):
    assert parse_address(text) == ""


@pytest.mark.both_databases("PostgreSQL has a type of its own for addresses, and refuses what is none")
@pytest.mark.parametrize("garbage", [text for text in GARBAGE if text != "\0"])  # NUL is answered with 400
def test_garbage_in_the_header_counts_for_the_proxy_that_brought_it(behind_a_proxy, db, garbage):
    """Nobody vouches for what stands before it, so that no visitor gets a new address by sending garbage."""
    drafter = person("drafter")
    forwarded = f"{VISITOR}, {garbage}".encode().decode("latin-1")
    client = Client(headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=PROXY)
    assert client.post("/admin/login/", {"username": drafter.username, "password": "wrong"}).status_code == 200
    assert AccessAttempt.objects.get().ip_address == PROXY


@pytest.mark.both_databases("PostgreSQL has a type of its own for addresses, and refuses what is none")
@pytest.mark.parametrize("peer", ["", "unix:", "fe80::1%eth0", "[::1]:80", *GARBAGE])
def test_an_odd_address_of_the_peer_is_no_error(db, peer):
    drafter, client = person("drafter"), Client(REMOTE_ADDR=peer)
    words = {"username": drafter.username, "password": "wrong"}
    assert [client.post("/admin/login/", words).status_code for _ in range(5)] == [200, 200, 200, 200, 429]


def test_nobody_else_says_who_they_are(behind_a_proxy, article):
    assert not is_the_same_visitor(article, OTHER, VISITOR)
    read(article, OTHER, "203.0.113.1")
    assert visitors() == 2


def test_without_proxies_of_ours_nobody_is_believed(article):
    assert not is_the_same_visitor(article, PROXY, VISITOR)


def test_a_proxy_may_have_an_address_of_the_new_kind(behind_a_proxy, article):
    assert is_the_same_visitor(article, "fd00::5", VISITOR)


def test_a_peer_without_an_address_is_answered_and_not_believed(behind_a_proxy, article):
    for peer in ["", "unix:", "not an address"]:
        with undone():
            assert not is_the_same_visitor(article, peer, VISITOR), peer


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [
        (PROXY, "https", "https"),
        (PROXY, "http", "http"),
        (PROXY, "gopher", "http"),
        (PROXY, "https, http", "http"),
        (OTHER, "https", "http"),
    ],
)
def test_whether_the_visitor_came_by_https_a_trusted_proxy_says(behind_a_proxy, db, settings, peer, proto, scheme):
    settings.SECURE_SSL_REDIRECT = True  # as on every site with https: who came without is sent there
    headers = {"X-Forwarded-Proto": proto, "Host": "testserver"}
    answer = Client().get("/", headers=headers, REMOTE_ADDR=peer)
    assert answer.status_code == (200 if scheme == "https" else 301)


def test_a_lockout_behind_a_proxy_is_one_visitors_and_not_everybodys(behind_a_proxy, db):
    drafter = person("drafter")

    def sign_in(password, visitor):
        words = {"username": drafter.username, "password": password}
        return (
            Client().post("/admin/login/", words, headers={"X-Forwarded-For": visitor}, REMOTE_ADDR=PROXY).status_code
        )

    assert [sign_in(f"guess {turn}", OTHER) for turn in range(5)][-1] == 429
    assert sign_in(PASSWORD, OTHER) == 429
    assert sign_in(PASSWORD, VISITOR) == 302
