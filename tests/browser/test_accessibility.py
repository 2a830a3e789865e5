"""WCAG 2.2 AA on every public page in every mode (axe-core); no sideways scrolling."""

import itertools
import json
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest

from tests.public_pages import every_kind

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
ASKED = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {"target-size": {"enabled": True}},  # WCAG 2.2; off by default
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
# What a mode is on the page: the attributes of <html> that script or server put there, the system's wish, the window.
PLAIN = {"elder": False, "theme": "red", "grey": False, "scheme": "light", "width": 1280}
MODES = {
    "plain": ({}, ASKED),
    "elder": ({"elder": True}, ASKED),
    "narrow": ({"width": 390}, ASKED),
    "narrow, elder": ({"width": 390, "elder": True}, ASKED),
    # These change nothing but colours.
    "dark": ({"scheme": "dark"}, COLOURS),
    "elder, dark": ({"elder": True, "scheme": "dark"}, COLOURS),
    "blue": ({"theme": "blue"}, COLOURS),
    "blue, dark": ({"theme": "blue", "scheme": "dark"}, COLOURS),
    "blue, elder": ({"theme": "blue", "elder": True}, COLOURS),
    "mourning": ({"grey": True}, COLOURS),
}
IN_EVERY_RUN = ["plain", "narrow, elder", "elder, dark"]
NARROW = [320, 640]  # 320 px is also what 1280 px are at four times the size; 640 px what they are at twice

# Elements that carry `hidden`, and a style that beats it.
DISPLAYED_THOUGH_HIDDEN = """() => [...document.querySelectorAll("[hidden]")]
    .filter((one) => getComputedStyle(one).display !== "none").map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def shown(newsroom, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return every_kind(newsroom)


@pytest.fixture
def page(shown, visit):
    """A page of the browser. Refusals come as the site answered them, save for the status."""
    page = visit(reduced_motion="reduce")

    def answered(kind):
        def answer(route):
            refused = shown[kind].response
            route.fulfill(status=200, headers=dict(refused.headers), body=refused.content)

        return answer

    for kind, found in shown.items():
        if found.is_refusal:
            page.route(f"**{found.address}", answered(kind))
    return page


def put_into(page, mode):
    wanted = PLAIN | mode
    page.emulate_media(color_scheme=wanted["scheme"], reduced_motion="reduce")
    page.set_viewport_size({"width": wanted["width"], "height": 900})
    page.evaluate(
        """(wanted) => {
            const root = document.documentElement;
            root.toggleAttribute("data-elder", wanted.elder);
            root.classList.toggle("mourning", wanted.grey);
            root.dataset.theme = wanted.theme;
            // Until it is drawn: what watches sizes (article.js) is told only then.
            return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }""",
        wanted,
    )


@pytest.mark.parametrize(
    "modes", [IN_EVERY_RUN, pytest.param(MODES, marks=pytest.mark.slow)], ids=["some modes", "every mode"]
)
def test_no_kind_of_page_hinders_scrolls_sideways_shows_what_is_hidden_or_asks_another_host(
    shown, page, live_server, modes
):
    """Each page is opened once, and everything is looked at there: it takes long to open."""
    hosts, hidden, wide, found = set(), [], [], []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    for kind, one in shown.items():
        page.goto(one.address)
        hidden += [(kind, html) for html in page.evaluate(DISPLAYED_THOUGH_HIDDEN)]
        for width, elder in itertools.product(NARROW, [False, True]):
            put_into(page, {"width": width, "elder": elder})
            scrolled = page.evaluate("document.documentElement.scrollWidth")
            wide += [(kind, width, elder, scrolled)] if scrolled > width else []
        page.evaluate(AXE)
        for mode in modes:
            wanted, asked = MODES[mode]
            put_into(page, wanted)
            answer = page.evaluate("async (asked) => (await axe.run(asked)).violations", asked)
            found += [
                (kind, mode, violation["id"], [node["html"][:160] for node in violation["nodes"]])
                for violation in answer
            ]
    assert hosts == {urlsplit(live_server.url).netloc}
    assert (hidden, wide) == ([], [])
    assert found == [], json.dumps(found, ensure_ascii=False, indent=1)
