"""Content security policy: headers, and pages that keep to them."""

import pytest

from articles.editing.editor import EDITOR_CSP
from tests.portal.visitor import is_run, visit
from workflow import services


def policy(page):
    """directive → values of a page's Content-Security-Policy."""
    directives = [part.split() for part in page.headers["Content-Security-Policy"].split(";") if part.strip()]
    return {name: values for name, *values in directives}


@pytest.fixture
def public(newsroom, site):
    """The public pages, good and bad, by name."""
    live = newsroom.published(body='<p class="align-center">正文</p>', keywords="党建")
    gone = newsroom.published()
    services.withdraw(gone.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    return {
        "home": ("/", 200),
        "listing": (f"/{newsroom.department.slug}/", 200),
        "article": (live.get_absolute_url(), 200),
        "search": ("/search/?q=正文", 200),
        "404": ("/nothing/", 404),
        "410": (gone.get_absolute_url(), 410),
        "sign-in": ("/admin/login/", 200),
    }


def test_public_pages_allow_our_own_script_and_style_and_no_other(public):
    for name, (address, status) in public.items():
        page = visit(address)
        assert page.status == status, name
        allowed = policy(page)
        for directive in ("default-src", "script-src", "style-src", "img-src", "form-action"):
            assert allowed[directive] == ["'self'"], name
        for directive in ("object-src", "base-uri", "frame-ancestors"):
            assert allowed[directive] == ["'none'"], name
        assert "script-src-attr" not in allowed
        assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_public_pages_hold_nothing_that_their_policy_forbids(public):
    for name, (address, _) in public.items():
        for element in visit(address).all():
            assert not [attribute for attribute in element.attributes if attribute.startswith("on")], name
            assert "style" not in element.attributes and element.tag != "style", name
            if element.tag == "script" and not is_run(element):
                continue
            if element.tag == "script":
                assert not element.words, name
            if element.tag in ("script", "img", "iframe") and "src" in element.attributes:
                own = ("/static/", "/files/", f"{address}code.svg")
                assert element.attributes["src"].startswith(own), name
            if element.matches("link", {"rel": "stylesheet"}):
                assert element.attributes["href"].startswith("/static/"), name


def test_every_answer_bears_the_headers_that_protect_it(public, client):
    pages = [address for address, _ in public.values()]
    for address in [*pages, "/robots.txt", "/feed/", "/sitemap.xml", "/healthz"]:
        answer = client.get(address)
        assert answer["X-Content-Type-Options"] == "nosniff", address
        assert answer["X-Frame-Options"] == "DENY", address
        assert answer["Referrer-Policy"] == "same-origin", address
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", address


def test_the_desk_allows_no_more_than_the_public_pages(newsroom, client):
    client.force_login(newsroom.admin)
    article, department = newsroom.published().article, newsroom.department
    for address in [
        "/admin/",
        "/admin/articles/article/",
        f"/admin/articles/article/{article.pk}/overview/",
        "/admin/workflow/round/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{newsroom.drafter.pk}/change/",
        "/admin/departments/department/",
        f"/admin/departments/department/{department.pk}/change/",
        "/admin/departments/membership/add/",
        "/admin/portal/identity/add/",
        "/admin/ledger/entry/",
        "/admin/password_change/",
    ]:
        page = visit(address, client)
        assert page.status == 200, address
        assert policy(page)["script-src"] == ["'self'"], address
        assert "unsafe" not in page.headers["Content-Security-Policy"], address


def test_only_the_form_with_the_editor_is_allowed_more_and_still_no_foreign_script(newsroom, client):
    client.force_login(newsroom.drafter)
    article = newsroom.draft()
    for address in ("/admin/articles/article/add/", f"/admin/articles/article/{article.pk}/change/"):
        page = visit(address, client)
        assert page.status == 200
        allowed = policy(page)
        assert allowed["script-src"] == ["'self'"]
        assert allowed["script-src-attr"] == ["'unsafe-inline'"]
        assert allowed["style-src"] == ["'self'", "'unsafe-inline'"]
        # Pasted pictures are data: or blob: until they are uploaded; blob: is what this very page made.
        assert allowed["img-src"] == ["'self'", "data:", "blob:"]
        assert allowed["connect-src"] == ["'self'", "blob:"]
        assert set(EDITOR_CSP) == {"script-src-attr", "style-src", "img-src", "connect-src"}
        assert not [script for script in page.all("script") if "src" not in script.attributes and is_run(script)]


def test_the_allowance_of_the_form_does_not_stick_to_the_next_page(newsroom, client):
    client.force_login(newsroom.drafter)
    client.get("/admin/articles/article/add/")
    assert "unsafe" not in visit("/admin/articles/article/", client).headers["Content-Security-Policy"]


def test_what_the_desk_shows_is_kept_by_nobody(newsroom, client):
    client.force_login(newsroom.drafter)
    assert "no-cache" in visit("/admin/", client).headers["Cache-Control"]
