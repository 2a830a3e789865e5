"""WCAG 2.2 AA on every desk page (axe-core); no sideways scrolling."""

import json

import pytest
from django.conf import settings
from django.test import Client

from tests.browser.test_accessibility import ASKED, AXE, COLOURS, DISPLAYED_THOUGH_HIDDEN
from tests.desk_screens import every_screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESK = 390, 1280
# Django's style sheet of forms imports another one. To look into that, axe would put it into the page as inline style,
# which the policy refuses; none of the rules that are asked for needs it.
RULES, HUES = ({**asked, "preload": False} for asked in (ASKED, COLOURS))
MODES = {
    "plain": ("light", DESK, RULES),
    "dark": ("dark", DESK, HUES),
    "narrow": ("light", PHONE, RULES),
    "narrow, dark": ("dark", PHONE, HUES),
}
EDITOR_IS_READY = """() => Promise.all(Object.values(window.CKEDITOR?.instances ?? {}).map((editor) =>
    editor.status === "ready" || new Promise((done) => editor.once("instanceReady", done))))"""


@pytest.fixture
def screens(newsroom, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return every_screen(newsroom)


@pytest.fixture
def session_of(newsroom, screens):
    """Name → value of the cookie with which the person is signed in."""

    def signed_in(who):
        client = Client()
        client.force_login(newsroom.people[who])
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    return {who: signed_in(who) for who in {screen.who for screen in screens.values()} if who}


@pytest.fixture
def pages(screens, session_of, visit, live_server):
    """Name → a page of a browser in which that person is signed in; "" for somebody who is not."""

    def opened(who):
        page = visit(reduced_motion="reduce")
        if who:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session_of[who], "url": live_server.url}
            page.context.add_cookies([cookie])
        return page

    return {who: opened(who) for who in {screen.who for screen in screens.values()}}


def put_into(page, scheme, width):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize(
    "modes",
    [["plain"], pytest.param(["dark", "narrow", "narrow, dark"], marks=pytest.mark.slow)],
    ids=["plain", "others"],
)
def test_no_screen_of_the_desk_hinders_scrolls_sideways_or_shows_what_is_hidden(screens, pages, modes):
    """Each screen is opened once, and everything is looked at there: it takes long to open."""
    hidden, wide, found = [], [], []
    for kind, screen in screens.items():
        page = pages[screen.who]
        assert page.goto(screen.address).status == 200, kind
        page.evaluate(EDITOR_IS_READY)
        hidden += [(kind, html) for html in page.evaluate(DISPLAYED_THOUGH_HIDDEN)]
        for width in (PHONE, 320):
            put_into(page, "light", width)
            scrolled = page.evaluate("document.documentElement.scrollWidth")
            wide += [(kind, width, scrolled)] if scrolled > width else []
        page.evaluate(AXE)
        for mode in modes:
            scheme, width, asked = MODES[mode]
            put_into(page, scheme, width)
            answer = page.evaluate("async (asked) => (await axe.run(asked)).violations", asked)
            found += [(kind, mode, one["id"], [node["html"][:160] for node in one["nodes"]]) for one in answer]
    assert (hidden, wide) == ([], [])
    assert found == [], json.dumps(found, ensure_ascii=False, indent=1)
