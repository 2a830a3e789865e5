"""A day of each role, on desktop and phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_journey import sign_in, sign_out, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TITLE = "关于春季义务植树的通知"
WINDOWS = {
    "computer": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(autouse=True)
def _djangos_own_passwords(settings):
    """First passwords are stored as a running site stores them; the tests' own way is a cheap one."""
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]


@pytest.fixture(params=WINDOWS)
def page(request, visit):
    page = visit(**WINDOWS[request.param])
    page.kind = request.param
    return page


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url


def says(page, words):
    expect(page.locator("ul.messagelist")).to_contain_text(words)


def opens_the_first(page):
    """From the home page of a leader to what has waited longest."""
    fits(page)
    page.locator("section[aria-labelledby=waiting] .desk-rows a").first.click()
    expect(page.frame_locator("iframe.desk-frame").get_by_role("heading", name=TITLE)).to_be_visible()
    fits(page)


def test_from_the_first_word_to_the_public_page_with_one_return(newsroom, page, keep):
    sign_in(page, newsroom.drafter)
    page.locator(".desk-header").get_by_role("link", name="撰写稿件").click()
    write(page, ["三月十二日上午九时，在东郊林场集合。"])
    page.fill("#id_title", TITLE)
    fits(page)
    page.click("button[name=_submit]")
    says(page, "已提交")
    fits(page)
    sign_out(page)

    sign_in(page, newsroom.reviewer)
    opens_the_first(page)
    page.locator("textarea[name=comment]").focus()
    page.locator(".review-phrase", has_text="请补充附件").click()
    keep(page, f"30-day-{page.kind}-return")
    page.click("button[name=verdict][value=return]")
    expect(page.locator("h1")).to_contain_text("已退回")
    fits(page)
    sign_out(page)

    sign_in(page, newsroom.drafter)
    expect(page.locator("section[aria-labelledby=returned]")).to_contain_text("请补充附件")
    keep(page, f"31-day-{page.kind}-returned")
    page.locator("section[aria-labelledby=returned] a").first.click()
    pdf = {"name": "名额分配表.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}
    page.set_input_files("#attachment-files", pdf)
    expect(page.locator(".desk-attachments li")).to_have_count(1)
    page.click("button[name=_submit]")
    says(page, "已提交")
    sign_out(page)

    sign_in(page, newsroom.reviewer)
    opens_the_first(page)
    page.get_by_role("link", name="与上次送审的差异").click()
    expect(page.locator(".diff")).to_contain_text("名额分配表")
    page.click("button[name=verdict][value=approve]")
    expect(page.locator("h1")).to_contain_text("下一环节")
    sign_out(page)

    sign_in(page, newsroom.publisher)
    opens_the_first(page)
    expect(page.locator("button[name=verdict][value=approve]")).to_contain_text("立即公开")
    page.click("button[name=verdict][value=approve]")
    expect(page.locator("h1")).to_contain_text("现已公开")
    keep(page, f"31-day-{page.kind}-signed")
    fits(page)
    sign_out(page)

    page.goto(f"/{newsroom.department.slug}/")
    page.get_by_role("link", name=TITLE).first.click()
    expect(page.locator("#content")).to_contain_text("东郊林场")
    expect(page.get_by_role("link", name=re.compile("名额分配表")).first).to_be_visible()


def test_a_superuser_looks_after_people_and_the_site(newsroom, page, keep):
    sign_in(page, newsroom.admin)
    expect(page.locator("section[aria-labelledby=health]")).to_contain_text("尚无记录")
    fits(page)
    page.goto("/admin/accounts/user/")
    fits(page)
    page.get_by_role("link", name="从表格导入").click()
    table = "用户名,姓名,邮箱,电话,角色,栏目\nwang,王一,,,拟稿人,组织建设\n".encode()
    page.set_input_files("#table", {"name": "people.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="预览").click()
    expect(page.locator(".desk-people-table")).to_contain_text("新建账号")
    fits(page)
    page.get_by_role("button", name="确认导入").click()
    password = page.locator(".desk-people-table code").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="保存初始密码表").click()
    assert password in download.value.path().read_text(encoding="utf-8-sig")
    keep(page, f"32-day-{page.kind}-people")
    page.goto("/admin/ledger/entry/")
    fits(page)
    expect(page.locator("#result_list tbody tr").first).to_contain_text("授予角色")
    sign_out(page)

    page.goto("/admin/")
    page.fill("input[name=username]", "wang")
    page.fill("input[name=password]", password)
    page.click("#login-form button")
    expect(page.locator(".desk-header").get_by_role("link", name="撰写稿件")).to_be_visible()
