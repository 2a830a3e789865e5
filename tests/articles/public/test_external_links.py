"""External links go through a signed notice page."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.core.signing import Signer

from articles.public import external_links
from articles.text.web_addresses import is_trusted_host, parse_external
from departments import services as departments
from departments.models import Department, DepartmentKind
from portal import identity
from portal.models import Identity
from tests.factories import SITE_IDENTITY
from tests.portal.visitor import visit
from workflow.actions import preview_links

ELSEWHERE = "https://www.example.com/a?b=1&c=2#d"


def link_of(newsroom, address):
    """Where the page of an article really leads, that links to `address`."""
    published = newsroom.published(body=f'<p>请看<a href="{address}">原文</a></p>')
    return visit(published.get_absolute_url()).one("div", class_="article-body").one("a").attributes.get("href", "")


def test_an_outside_link_leads_to_a_page_that_names_the_host_and_asks(newsroom, site):
    address = link_of(newsroom, ELSEWHERE.replace("&", "&amp;"))
    assert urlsplit(address).path == "/leave/"
    page = visit(address)
    assert page.status == 200 and "Location" not in page.headers
    assert "www.example.com" in page.one("main").words and "refresh" not in page.html
    [onward] = [link for link in page.one("main").all("a") if link.attributes["href"] == ELSEWHERE]
    assert onward.attributes["rel"] == "noopener noreferrer nofollow"
    assert page.one("meta", name="robots").attributes["content"] == "noindex, nofollow"


@pytest.mark.parametrize(
    "address",
    ["/zuzhi/", "?page=2", "mailto:a@example.org", "http://testserver/x", "/a?to=https://www.example.com/"],
)
def test_what_does_not_lead_out_goes_straight(newsroom, site, address):
    assert link_of(newsroom, address) == address


def test_hosts_that_the_identity_trusts_go_straight_and_no_others(newsroom):
    identity.save_identity(Identity(**SITE_IDENTITY, trusted_hosts="gov.cn，www.12371.cn"), by=newsroom.admin)
    for address in ("https://www.gov.cn/a", "https://gov.cn:8443/", "http://WWW.12371.CN/x"):
        assert link_of(newsroom, address) == address
    for address in (
        "https://12371.cn/",
        "https://evilgov.cn/",
        "https://gov.cn.example/",
        "https://gov.cn@example.com/",
    ):
        assert link_of(newsroom, address).startswith("/leave/?to="), address


@pytest.mark.parametrize(
    ("spelled", "host"),
    [
        ("//www.example.com/x", "www.example.com"),
        (r"/\www.example.com/x", "www.example.com"),
        (r"https:\\www.example.com\x", "www.example.com"),
        ("https:www.example.com", "www.example.com"),
        ("https:////www.example.com", "www.example.com"),
        ("HTTPS://WWW.Example.COM.", "www.example.com"),
        ("ht\ttps://www.exa\nmple.com/", "www.example.com"),
        (" \x01https://www.example.com", "www.example.com"),
        ("https://www.gov.cn@www.example.com:8080/", "www.example.com"),
        (r"https://www.example.com\@www.gov.cn/", "www.example.com"),
        ("https://www.example.com#@www.gov.cn", "www.example.com"),
        ("https://www.example.com?@www.gov.cn", "www.example.com"),
    ],
)
def test_the_host_is_the_one_that_a_browser_would_go_to(spelled, host):
    found = parse_external(spelled)
    assert found.host == host
    assert not is_trusted_host(found.host, ["www.gov.cn", "gov.cn"])


@pytest.mark.parametrize("host", ["www%2egov.cn", "www。gov.cn", "evil.com%2f.gov.cn", "", "ｗww.gov.cn"])
def test_a_host_that_may_not_be_what_it_looks_like_never_goes_straight(host):
    assert not is_trusted_host(host, ["gov.cn"])


@pytest.mark.parametrize(
    "token",
    [
        "",
        ELSEWHERE,
        f"{ELSEWHERE}:forged",
        Signer(salt="another purpose").sign(ELSEWHERE),
        Signer(key="guessed", salt="articles.public.external_links").sign(ELSEWHERE),
        Signer(salt="articles.public.external_links").sign("javascript:alert(1)"),
        Signer(salt="articles.public.external_links").sign("data:text/html,x"),
        Signer(salt="articles.public.external_links").sign("/zuzhi/"),
    ],
    ids=["none", "plain", "forged", "other purpose", "other key", "script", "data", "path"],
)
def test_the_page_shows_no_address_that_we_have_not_signed(site, token):
    page = visit(f"/leave/?to={quote(token)}")
    assert page.status == 404
    assert "example.com" not in page.html and "javascript:" not in page.html


def test_a_signature_is_good_for_its_own_address_only(newsroom, site):
    [token] = parse_qs(urlsplit(link_of(newsroom, ELSEWHERE)).query)["to"]
    assert visit(f"/leave/?to={quote(token)}").status == 200
    assert visit(f"/leave/?to={quote(token.replace('www.example.com', 'www.evil.com'))}").status == 404


def test_only_what_is_public_is_signed(newsroom, site, client):
    """A drafter gets no address of ours for a link that nobody approved."""
    opened = newsroom.submitted(body=f'<p><a href="{ELSEWHERE}">原文</a></p>')
    client.force_login(newsroom.reviewer)
    page = visit(f"/admin/articles/article/{opened.article_id}/revisions/{opened.revision.number}/", client)
    assert page.status == 200
    assert page.one("div", class_="article-body").one("a").attributes["href"] == ELSEWHERE


def test_search_engines_are_kept_from_the_page(client, db):
    assert "Disallow: /leave/" in client.get("/robots.txt").content.decode().splitlines()


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_page_is_read_only(client, db, method):
    assert getattr(client, method)(external_links.interstitial_url(ELSEWHERE)).status_code == 405


# Listings and menus.


def test_a_mere_link_and_an_outside_entry_of_the_menu_ask_too(newsroom, site, client):
    departments.save_department(Department(name="主站", kind=DepartmentKind.LINK, url=ELSEWHERE), by=newsroom.admin)
    published = newsroom.published(title="见外站", body="", address=ELSEWHERE)
    home = visit("/")
    listed = [address for address, words in home.one("main").links() if words.startswith("见外站")]
    menu = [address for address, words in home.one("nav", id="menu").links() if words.startswith("主站")]
    (button,) = [
        link.attributes["href"]
        for link in visit(published.get_absolute_url()).one("p", class_="external-target").all("a")
    ]
    assert listed and menu
    for address in [*listed, *menu, button]:
        assert address.startswith("/leave/?to=")
        assert ELSEWHERE in [link for link, _words in visit(address).one("main").links()]


def test_a_mere_link_to_a_trusted_host_goes_straight(newsroom, client):
    identity.save_identity(Identity(**SITE_IDENTITY, trusted_hosts="example.com"), by=newsroom.admin)
    newsroom.published(title="见外站", body="", address=ELSEWHERE)
    assert ELSEWHERE in [address for address, _words in visit("/").one("main").links()]


def test_a_preview_signs_nothing_that_nobody_has_approved(newsroom, site, client):
    article = newsroom.draft(title="见外站", body="", address=ELSEWHERE)
    _link, token = preview_links.create_link(article, by=newsroom.drafter)
    page = visit(f"/preview/{token}/")
    assert page.status == 200 and ELSEWHERE in [address for address, _words in page.one("main").links()]
