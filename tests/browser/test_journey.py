"""The main job in a browser: write, decide twice, read."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE = "春季义务植树活动安排"
PARAGRAPHS = ["三月十二日上午九时，在东郊林场集合。", "请自带手套，工具由林场准备。"]


def sign_in(page, person):
    page.goto("/admin/")
    page.fill("input[name=username]", person.username)
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button")
    expect(page.locator(".desk-nav")).to_be_visible()


def sign_out(page):
    page.click(".desk-menu summary")
    page.click("#logout-form button")
    expect(page.locator(".desk-nav")).to_have_count(0)


def write(page, paragraphs):
    """Types into the editor, as somebody does who has clicked into it."""
    editor = page.locator(".cke_contents [contenteditable=true]")
    editor.click()
    for number, paragraph in enumerate(paragraphs):
        if number:
            page.keyboard.press("Enter")
        page.keyboard.insert_text(paragraph)


def decide(page, person, verdict, keep, name):
    """Signs in, opens the first of the queue, reads it in its frame and decides."""
    sign_in(page, person)
    keep(page, f"{name}-desk")
    page.goto("/admin/workflow/round/")
    keep(page, f"{name}-queue")
    page.click(".desk-queue-rows a")
    for paragraph in PARAGRAPHS:
        expect(page.frame_locator("iframe.desk-frame").get_by_text(paragraph)).to_be_visible()
    page.fill("textarea[name=comment]", "同意。")
    keep(page, f"{name}-review")
    page.click(f"button[name=verdict][value={verdict}]")
    expect(page.locator(".review-next")).to_contain_text("没有其他待审稿件")
    keep(page, f"{name}-decided")
    sign_out(page)


def test_a_text_is_written_approved_signed_off_and_read(newsroom, visit, keep):
    staff = visit()
    staff.goto("/admin/")
    keep(staff, "1-sign-in")

    sign_in(staff, newsroom.drafter)
    keep(staff, "2-drafter-desk")
    staff.goto("/admin/articles/article/add/")
    staff.fill("input[name=title]", TITLE)
    write(staff, PARAGRAPHS)
    staff.fill("input[name=source]", "机关绿化办")
    keep(staff, "3-form")
    staff.click("button[name=_submit]")
    expect(staff).to_have_url(re.compile(r"/overview/$"))
    article = re.search(r"/article/(\d+)/", staff.url)[1]
    keep(staff, "4-submitted")
    sign_out(staff)

    address = f"/{newsroom.department.slug}/{article}/"
    decide(staff, newsroom.reviewer, "approve", keep, "5-reviewer")
    visitor = visit()
    visitor.goto(f"/{newsroom.department.slug}/")
    expect(visitor.get_by_text(TITLE)).to_have_count(0)
    decide(staff, newsroom.publisher, "approve", keep, "6-publisher")

    visitor.goto("/")
    keep(visitor, "7-home")
    visitor.click(f"a:has-text('{TITLE}')")
    expect(visitor).to_have_url(re.compile(re.escape(address)))
    for paragraph in PARAGRAPHS:
        expect(visitor.locator(".article-body p", has_text=paragraph)).to_be_visible()
    expect(visitor.locator("#reads")).to_have_text("1")
    keep(visitor, "8-article")
    visitor.reload()
    expect(visitor.locator("#reads")).to_have_text("1")
    somebody_else = visit(width=390, height=844, extra_http_headers={"Accept-Language": "zh-CN"}, has_touch=True)
    somebody_else.goto(address)
    keep(somebody_else, "9-article-phone")


@pytest.fixture
def three_waiting(newsroom):
    return [newsroom.submitted(title=f"待审稿件之{number}", body="<p>请审阅。</p>" * 6) for number in "一二三"]


@pytest.fixture
def three_published(newsroom):
    """The middle one of them has whatever an article can have."""
    body = "<h2>一、时间</h2><p>三月十二日。</p><table><tbody><tr><td>表格</td></tr></tbody></table><p>文末。</p>"
    return [
        newsroom.published(title="前一篇", body="<p>前文。</p>"),
        newsroom.published(title=TITLE, body=body, author="甲", source="机关绿化办", keywords="植树 绿化"),
        newsroom.published(title="后一篇", body="<p>后文。</p>"),
    ]


# What is in the database comes first among the fixtures: once the browser runs, this thread has its event loop.


def test_a_leader_decides_on_a_phone(newsroom, three_waiting, visit, keep):
    phone = visit(width=390, height=844, has_touch=True, is_mobile=True)
    sign_in(phone, newsroom.reviewer)
    keep(phone, "10-phone-desk")
    phone.goto("/admin/workflow/round/")
    keep(phone, "11-phone-queue")
    phone.locator(".desk-queue-rows a").first.click()
    expect(phone.frame_locator("iframe.desk-frame").get_by_text("请审阅。").first).to_be_visible()
    keep(phone, "12-phone-review")
    phone.fill("textarea[name=comment]", "请核对日期")
    phone.click("button[name=verdict][value=return]")
    phone.click("#queue-next")
    expect(phone.locator("h1")).to_contain_text("待审稿件之二")
    for address in ("/admin/", "/admin/workflow/round/", "/admin/articles/article/"):
        phone.goto(address)
        width = phone.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{address} is {width} pixels wide"


def test_an_article_reads_fully_without_javascript(three_published, visit, keep):
    page = visit(java_script_enabled=False)
    page.goto(three_published[1].get_absolute_url())
    keep(page, "13-article-without-script")
    for words in (TITLE, "一、时间", "三月十二日。", "表格", "文末。", "前一篇", "后一篇", "机关绿化办"):
        expect(page.locator("#content").get_by_text(words, exact=True).first).to_be_visible()
    expect(page.locator("#reads")).to_have_text("0")
    assert [button for button in page.locator("#content button").all() if button.is_visible()] == []
    page.click("a:has-text('前一篇')")
    expect(page.locator("h1")).to_have_text("前一篇")
    page.click(f"a:has-text('{TITLE}')")
    expect(page.locator("h1")).to_have_text(TITLE)
