"""Letters in a browser without JavaScript, with axe-core on each page."""

import pytest
from playwright.sync_api import expect

from feedback import form_tokens
from tests.browser.test_journey import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = "第二段的年份写错了。\n应为二〇一四年。"
WIDE, NARROW = 1280, 390


@pytest.fixture
def live(newsroom):
    return newsroom.published(title="关于义务植树的通知")


@pytest.fixture
def faultless():
    """Fails when axe finds anything on a page, or when the page is wider than its window."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def look(page):
        found = axe.run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url

    return look


def test_a_letter_is_written_without_script_and_its_answer_read(
    newsroom, live, visit, artefacts, monkeypatch, live_server
):
    monkeypatch.setattr(form_tokens, "MIN_FORM_AGE", form_tokens.MIN_FORM_AGE * 0)  # a browser in a test writes at once
    reader = visit(width=NARROW, java_script_enabled=False)
    reader.goto(live.get_absolute_url())
    reader.click(".report-link")
    expect(reader.locator(".letter-about")).to_contain_text(live.title)
    expect(reader.locator(".letter-honeypot input")).not_to_be_in_viewport(ratio=1)
    reader.fill("#id_text", TEXT)
    reader.screenshot(path=artefacts / "letter-form-390.png", full_page=True)
    reader.click(".letter-form .button")
    receipt = reader.locator(".letter-receipt strong").inner_text()

    staff = visit()
    sign_in(staff, newsroom.drafter)
    staff.click(".desk-rows a >> text=第二段")
    expect(staff.locator(".desk-letter")).to_contain_text("应为二〇一四年")
    staff.fill("textarea[name=answer]", "已更正，谢谢。")
    staff.click("button[value=answered]")
    expect(staff.locator(".messagelist .success")).to_be_visible()

    reader.goto("/feedback/")
    reader.fill("#receipt", receipt.lower())
    reader.click(".letter-lookup button")
    expect(reader.locator(".letter-answer")).to_contain_text("已更正，谢谢。")
    reader.screenshot(path=artefacts / "letter-answered-390.png", full_page=True)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_axe_finds_nothing_on_the_pages_of_letters(newsroom, live, visit, faultless, monkeypatch, width):
    monkeypatch.setattr(form_tokens, "MIN_FORM_AGE", form_tokens.MIN_FORM_AGE * 0)
    reader = visit(width=width)
    reader.goto(f"/feedback/?about={live.article_id}")
    faultless(reader)
    reader.fill("#id_text", TEXT)
    reader.click(".letter-form .button")
    expect(reader.locator(".letter-receipt")).to_be_visible()
    faultless(reader)

    staff = visit(width=width)
    sign_in(staff, newsroom.drafter)
    staff.click(".desk-rows a >> text=第二段")
    faultless(staff)


def test_axe_finds_nothing_on_a_form_that_came_back(newsroom, browser, live_server, faultless):
    """In a context of its own: the browser's console notes each answer of 400, as it should be."""
    page = browser.new_context(base_url=live_server.url).new_page()
    page.goto("/feedback/")
    page.fill("#id_text", "短")
    page.fill("#id_page", "https://365.example/")
    page.click(".letter-form .button")
    expect(page.locator(".letter-errors")).to_be_visible()
    faultless(page)
    page.context.close()
