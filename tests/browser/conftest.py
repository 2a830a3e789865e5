"""Fixtures: a browser and a running server."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from portal import identity
from portal.demonstration.builder import IDENTITY
from portal.models import Identity
from tests.factories import Newsroom

# What a visitor's browser says; without it Chromium would call itself headless, and be taken for a crawler.
VISITOR = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

# What bin/test drives a browser through; all the others are marked `slow`, for bin/test --all.
IN_EVERY_RUN = {
    "test_a_text_is_written_approved_signed_off_and_read",
    "test_a_leader_decides_on_a_phone",
    "test_a_screenshot_is_uploaded_at_once",
    "test_what_was_typed_survives_a_browser_that_is_closed",
    "test_a_text_that_the_server_refuses_keeps_its_copy",
    "test_two_taps_in_the_same_place_decide_on_one_article",
    "test_what_is_in_the_form_is_replaced_only_when_asked",
    "test_elder_mode_is_there_before_the_first_word_is_drawn",
    "test_axe_finds_nothing_on_a_form_that_came_back",
    "test_an_article_reads_fully_without_javascript",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and item.originalname not in IN_EVERY_RUN:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def newsroom(live_server, settings, tmp_path) -> Newsroom:
    """People and departments, in the database that the server reads."""
    settings.LEDGER_HEAD_FILE = tmp_path / "ledger-heads.jsonl"
    room = Newsroom.open()
    identity.save_identity(Identity(**IDENTITY), by=room.admin)
    return room


@pytest.fixture(scope="session")
def chromium_process(chromium) -> Iterator[Browser]:
    """One browser for all tests of a process: it takes longer to start than many of them do."""
    # Playwright's own event loop runs in this thread from now on, in which Django would refuse to touch the database.
    # Nothing here is asynchronous: the loop stands still while a test works.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def browser(newsroom, chromium_process) -> Browser:
    """The browser, once people and departments are there."""
    return chromium_process


@pytest.fixture
def visit(browser, live_server) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own; whatever a browser complains of (script, policy, files) fails the test.

    `expected`: parts of complaints that belong to the story.
    """
    complaints: list[str] = []
    contexts = []

    def complain(page: Page, said: ConsoleMessage, expected: tuple[str, ...]) -> None:
        if said.type in ("error", "warning") and not any(part in said.text for part in expected):
            complaints.append(f"{page.url}: {said.type}: {said.text}")

    def failed(request: Request, expected: tuple[str, ...]) -> None:
        # What a page was still loading (its icon) when it was left for another is given up, and that is no fault.
        if not any(part in request.failure for part in ("net::ERR_ABORTED", *expected)):
            complaints.append(f"{request.url}: {request.failure}")

    def open_page(width: int = 1280, height: int = 900, expected: tuple[str, ...] = (), **options: Any) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            user_agent=VISITOR,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: complain(page, said, expected))
        page.on("requestfailed", lambda request: failed(request, expected))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def keep(artefacts):
    """Keeps a picture of the whole page under a name."""

    def screenshot(page, name):
        page.screenshot(path=artefacts / f"{name}.png", full_page=True)

    return screenshot
