"""Pasting from Word, WPS and Word for Mac keeps structure and names losses."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from articles.text.sanitising import sanitise
from tests.articles.text.test_sanitising import dangers
from tests.browser.test_journey import sign_in
from tests.images import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLES = Path(__file__).parent.parent / "samples" / "clipboard"
UPLOAD = "**/admin/articles/article/editing/upload/"

PASTE = """
([kinds, files]) => {
  const data = new DataTransfer();
  for (const [kind, text] of Object.entries(kinds)) data.setData(kind, text);
  for (const [name, type, bytes] of files)
    data.items.add(new File([Uint8Array.from(atob(bytes), (sign) => sign.charCodeAt(0))], name, { type }));
  const place = document.querySelector(".cke_contents [contenteditable=true]");
  place.focus();
  place.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}
"""
# What the browser itself says of pictures that it cannot load, and the server of those that it refuses.
UNLOADABLE = ("blob:", "data:image", "ERR_INVALID_URL", "400 (Bad Request)", "other")
EDITOR = ".cke_contents [contenteditable=true]"


def rtf(*pictures):
    """What Word puts beside the HTML: its pictures in hexadecimal, each once more in an older format."""
    groups = "".join(
        rf"{{\*\shppict{{\pict\picscalex100\{kind}\bliptag{number}{{\*\blipuid {number:032x}}}{data.hex()}}}}}"
        rf"{{\nonshppict{{\pict\wmetafile8 0100}}}}"
        for number, (kind, data) in enumerate(pictures, 1)
    )
    return rf"{{\rtf1\ansi\pard {groups}\par}}"


@pytest.fixture
def form(newsroom, visit, settings, tmp_path, request):
    """The form of a new article, in which the drafter has signed in. `form.uploads` are the bytes that went up."""
    settings.MEDIA_ROOT = tmp_path / "media"
    page = visit(expected=getattr(request, "param", ()))
    uploads = []

    def taken(route):
        uploads.append(route.request.post_data_buffer)
        assert route.request.headers["x-csrftoken"]
        address = f"/files/{len(uploads):064x}.png"
        route.fulfill(json={"url": address, "digest": f"{len(uploads):064x}", "width": 12, "height": 8})

    page.route(UPLOAD, taken)
    page.route("**/files/*.png", lambda route: route.fulfill(body=picture(), content_type="image/png"))
    sign_in(page, newsroom.drafter)
    page.goto("/admin/articles/article/add/")
    expect(page.locator("#desk-word")).to_be_visible()
    page.uploads = uploads
    return page


def paste(page, html="", files=(), **kinds):
    """Pastes HTML (and other kinds, as rtf) at the cursor, as the clipboard of a real machine would."""
    sent = {f"text/{name}": text for name, text in {"html": html, **kinds}.items() if text}
    brought = [[name, kind, base64.b64encode(data).decode()] for name, kind, data in files]
    page.evaluate(PASTE, [sent, brought])


def body(page):
    """What the form would send, as the server keeps it."""
    html = page.evaluate("CKEDITOR.instances.id_body.getData()")
    kept = sanitise(html)
    assert dangers(kept.html) == []
    for foreign in ("mso", "Mso", "font", "style=", "<span", "<o:"):
        assert foreign not in html, html
    words = re.sub(r"\s*\n\s*", "", kept.html.replace(' rel="noopener noreferrer"', ""))
    return re.sub(r"<[^>]*>", ordered, words)


def ordered(tag):
    """An element with its attributes in order of their names: the editor's own order changes."""
    name, *attributes = re.findall(r'[a-z-]+="[^"]*"|^</?[a-z0-9]+', tag[0])
    return " ".join([name, *sorted(attributes)]) + ">"


def lost(page):
    return page.locator("#word-lost li").all_inner_texts()


def test_a_notice_of_word_365_keeps_its_structure(form):
    paste(
        form,
        (SAMPLES / "word-365.html").read_text(),
        rtf=rtf(("pngblip", picture()), ("emfblip", b"\1\0\0\0" + bytes(40))),
        plain="关于开展春季义务植树活动的通知",
    )
    expect(form.locator(f"{EDITOR} img:not(.cke_reset)")).to_have_attribute("src", f"/files/{1:064x}.png")
    expect(form.locator("#word-state")).to_have_text("图片已上传。")
    assert body(form) == (
        '<h2 class="align-center">关于开展春季义务植树活动的通知</h2><p>各处室：</p>'
        '<p>根据工作安排<sup><a href="#fn-1" id="fnref-1">[1]</a></sup>，现将有关事项通知如下。请各处室认真组织'
        "<strong>全体党员</strong>参加<u>.</u></p>"
        "<h2>一、总体要求</h2><h3>（一）指导思想</h3>"
        "<ol><li>报名<ul><li>填写报名表</li></ul></li><li>集合</li></ol><h2>二、人员</h2>"
        '<table><thead><tr><th class="align-center"><strong>单位</strong></th>'
        '<th class="align-center" colspan="2">人数</th></tr></thead><tbody><tr><td rowspan="2">组织部</td>'
        "<td>男</td><td>12</td></tr><tr><td>女</td><td>&nbsp;</td></tr></tbody></table>"
        f'<p class="align-center"><img alt="林场的照片" height="8" src="/files/{1:064x}.png" width="12"></p>'
        '<p>详见<a href="https://www.forestry.gov.cn/?a=1&amp;b=2">省林业局网站</a>和附件。</p>'
        '<p class="align-right">机关绿化办</p>'
        '<hr><ol><li id="fn-1"><p>见《2024年工作要点》。 <a href="#fnref-1">↑</a></p></li></ol>'
    )
    assert len(form.uploads) == 1 and picture() in form.uploads[0]
    assert any("clip_image003.gif" in one and "EMF" in one for one in lost(form))
    assert "目录未带入。" in lost(form) and any("本机文件" in one for one in lost(form))
    assert len(lost(form)) == 3


def test_a_plan_of_wps_keeps_its_structure_and_a_picture_that_did_not_come_is_named(form):
    paste(form, (SAMPLES / "wps.html").read_text())
    expect(form.locator("#word-lost li")).to_have_count(1)
    assert "wps1.jpg" in lost(form)[0]
    assert body(form) == (
        '<h2 class="align-center">学习计划</h2><h3>（一）学习内容</h3>'
        '<p>认真学习<strong>党章</strong><u>党规</u><sup><a href="#fn-1" id="fnref-1">[1]</a></sup>。</p>'
        "<p>（1）集中学习</p><p>（2）个人自学</p><ul><li>学习笔记</li></ul>"
        '<table><tbody><tr><td class="align-center">时间</td><td><p>3月</p><p>4月</p></td></tr></tbody></table>'
        '<p class="align-right">党办</p>'
        '<hr><ol><li id="fn-1"><p>2023年修订。 <a href="#fnref-1">↑</a></p></li></ol>'
    )


def test_a_text_of_word_for_mac_keeps_its_structure(form):
    paste(form, (SAMPLES / "word-mac.html").read_text(), rtf=rtf(("pngblip", picture(colour="blue"))))
    expect(form.locator(f"{EDITOR} img:not(.cke_reset)")).to_have_attribute("src", f"/files/{1:064x}.png")
    assert body(form) == (
        "<h2>支部活动</h2><ul><li>主题党日</li><li>志愿服务</li></ul><p>活动安排见下图。注解<sup>[i]</sup></p>"
        f'<p><img alt="" height="8" src="/files/{1:064x}.png" width="12"></p>'
    )
    said = lost(form)
    assert len(said) == 3 and "批注未带入。" in said
    assert any("修订" in one for one in said) and any("脚注 [i]" in one for one in said)


def test_notes_pasted_twice_are_numbered_through_and_stand_at_the_end_once(form):
    for _time in range(2):
        paste(form, (SAMPLES / "wps.html").read_text())
        expect(form.locator("#word-lost li")).to_have_count(1)
        form.keyboard.press("Control+End")
    expect(form.locator(f"{EDITOR} li[id^=fn-]")).to_have_count(2)
    html = body(form)
    assert re.findall(r'id="(fn[^"]*)"', html) == ["fnref-1", "fnref-2", "fn-1", "fn-2"]
    assert html.count("<hr>") == 1 and html.endswith('<a href="#fnref-2">↑</a></p></li></ol>')


def test_a_screenshot_is_uploaded_at_once(form):
    paste(form, files=[("image.png", "image/png", picture())])
    expect(form.locator(f"{EDITOR} img:not(.cke_reset)")).to_have_attribute("src", f"/files/{1:064x}.png")
    assert picture() in form.uploads[0]
    assert f'src="/files/{1:064x}.png"' in body(form)


def test_a_picture_whose_upload_fails_stays_and_is_stored_on_save(newsroom, form):
    form.unroute(UPLOAD)
    form.route(UPLOAD, lambda route: route.abort("aborted"))
    paste(form, f'<p>图<img src="data:image/png;base64,{base64.b64encode(picture()).decode()}" alt="林场"></p>')
    expect(form.locator("#word-lost li")).to_have_text(
        "图片“林场”未能上传：网络不通，没有改动任何内容，请重试。保存时会再试一次。"
    )
    form.unroute("**/files/*.png")
    form.fill("input[name=title]", "植树")
    form.click("button[name=_save]")
    expect(form.locator(".messagelist .success")).to_be_visible()
    expect(form.locator(f"{EDITOR} img:not(.cke_reset)")).to_have_attribute(
        "src", re.compile(r"^/files/[0-9a-f]{64}\.png$")
    )


@pytest.mark.parametrize("form", [UNLOADABLE], indirect=True, ids=[""])
@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("blob:nothing", "无法读取。"),
        ("data:image/png;base64,@@@@", "无法读取。"),
        ("data:image/png;base64", "无法读取。"),
        ("data:image/svg+xml,%E0%", "无法读取。"),
        ("data:image/png;base64,aGVsbG8=", "不是可以读取的图片（JPEG、PNG、GIF、WebP）。"),
        ("data:image/svg+xml;base64,PHN2Zy8+", "不是可以读取的图片（JPEG、PNG、GIF、WebP）。"),
    ],
)
def test_a_picture_that_cannot_be_read_goes_and_the_text_stays(form, source, why):
    form.unroute(UPLOAD)
    paste(form, f'<p>前文</p><p>植树现场<img src="{source}" alt="林场">后文</p>')
    expect(form.locator("#word-lost li")).to_have_count(1)
    end = f"未能保留：{why}文字没有丢失，请重新插入这张图片。"
    assert lost(form) == [f"图片“林场”（位于“前文植树现场”之后）{end}"]
    kept = "<p>前文</p><p>植树现场后文</p>"
    assert body(form) == kept
    form.fill("input[name=title]", "植树")
    form.click("button[name=_save]")
    expect(form.locator(".messagelist .success")).to_be_visible()
    expect(form.locator("#desk-word")).to_be_visible()
    assert body(form) == kept


@pytest.mark.parametrize("form", [UNLOADABLE], indirect=True, ids=[""])
def test_the_caption_of_such_a_picture_stays(form):
    image = '<img src="data:image/png;base64,@@@@" alt="苗圃">'
    framed = f'<figure class="image">{image}<figcaption>图注</figcaption></figure>'
    form.evaluate("(html) => CKEDITOR.instances.id_body.setData(html)", f"<p>前文</p>{framed}<p>尾</p>")
    form.evaluate("CKEDITOR.instances.id_body.fire('change')")
    expect(form.locator("#word-lost li")).to_contain_text("苗圃")
    assert body(form) == "<p>前文</p><p>图注</p><p>尾</p>"


def test_a_picture_that_is_too_large_is_named_at_once(form):
    form.evaluate("Object.defineProperty(Blob.prototype, 'size', { get: () => 10 * 1024 * 1024 + 1 })")
    paste(form, f'<p>前文<img src="data:image/png;base64,{base64.b64encode(picture()).decode()}" alt="林场"></p>')
    expect(form.locator("#word-lost li")).to_contain_text("10 MB")
    assert form.uploads == [] and body(form) == "<p>前文</p>"


def test_the_text_is_sent_even_when_the_editor_fails(form):
    paste(form, f'<p>前文<img src="data:image/png;base64,{base64.b64encode(picture()).decode()}" alt="林场">后文</p>')
    image = form.locator(f"{EDITOR} img:not(.cke_reset)")
    expect(image).to_have_attribute("src", f"/files/{1:064x}.png")
    image.evaluate("(image) => image.remove()")
    assert (
        form.evaluate("(() => { try { CKEDITOR.instances.id_body.getData() } catch { return 'fails' } })()") == "fails"
    )
    form.fill("input[name=title]", "植树")
    assert form.evaluate("desk.draft.save()") == {"ok": True}
    form.reload()
    expect(form.locator("#desk-word")).to_be_visible()
    assert body(form) == "<p>前文后文</p>"


def test_the_copy_in_the_browser_keeps_the_words_when_pictures_do_not_fit(form):
    form.unroute(UPLOAD)
    form.route(UPLOAD, lambda route: route.abort("aborted"))
    form.evaluate(
        """() => {
            const put = Storage.prototype.setItem;
            Storage.prototype.setItem = function (name, value) {
                if (value.length > 10_000) throw new DOMException("full", "QuotaExceededError");
                put.call(this, name, value);
            };
        }"""
    )
    paste(form, f'<p>前文<img src="data:image/png;base64,{"AAAA" * 5000}" alt="林场">后文</p>')
    expect(form.locator("#word-lost li")).to_contain_text("保存时会再试一次")
    copy = form.evaluate(
        """() => new Promise((done) => {
            const look = (times) => {
                const found = Object.entries(localStorage).find(([name]) => name.startsWith("qianfa-draft"));
                if (found || !times) done(found?.[1] ?? "");
                else setTimeout(look, 100, times - 1);
            };
            look(100);
        })"""
    )
    assert "前文" in copy and "后文" in copy and len(copy) < 10_000


def test_a_picture_of_another_site_is_named_and_not_asked_for(form):
    paste(form, '<p>前文<img src="https://pictures.example/a/%E5%9B%BE.png">后文</p>')
    expect(form.locator("#word-lost li")).to_contain_text("图.png")
    assert "pictures.example" in lost(form)[0] and body(form) == "<p>前文后文</p>"
    form.click("#word-lost-close")
    expect(form.locator("#word-lost")).to_be_hidden()


def test_hostile_text_that_says_it_comes_from_word_does_nothing(form):
    paste(
        form,
        '<html><head><meta name=Generator content="Microsoft Word 15"></head><body><p class=MsoNormal onclick="hit()">'
        '甲<img src=x onerror="hit()"><script>hit()</script><a href="javascript:hit()">乙</a>'
        '<svg onload="hit()"></svg></p>'
        '<iframe srcdoc="<script>hit()</script>"></iframe><li id="fn-1">丙</li></body></html>',
    )
    expect(form.locator(EDITOR)).to_contain_text("甲乙")
    assert "hit" not in form.evaluate("CKEDITOR.instances.id_body.getData()")


def test_plain_words_are_pasted_as_ever(form):
    paste(form, plain="第一行\n第二行")
    expect(form.locator(EDITOR)).to_contain_text("第二行")
    assert lost(form) == []
