"""Review in a browser: keyboard, text selection, phone, no JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import AXE
from tests.browser.test_desk_accessibility import MODES, put_into
from tests.browser.test_journey import sign_in
from tests.workflow.action_calls import edit, give_back

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BODY = "<p>会议于三月十二日召开，请<strong>准时</strong>参加。</p>" + "<p>地点另行通知，请留意。</p>" * 12
# Marks words in the frame as a finger does; the page itself does it, for no script runs in the frame.
MARK = """(words) => {
  const page = document.querySelector(".review-text iframe").contentDocument;
  const walker = page.createTreeWalker(page.querySelector(".article-body"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    page.getSelection().setBaseAndExtent(node, at, node, at + words.length);
    return;
  }
}"""


def open_first(page, person):
    sign_in(page, person)
    page.goto("/admin/workflow/round/")
    page.locator(".desk-queue-rows a").first.click()
    expect(text(page).get_by_text("地点另行通知").first).to_be_visible()
    return page


def finds_nothing(page):
    """axe-core, in both schemes and at both widths; and nothing scrolls sideways."""
    page.evaluate(AXE)
    for scheme, width, asked in MODES.values():
        put_into(page, scheme, width)
        assert page.evaluate("async (asked) => (await axe.run(asked)).violations", asked) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    put_into(page, "light", 1280)


def text(page):
    return page.frame_locator(".review-text iframe")


@pytest.fixture
def twenty(newsroom):
    return [newsroom.submitted(title=f"第{number}篇稿件", body=BODY) for number in range(1, 21)]


@pytest.fixture
def waiting(newsroom):
    return newsroom.submitted(title="会议通知", body=BODY)


@pytest.fixture
def two_waiting(newsroom, waiting):
    return waiting, newsroom.submitted(title="第二篇", body=BODY)


@pytest.fixture
def unopened(newsroom, two_waiting):
    return newsroom.submitted(title="没打开的", body=BODY)


@pytest.fixture
def again(newsroom):
    """A text that came back once and was changed."""
    article = newsroom.draft(title="会议通知", body=BODY)
    give_back(newsroom.submitted(article), newsroom.reviewer)
    edit(article, newsroom.drafter, body=BODY.replace("三月", "四月"))
    return newsroom.submitted(article)


@pytest.mark.slow
def test_twenty_approvals_in_a_row_need_no_mouse(newsroom, twenty, visit):
    page = open_first(visit(), newsroom.reviewer)
    for number, waiting in enumerate(twenty, 1):
        expect(page.locator("h1")).to_have_text(waiting.revision.title)
        page.keyboard.press("Control+Enter")
        expect(page).to_have_url(re.compile(rf"/{waiting.pk}/outcome/$"))
        if number < 20:
            expect(page.locator(".review-next")).to_contain_text(f"还有 {20 - number} 件待审")
            page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".review-next")).to_contain_text("没有其他待审稿件")


def test_two_taps_in_the_same_place_decide_on_one_article(newsroom, twenty, visit, keep):
    """The second tap used to sign the next article, which nobody had opened."""
    phone = open_first(visit(width=390, height=844, has_touch=True, is_mobile=True), newsroom.reviewer)
    box = phone.locator("#verdict-approve").bounding_box()
    spot = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    phone.touchscreen.tap(*spot)
    phone.wait_for_timeout(500)
    phone.touchscreen.tap(*spot)
    phone.wait_for_timeout(1500)
    expect(phone).to_have_url(re.compile(rf"/{twenty[0].pk}/outcome/$"))
    expect(phone.locator(".review-next")).to_contain_text("还有 19 件待审")
    keep(phone, "phone-outcome")
    phone.locator("#queue-next").tap()
    expect(phone.locator("h1")).to_have_text("第2篇稿件")
    expect(phone.locator("#verdict-approve")).to_be_visible()


def test_two_taps_on_the_button_of_the_queue_confirm_nothing(newsroom, twenty, visit, keep):
    """On a phone, however many articles are ticked."""
    phone = visit(width=390, height=844, has_touch=True, is_mobile=True)
    sign_in(phone, newsroom.reviewer)
    for waiting in twenty:
        phone.goto(f"/admin/workflow/round/{waiting.pk}/review/")
    for ticked in (1, 5, 20):
        phone.goto("/admin/workflow/round/")
        for box in phone.locator("input[name=chosen]").all()[:ticked]:
            box.check()
        box = phone.locator("#bulk-button").bounding_box()
        spot = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        phone.touchscreen.tap(*spot)
        expect(phone.locator("#confirm-button")).to_contain_text(f"{ticked} 篇")
        keep(phone, f"phone-confirm-{ticked}")
        phone.touchscreen.tap(*spot)
        phone.wait_for_timeout(500)
    phone.goto("/admin/workflow/round/")
    expect(phone.locator("h1 .desk-count")).to_have_text("20")


def test_the_keyboard_works_while_the_text_in_the_frame_has_the_focus(newsroom, two_waiting, visit):
    page = open_first(visit(), newsroom.reviewer)
    text(page).get_by_text("地点另行通知").first.click()
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#id_comment")).to_be_focused()
    expect(page.locator(".review-reason-prompt")).to_have_text("请先写明退回原因：要改什么？")
    text(page).get_by_text("地点另行通知").first.click()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("h1")).to_have_text("第二篇")
    expect(text(page).get_by_text("地点另行通知").first).to_be_visible()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("h1")).to_have_text("会议通知")
    page.keyboard.press("a")  # a single letter does nothing
    expect(text(page).get_by_text("地点另行通知").first).to_be_visible()
    page.get_by_role("button", name="请核对日期。").click()
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("h1")).to_contain_text("已退回")


def test_what_changed_is_read_beside_an_opinion_that_is_being_written(newsroom, again, visit, keep):
    page = open_first(visit(), newsroom.reviewer)
    page.fill("#id_comment", "写到一半的意见")
    page.get_by_role("link", name="与上次送审的差异").click()
    expect(page.locator("#differences .diff-body del")).to_contain_text("三")
    expect(page.locator("#differences .diff-body ins")).to_contain_text("四")
    expect(page.locator(".review-text")).to_be_hidden()
    keep(page, "review-differences")
    page.get_by_role("link", name="全文").click()
    expect(text(page).get_by_text("地点另行通知").first).to_be_visible()
    expect(page.locator("#id_comment")).to_have_value("写到一半的意见")


def test_a_leader_suggests_words_and_the_drafter_takes_them_over_with_one_click(newsroom, waiting, visit, keep):
    leader = open_first(visit(), newsroom.reviewer)
    leader.fill("#id_comment", "请按批注修改")
    text(leader).get_by_text("准时").dblclick()
    leader.get_by_role("button", name="建议改为").click()
    expect(leader.locator("#id_replacement")).to_be_focused()
    leader.fill("#id_replacement", "按时")
    leader.keyboard.press("Control+Enter")  # sends the remark, not the decision
    expect(leader.locator("#remark-list ins")).to_contain_text("按时")
    expect(text(leader).locator("mark[data-suggestion]")).to_have_text("准时")
    expect(leader.locator("#id_comment")).to_have_value("请按批注修改")
    keep(leader, "review-remark")
    leader.keyboard.press("Control+Shift+Enter")
    expect(leader.locator("h1")).to_contain_text("已退回")

    drafter = visit()
    sign_in(drafter, newsroom.drafter)
    drafter.goto(f"/admin/articles/article/{waiting.article_id}/change/")
    editor = drafter.locator(".cke_contents [contenteditable=true]")
    expect(editor).to_be_visible()
    drafter.fill("#id_subtitle", "补充的副标题")
    drafter.get_by_role("button", name="采用", exact=True).click()
    expect(drafter.locator(".remark-unsaved")).to_be_visible()
    keep(drafter, "remarks-unsaved")
    drafter.locator(".remark-unsaved button").click()
    expect(drafter.locator(".messagelist .success")).to_be_visible()
    drafter.get_by_role("button", name="采用", exact=True).click()
    expect(drafter.locator(".messagelist .success")).to_contain_text("已采用")
    expect(editor).to_contain_text("请按时参加")
    expect(drafter.locator("#id_subtitle")).to_have_value("补充的副标题")
    keep(drafter, "remarks-taken")


def test_words_are_marked_and_remarked_on_with_a_finger(newsroom, waiting, visit, keep):
    phone = open_first(visit(width=390, height=844, has_touch=True, is_mobile=True), newsroom.reviewer)
    phone.evaluate(MARK, "三月十二日")
    phone.get_by_role("button", name="批注", exact=True).tap()
    phone.fill("#id_text", "请核对日期")
    keep(phone, "phone-remarking")
    phone.get_by_role("button", name="提交批注").tap()
    expect(phone.locator("#remark-list")).to_contain_text("请核对日期")
    phone.locator("#remark-list .review-show-passage").tap()
    expect(text(phone).locator("mark[data-found]")).to_have_text("三月十二日")
    expect(text(phone).locator("mark[data-found]")).to_be_in_viewport()
    phone.get_by_role("button", name="收回").tap()
    expect(phone.locator("#remark-list")).to_contain_text("还没有批注")
    # The bar with the decision is in reach wherever one reads.
    for place in ("0", "document.body.scrollHeight / 2", "document.body.scrollHeight"):
        phone.evaluate(f"scrollTo(0, {place})")
        expect(phone.locator("#verdict-approve")).to_be_in_viewport()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    keep(phone, "phone-review")


def test_a_refused_remark_says_why_and_keeps_what_was_typed(newsroom, waiting, visit):
    page = open_first(visit(expected=("400 (Bad Request)",)), newsroom.reviewer)
    page.locator(".remark-form-details summary").click()
    page.fill("#id_exact", "请留意")
    page.fill("#id_text", "这是哪一处？")
    with page.expect_response(re.compile("/remarks/")) as answered:
        page.get_by_role("button", name="提交批注").click()
    assert answered.value.status == 400
    expect(page.locator(".remark-error")).to_contain_text("12 次")
    expect(page.locator("#id_text")).to_have_value("这是哪一处？")


def test_without_script_the_page_reviews_and_remarks_too(newsroom, again, visit):
    page = visit(java_script_enabled=False)
    sign_in(page, newsroom.reviewer)
    page.goto("/admin/workflow/round/")
    page.locator(".desk-queue-rows a").first.click()
    address = page.url
    page.get_by_role("link", name="与上次送审的差异").click()
    expect(page.locator("ins").last).to_contain_text("四")
    page.goto(address)
    page.locator(".remark-form-details summary").click()
    page.fill("#id_exact", "准时")
    page.check("#id_kind_1")
    page.fill("#id_replacement", "按时")
    page.get_by_role("button", name="提交批注").click()
    expect(page.locator("#remark-list ins")).to_contain_text("按时")
    page.fill("#id_comment", "见批注")
    page.locator("#verdict-return").click()
    expect(page.locator("h1")).to_contain_text("已退回")


def test_what_was_opened_is_ticked_at_once_and_confirmed_once(newsroom, two_waiting, unopened, visit, keep):
    page = visit()
    sign_in(page, newsroom.reviewer)
    page.goto("/admin/workflow/round/")
    expect(page.locator("input[type=checkbox]")).to_have_count(0)
    for waiting in two_waiting:
        page.goto(f"/admin/workflow/round/{waiting.pk}/review/")
    page.goto("/admin/workflow/round/")
    keep(page, "queue-with-unopened")
    expect(page.locator("#bulk-button")).to_have_text("通过所勾选的稿件")
    page.check("#select-all")
    expect(page.locator("#bulk-button")).to_have_text("通过勾选的 2 篇")
    page.locator("input[name=chosen]").first.uncheck()
    expect(page.locator("#bulk-button")).to_have_text("通过勾选的 1 篇")
    expect(page.locator("#select-all")).not_to_be_checked()
    page.check("#select-all")
    page.click("#bulk-button")
    expect(page.locator(".review-selection .desk-row-title")).to_have_text(["会议通知", "第二篇"])
    keep(page, "confirm")
    finds_nothing(page)
    page.click("#confirm-button")
    expect(page.locator(".messagelist .success")).to_contain_text("2 篇")
    expect(page.locator(".desk-queue-rows .desk-row-title")).to_have_text(["没打开的"])


def test_axe_finds_nothing_on_the_result_page(newsroom, two_waiting, visit, keep):
    page = open_first(visit(), newsroom.reviewer)
    page.click("#verdict-approve")
    expect(page.locator("#queue-next")).to_be_visible()
    keep(page, "outcome")
    finds_nothing(page)
