"""The draft form in a browser: no text is lost, drag and drop works."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from tests.articles.files.test_documents import PDF
from tests.browser.test_journey import sign_in, write
from tests.images import pasted, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = "/admin/articles/article/add/"
HALF_A_MINUTE = 31_000  # milliseconds
EDITOR = ".cke_contents > [contenteditable=true]"  # captions inside it can be edited too


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def a_draft(newsroom):
    return newsroom.draft(title="植树安排", body="<p>第一段。</p>")


@pytest.fixture
def desk(visit, newsroom):
    """Opens a page of the desk in a browser of somebody's own, with a clock that can be put forward."""

    def opened(person, address, expected=(), **options):
        # The clock is put into every frame as a script, which the frame of the preview does not run.
        page = visit(expected=("frame is sandboxed", *expected), **options)
        page.clock.install()
        sign_in(page, person)
        page.goto(address)
        page.locator(EDITOR).wait_for()
        return page

    return opened


def state(page):
    return page.locator(".desk-bar-status")


def await_autosave(page):
    """What the editor reports while a save is under way is saved with the next one."""
    for seconds in (4, 4, 20):
        page.clock.fast_forward(HALF_A_MINUTE)
        with suppress(AssertionError):
            return expect(state(page)).to_contain_text("已自动保存", timeout=seconds * 1000)
    pytest.fail(f"the status is {state(page).inner_text()}")


def change(article):
    return f"/admin/articles/article/{article.pk}/change/"


def test_a_new_article_is_saved_by_itself_once_it_has_a_title(desk, newsroom):
    page = desk(newsroom.drafter, ADD, expected=["400"])
    write(page, ["三月十二日植树。"])
    page.clock.fast_forward(HALF_A_MINUTE)
    expect(state(page)).to_have_text("填好标题和栏目后将自动保存")
    page.fill("#id_title", "植树安排")
    await_autosave(page)
    expect(page).to_have_url(re.compile(r"/change/$"))
    page.reload()
    expect(page.locator("#id_title")).to_have_value("植树安排")
    expect(page.locator(EDITOR)).to_contain_text("三月十二日植树。")
    # And it is one article, whatever is done with it next.
    page.click("button[name=_save]")
    page.goto("/admin/articles/article/")
    expect(page.get_by_role("link", name="植树安排")).to_have_count(1)


def test_two_people_write_at_once_and_nothing_of_either_is_lost(a_draft, desk, newsroom):
    """Scenario 9."""
    first = desk(newsroom.drafter, change(a_draft), expected=["409"])
    second = desk(newsroom.colleague, change(a_draft), expected=["409"])
    first.fill("#id_title", "植树安排（甲改）")
    await_autosave(first)

    second.locator(EDITOR).click()
    second.keyboard.press("Control+End")
    second.keyboard.insert_text("乙写的一句。")
    with second.expect_response("**/autosave/"):
        second.clock.fast_forward(HALF_A_MINUTE)
    clash = second.locator("#conflict")
    expect(clash).to_contain_text(newsroom.drafter.full_name)
    expect(second.locator("#conflict-theirs")).to_contain_text("植树安排（甲改）")
    expect(second.locator("#conflict-mine")).to_contain_text("乙写的一句。")
    # They go on typing, and what they type shows beside the other text.
    second.locator(EDITOR).click()
    second.keyboard.press("Control+End")
    second.keyboard.insert_text("又一句。")
    expect(second.locator("#conflict-mine")).to_contain_text("又一句。")
    second.fill("#id_title", "植树安排（合）")
    second.click("#conflict-keep-mine")
    expect(clash).to_be_hidden()
    expect(state(second)).to_contain_text("已自动保存")

    # Now it is the first one's turn to be told; they take the other text, and their own waits in the browser.
    first.fill("#id_title", "植树安排（甲再改）")
    first.clock.fast_forward(HALF_A_MINUTE)
    expect(first.locator("#conflict-theirs")).to_contain_text("又一句。")
    first.click("#conflict-take-theirs")
    expect(first.locator("#id_title")).to_have_value("植树安排（合）")
    first.click("#kept-restore")
    expect(first.locator("#id_title")).to_have_value("植树安排（甲再改）")


def test_what_was_typed_survives_a_browser_that_is_closed(a_draft, desk, newsroom):
    page = desk(newsroom.drafter, change(a_draft), expected=["ERR_INTERNET_DISCONNECTED"])
    page.context.set_offline(True)
    page.fill("#id_subtitle", "没来得及保存")
    page.clock.fast_forward(HALF_A_MINUTE)
    expect(state(page)).to_contain_text("网络不通")
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)
    page = context.new_page()
    page.clock.install()
    page.goto(change(a_draft))
    page.click("#kept-restore")
    expect(page.locator("#id_subtitle")).to_have_value("没来得及保存")
    await_autosave(page)
    page.reload()
    expect(page.locator("#kept-text")).to_be_hidden()
    expect(page.locator("#id_subtitle")).to_have_value("没来得及保存")


def test_leaving_with_unsaved_text_warns_and_leaving_with_saved_text_does_not(a_draft, desk, newsroom):
    page = desk(newsroom.drafter, change(a_draft))
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    write(page, ["又一段。"])
    page.goto("/admin/")
    assert asked == ["beforeunload"]
    page.goto(change(a_draft))
    page.click("#kept-drop")
    page.fill("#id_title", "另一题")
    await_autosave(page)
    page.goto("/admin/")
    assert asked == ["beforeunload"]


def test_signing_in_again_in_another_tab_lets_the_writing_go_on(a_draft, desk, newsroom):
    page = desk(newsroom.drafter, change(a_draft), expected=["403"])
    page.fill("#id_title", "登录失效之后")
    page.context.clear_cookies(name="sessionid")
    page.clock.fast_forward(HALF_A_MINUTE)
    expect(state(page)).to_contain_text("登录已失效")
    other = page.context.new_page()
    sign_in(other, newsroom.drafter)
    await_autosave(page)


def test_files_are_dropped_named_ordered_and_shown_with_the_text(a_draft, desk, newsroom, keep):
    page = desk(newsroom.drafter, change(a_draft))
    files = [{"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": PDF + name.encode()} for name in "甲乙"]
    data = page.evaluate_handle(
        """(files) => {
            const carried = new DataTransfer();
            for (const { name, bytes } of files)
                carried.items.add(new File([new Uint8Array(bytes)], name, { type: "application/pdf" }));
            return carried;
        }""",
        [{"name": file["name"], "bytes": list(file["buffer"])} for file in files],
    )
    page.dispatch_event("#drop-zone", "drop", {"dataTransfer": data})
    names = page.locator(".desk-attachments input[aria-label=名称]")
    expect(names).to_have_count(2)
    page.get_by_role("button", name="将“乙”上移").click()
    names.first.fill("乙改名")
    page.set_input_files("#cover-file", {"name": "封面.png", "mimeType": "image/png", "buffer": picture()})
    expect(page.locator("#cover img")).to_be_visible()
    keep(page, "20-writing-with-files")
    page.click("button[name=_save]")
    expect(page.locator("ul.messagelist")).to_contain_text("草稿已保存")
    values = page.locator(".desk-attachments input[aria-label=名称]").evaluate_all("all => all.map((one) => one.value)")
    assert values == ["乙改名", "甲"]
    expect(page.locator("#cover img")).to_be_visible()
    page.get_by_role("button", name="移除“甲”").click()
    page.click("#cover-none")
    page.click("button[name=_save]")
    expect(page.locator(".desk-attachments li")).to_have_count(1)
    expect(page.locator("#cover img")).to_have_count(0)


def test_a_picture_is_put_into_the_text_with_its_words(a_draft, desk, newsroom):
    page = desk(newsroom.drafter, change(a_draft))
    page.locator(EDITOR).click()
    image = {"name": "林场全景.png", "mimeType": "image/png", "buffer": picture(size=(60, 40))}
    page.set_input_files("input[type=file][hidden]", image)
    expect(page.locator(f"{EDITOR} figcaption")).to_have_text("林场全景")
    page.click("#preview")
    frame = page.frame_locator("#preview-stage iframe")
    expect(frame.locator("figure img")).to_be_visible()
    expect(frame.locator("figcaption")).to_have_text("林场全景")
    for name, width in (("手机", 390), ("平板", 768), ("电脑", 1280)):
        page.get_by_text(name, exact=True).click()
        assert frame.locator("html").evaluate("(root) => root.ownerDocument.defaultView.innerWidth") == width
    page.click("#preview-share")
    address = page.locator("#preview-address")
    expect(address).to_have_value(re.compile("/preview/"))


def test_keywords_are_suggested_and_the_summary_says_what_it_will_be(a_draft, desk, newsroom):
    page = desk(newsroom.drafter, change(a_draft))
    write(page, ["林场准备树苗，树苗由林场分发。"])
    page.click("#suggest-keywords")
    page.get_by_role("button", name="添加关键词“林场”").click()
    expect(page.locator("#id_keywords")).to_have_value("林场")
    page.locator("#id_summary").focus()
    expect(page.locator("#id_summary")).to_have_attribute("placeholder", re.compile("留空则为：.*树苗"))
    page.fill("#id_title", "长" * 31)
    expect(page.locator("#title-length")).to_contain_text("31 字：超过 30 字")


@pytest.fixture
def for_documents(newsroom):
    newsroom.elsewhere.update_sealed(asks_for_documents=True)
    return newsroom.stranger


def test_the_fields_of_documents_stand_open_where_the_column_asks_for_them(for_documents, desk, newsroom):
    page = desk(for_documents, ADD)
    page.select_option("#id_department", label="教育培训")
    expect(page.locator("#id_document_number")).to_be_visible()


def test_on_a_phone_it_is_written_with_a_thumb(a_draft, desk, newsroom, keep):
    page = desk(newsroom.drafter, change(a_draft), width=390, height=844, has_touch=True, is_mobile=True)
    write(page, ["手机上写的一段。"])
    page.click("#preview")
    expect(page.frame_locator("#preview-stage iframe").get_by_text("手机上写的一段。")).to_be_visible()
    keep(page, "21-phone-preview")
    page.click("#preview-close")
    keep(page, "22-phone-writing")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("button[name=_submit]")
    expect(page.locator("ul.messagelist")).to_contain_text("已提交")


# --- The copy that the browser keeps ---


def new_tab(page, address):
    """Another tab of the same browser, with a clock of its own."""
    tab = page.context.new_page()
    tab.clock.install()
    tab.goto(address)
    tab.locator(EDITOR).wait_for()
    return tab


def copies(page):
    """The titles in the copies that this browser holds."""
    return page.evaluate(
        """() => Object.keys(localStorage).filter((key) => key.startsWith("qianfa-draft:"))
            .map((key) => new Map(JSON.parse(localStorage.getItem(key)).fields).get("title")).sort()"""
    )


def type_title(page, title):
    page.fill("#id_title", title)
    page.clock.fast_forward(2_100)  # after which the copy is stored


def test_two_tabs_of_new_articles_have_a_copy_each_and_neither_offers_the_others(desk, newsroom):
    first = desk(newsroom.drafter, ADD)
    type_title(first, "第一篇")
    second = new_tab(first, ADD)
    type_title(second, "第二篇")
    assert copies(first) == ["第一篇", "第二篇"]
    second.clock.fast_forward(1_000)
    expect(second.locator("#kept-text")).to_be_hidden()
    # The browser is closed. Both texts are offered, one after the other.
    context = first.context
    for tab in (first, second):
        tab.close(run_before_unload=False)
    page = context.new_page()
    page.goto(ADD)
    page.click("#kept-drop")
    expect(page.locator("#kept-text")).to_be_visible()
    page.click("#kept-restore")
    expect(page.locator("#id_title")).to_have_value("第一篇")
    expect(page.locator("#kept-text")).to_be_hidden()
    assert copies(page) == ["第一篇"]
    page.close(run_before_unload=False)


@pytest.mark.parametrize("button", ["_save", "_submit"])
def test_a_text_that_was_saved_or_submitted_is_not_offered_again(desk, newsroom, button):
    page = desk(newsroom.drafter, ADD)
    page.select_option("#id_department", str(newsroom.department.pk))
    write(page, ["三月十二日植树。"])
    type_title(page, "植树安排")
    page.click(f"button[name={button}]")
    expect(page.locator("ul.messagelist")).to_be_visible()
    assert copies(page) == []
    assert "#" not in page.url
    page.goto(ADD)
    page.locator(EDITOR).wait_for()
    page.clock.fast_forward(1_000)
    expect(page.locator("#kept-text")).to_be_hidden()


def test_a_text_that_the_server_refuses_keeps_its_copy(desk, newsroom):
    page = desk(newsroom.drafter, ADD, expected=["400"])
    type_title(page, "没有正文也没有栏目")
    page.evaluate("document.getElementById('id_address').value = 'javascript:x'")
    page.click("button[name=_save]")
    expect(page.locator(".desk-box-error:not([hidden])")).to_be_visible()
    assert copies(page) == ["没有正文也没有栏目"]
    page.close(run_before_unload=False)


@pytest.fixture
def with_a_caption(newsroom):
    body = f"<p>正文</p><figure>{pasted(picture(size=(60, 40)))}<figcaption>林场全景</figcaption></figure>"
    return newsroom.draft(title="有图的一篇", body=body)


def test_a_picture_with_its_caption_is_no_unsaved_change(with_a_caption, desk, newsroom):
    page = desk(newsroom.drafter, change(with_a_caption))
    expect(page.locator(f"{EDITOR} figcaption")).to_have_text("林场全景")
    page.clock.fast_forward(HALF_A_MINUTE)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    expect(state(page)).to_be_empty()
    page.reload()
    page.locator(EDITOR).wait_for()
    page.locator(EDITOR).locator("p").first.click()  # looking is no change
    page.goto("/admin/")
    assert asked == []
    # A change of the caption is one.
    page.goto(change(with_a_caption))
    page.locator(f"{EDITOR} figcaption").click()
    page.keyboard.insert_text("，春天")
    expect(state(page)).to_have_text("尚未保存")
    await_autosave(page)
    page.reload()
    expect(page.locator(f"{EDITOR} figcaption")).to_contain_text("，春天")


# The server writes them in another way than the editor: a pasted picture becomes a file, a style becomes a class.
CAPTION = "<figcaption>林场全景</figcaption></figure>"
REWRITTEN = {
    "caption": f'<figure class="image">{{picture}}{CAPTION}',
    "caption in the middle": '<div style="text-align:center"><figure class="image" style="display:inline-block">'
    f"{{picture}}{CAPTION}</div>",
    "no caption": "<p>{picture}</p>",
}


@pytest.mark.parametrize("shape", REWRITTEN)
@pytest.mark.parametrize("how", ["by hand", "automatic"])
def test_a_picture_that_was_saved_raises_no_alarm(a_draft, desk, newsroom, shape, how):
    page = desk(newsroom.drafter, change(a_draft))
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    html = REWRITTEN[shape].format(picture=pasted(picture(size=(60, 40))))
    page.evaluate("(html) => Object.values(CKEDITOR.instances)[0].insertHtml(html)", html)
    shown = page.locator(f"{EDITOR} img[alt=图]")  # the editor adds pictures of its own, to drag this one by
    expect(shown).to_have_count(1)
    for _time in range(2):
        if how == "by hand":
            page.click("button[name=_save]")
            expect(page.locator("ul.messagelist")).to_contain_text("草稿已保存")
        else:
            page.fill("#id_subtitle", f"第{_time}次")
            await_autosave(page)
            page.reload()
        expect(shown).to_have_attribute("src", re.compile("^/files/"))
        page.clock.fast_forward(1_000)
        expect(page.locator("#kept-text")).to_be_hidden()
        expect(state(page)).to_be_empty()
        assert asked == [] and copies(page) == []


def test_a_new_article_has_no_page_that_says_where_it_stands_before_it_is_saved(desk, newsroom):
    page = desk(newsroom.drafter, ADD)
    page.select_option("#id_department", str(newsroom.department.pk))
    page.fill("#id_title", "植树安排")
    expect(page.locator("#overview-link")).to_be_hidden()
    page.clock.fast_forward(HALF_A_MINUTE)
    expect(page.locator("#overview-link")).to_be_visible()
    page.click("#overview-link")
    expect(page).to_have_url(re.compile("/overview/$"))
