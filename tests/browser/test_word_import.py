"""Word import and typesetting in a browser, on desktop and phone."""

import re

import pytest
from playwright.sync_api import expect

from articles.text.sanitising import sanitise
from tests.articles.word.documents import document, notice, paragraph
from tests.browser.test_accessibility import ASKED, AXE
from tests.browser.test_journey import sign_in, write
from tests.images import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITOR = ".cke_contents [contenteditable=true]"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TITLE = "关于开展春季义务植树活动的通知"
UNSET = ["　　根据 安排,现将有关事项(见附件1)通知如下:", "一、 总体要求", '坚持"绿色"发展--不动摇...', "定于10:30开始."]
SET = [
    "<p>根据安排，现将有关事项（见附件1）通知如下：</p>",
    "<h2>一、总体要求</h2>",
    "<p>坚持“绿色”发展——不动摇……</p>",
    "<p>定于10:30开始。</p>",
]


@pytest.fixture
def open_form(newsroom, visit, settings, tmp_path):
    """Opens the form of a new article for the drafter, in a window of some width."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def open_form(width=1280, **options):
        page = visit(width=width, **options)
        sign_in(page, newsroom.drafter)
        page.goto("/admin/articles/article/add/")
        expect(page.locator("#word-import")).to_be_visible()
        return page

    return open_form


@pytest.fixture
def keep(artefacts):
    def screenshot(page, name):
        page.screenshot(path=artefacts / f"word-{name}.png")

    return screenshot


def broken_rules(page):
    """What axe-core finds in the parts that are tested here."""
    page.evaluate(AXE)
    parts = [part for part in ("#desk-word", "dialog[open]") if page.locator(part).count()]
    found = page.evaluate(
        "([parts, asked]) => axe.run({ include: parts }, asked)", [parts, {**ASKED, "preload": False}]
    )
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]]


def bring(page, data, name="通知.docx"):
    page.set_input_files("#word-file", {"name": name, "mimeType": DOCX, "buffer": data})


def text(page):
    """What the form would send, as the server keeps it."""
    html = sanitise(page.evaluate("CKEDITOR.instances.id_body.getData()")).html
    return re.sub(r"\s*\n\s*", "", html)


def lost(page):
    return page.locator("#word-lost li").all_inner_texts()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_document_comes_into_the_form_and_is_saved(newsroom, open_form, keep, width):
    page = open_form(width)
    bring(page, notice(picture(size=(640, 360), colour="green")))
    expect(page.locator("#word-state")).to_have_text("“通知.docx”已导入，请核对后保存。")
    expect(page.locator("input[name=title]")).to_have_value(TITLE)
    expect(page.locator(f"{EDITOR} h2")).to_have_count(2)
    expect(page.locator(f"{EDITOR} a[id=fnref-1]")).to_have_text("[1]")
    assert page.locator("#word-lost").is_visible() and "image2.emf" in lost(page)[0]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert broken_rules(page) == []
    keep(page, f"imported-{width}")
    page.click("button[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()
    expect(page.locator(f"{EDITOR} li[id=fn-2]")).to_contain_text("网址可能变动。")
    keep(page, f"saved-{width}")


def test_what_is_in_the_form_is_replaced_only_when_asked(open_form, keep):
    page = open_form()
    page.fill("input[name=title]", "我的标题")
    write(page, ["我的正文。"])
    data = document(paragraph("新标题", style="a3"), paragraph("新正文。"))

    bring(page, data)
    dialog = page.locator("#word-choice")
    expect(dialog).to_contain_text("新标题")
    assert broken_rules(page) == []
    keep(page, "asking")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert text(page) == "<p>我的正文。</p>"

    bring(page, data)
    page.click("#word-choice button[value=append]")
    expect(page.locator(EDITOR)).to_contain_text("新正文。")
    assert text(page) == "<p>我的正文。</p><p>新正文。</p>"
    expect(page.locator("input[name=title]")).to_have_value("我的标题")

    bring(page, data)
    page.click("#word-choice button[value=replace]")
    expect(page.locator("input[name=title]")).to_have_value("新标题")
    assert text(page) == "<p>新正文。</p>"
    page.evaluate("CKEDITOR.instances.id_body.execCommand('undo')")
    assert text(page) == "<p>我的正文。</p><p>新正文。</p>"


def test_notes_of_a_second_document_are_numbered_on(open_form):
    page = open_form()
    bring(page, notice(picture()))
    expect(page.locator(f"{EDITOR} li[id=fn-2]")).to_have_count(1)
    bring(page, notice(picture()))
    page.click("#word-choice button[value=append]")
    expect(page.locator(f"{EDITOR} li[id=fn-4]")).to_have_count(1)
    html = text(page)
    assert re.findall(r'id="fnref-(\d)"', html) == ["1", "2", "3", "4"] and html.count("<hr") == 1


def test_what_cannot_be_read_is_said_beside_the_editor_and_nothing_typed_is_lost(open_form):
    page = open_form()
    write(page, ["我的正文。"])
    # The refusal comes as the site answered it, save for the status, of which the browser would complain.
    page.route("**/editing/word/", lambda route: route.fulfill(response=route.fetch(), status=200))
    bring(page, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧通知.doc")
    expect(page.locator("#word-lost li")).to_contain_text("旧通知.doc: 这是旧格式的文档")
    assert text(page) == "<p>我的正文。</p>"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_text_is_set_after_a_look_and_taken_back(open_form, keep, width):
    page = open_form(width)
    write(page, UNSET)
    before = text(page)
    page.click("#typeset")
    dialog = page.locator("#typesetting")
    expect(dialog.locator("li")).to_have_count(4)
    expect(dialog.locator("ins").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert broken_rules(page) == []
    keep(page, f"typesetting-{width}")
    dialog.get_by_role("button", name="取消").click()
    expect(dialog).to_be_hidden()
    assert text(page) == before

    page.click("#typeset")
    dialog.get_by_role("button", name="采用").click()
    expect(page.locator(f"{EDITOR} h2")).to_have_text("一、总体要求")
    assert text(page) == "".join(SET)
    keep(page, f"typeset-{width}")
    page.click("#typeset-undo")
    expect(page.locator("#word-state")).to_have_text("已恢复到排版之前。")
    assert text(page) == before

    page.click("#typeset")
    dialog.get_by_role("button", name="采用").click()
    expect(page.locator("#word-state")).to_have_text("已排版。")
    page.evaluate("CKEDITOR.instances.id_body.execCommand('undo')")
    assert text(page) == before
    expect(page.locator("#typeset-undo")).to_be_hidden()


def test_a_text_that_is_set_already_is_left_alone(open_form):
    page = open_form()
    page.click("#typeset")
    expect(page.locator("#word-state")).to_have_text("还没有正文。")
    write(page, ["已经规范。"])
    page.click("#typeset")
    expect(page.locator("#word-state")).to_have_text("排版已经规范，无需改动。")
    expect(page.locator("#typesetting")).to_be_hidden()


@pytest.fixture
def with_a_note(newsroom):
    """What is in the database comes first among the fixtures: once the browser runs, this thread has its event loop."""
    body = (
        '<p>安排<sup><a href="#fn-1" id="fnref-1">[1]</a></sup>如下。</p><p>正文。</p><hr>'
        '<ol><li id="fn-1"><p>见《要点》。 <a href="#fnref-1">↑</a></p></li></ol>'
    )
    return newsroom.published(body=body)


def test_a_visitor_follows_a_footnote_and_comes_back(with_a_note, visit, keep):
    page = visit(width=390)
    page.goto(with_a_note.get_absolute_url())
    page.click("#fnref-1")
    expect(page.locator("li#fn-1")).to_be_in_viewport()
    keep(page, "footnote")
    page.click("li#fn-1 a")
    expect(page).to_have_url(re.compile("#fnref-1$"))
