"""Display modes: 长者模式, 朗读, dark colours, print, keyboard."""

import re

import pytest
from playwright.sync_api import expect

from portal import identity
from portal.demonstration.builder import IDENTITY
from portal.models import Identity
from tests.factories import department

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIRST, SECOND = "第一段第一句。第一段第二句。", "第二段只有一句。"

# A browser without a voice of its own cannot be listened to; this one notes what it is given, and ends when told.
VOICE = """
    window.spoken = [];
    class Utterance { constructor(text) { this.text = text; } }
    Object.defineProperty(window, "SpeechSynthesisUtterance", { value: Utterance });
    Object.defineProperty(window, "speechSynthesis", { value: {
        getVoices: () => [],
        speak: (utterance) => { window.spoken.push(utterance.text); window.now = utterance; },
        cancel: () => { const was = window.now; window.now = null; if (was) was.onerror({ error: "canceled" }); },
    } });
    window.finished = () => { const was = window.now; window.now = null; was.onend(); };
"""

# 24 px are 18 pt.
SMALL_WORDS = """() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const box = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || box.closest(".visually-hidden, .skip-link, dialog")) continue;
        if (!box.checkVisibility()) continue;
        if (parseFloat(getComputedStyle(box).fontSize) < 24) found.push(box.outerHTML.slice(0, 120));
    }
    return found;
}"""
# Links in running text are as high as their line; everything else that is pressed is 44 px at the least.
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .filter((one) => !one.closest(".skip-link, .article-body, dialog"))
    .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
    .filter(([, box]) => box.height < 43.9 || box.width < 43.9)
    .map(([html, box]) => `${Math.round(box.width)}×${Math.round(box.height)} ${html}`)"""
FOCUS = """() => {
    const one = document.activeElement;
    return [getComputedStyle(one).outlineStyle, one.outerHTML.slice(0, 160)];
}"""
COVERED = """() => {
    const bar = document.querySelector(".elder-bar"), one = document.activeElement;
    if (bar.contains(one) || one === document.body) return null;
    const box = one.getBoundingClientRect();
    return box.bottom > bar.getBoundingClientRect().top ? one.outerHTML.slice(0, 120) : null;
}"""


@pytest.fixture
def published(newsroom):
    department("下属栏目", newsroom.admin, parent=newsroom.department)
    for number in range(12):
        newsroom.published(title=f"第{number}篇", summary="摘要")
    facts = {"author": "甲", "source": "机关绿化办", "keywords": "植树"}
    return newsroom.published(title="一篇供朗读的稿件", body=f"<p>{FIRST}</p><p>{SECOND}</p>", **facts)


def elder(page):
    return page.evaluate("'elder' in document.documentElement.dataset")


@pytest.mark.parametrize("width", [1280, 390])
def test_elder_mode_is_chosen_once_and_holds_on_every_page(newsroom, published, visit, width):
    page = visit(width=width)
    page.goto("/")
    assert not elder(page)
    page.get_by_role("button", name="长者模式").click()
    expect(page.locator("#mode-status")).to_have_text("已进入长者模式")
    for address in ("/", f"/{newsroom.department.slug}/", published.get_absolute_url(), "/search/?q=稿件"):
        page.goto(address)
        assert elder(page), address
        assert page.evaluate(SMALL_WORDS) == [], address
        assert page.evaluate(SMALL_TARGETS) == [], address
    assert "pointer-arrow" in page.evaluate("getComputedStyle(document.querySelector('main')).cursor")
    page.locator(".elder-bar [data-elder-switch]").click()
    expect(page.locator("#mode-status")).to_have_text("已退出长者模式")
    expect(page.get_by_role("button", name="长者模式")).to_be_focused()
    page.goto("/")
    assert not elder(page)
    expect(page.locator(".elder-bar")).to_be_hidden()


def test_elder_mode_is_there_before_the_first_word_is_drawn(published, visit):
    page = visit()
    page.add_init_script(
        """localStorage.setItem("elder", "on");
        new MutationObserver(() => {
            if (document.body) window.atBody ??= document.documentElement.hasAttribute("data-elder");
        }).observe(document, { childList: true, subtree: true });"""
    )
    page.goto("/")
    assert page.evaluate("window.atBody") is True


MASTHEAD = """() => {
    const name = document.querySelector(".brand span").getBoundingClientRect();
    const one = parseFloat(getComputedStyle(document.querySelector(".brand")).fontSize);
    const height = document.querySelector(".site-header-row").getBoundingClientRect().height;
    return [document.documentElement.scrollWidth - innerWidth, name.width / one, height];
}"""
WIDTHS = (320, 360, 390, 412, 430, 480, 540, 600, 700, 767, 768, 800)


@pytest.fixture(params=[4, 10, 30], ids="{} Hanzi".format)
def named(newsroom, request):
    """A site whose name has this many Hanzi."""
    name = "中共某某省某某市委机关党的建设工作委员会门户网站办公室综合处"[: request.param]
    identity.save_identity(Identity(**{**IDENTITY, "name": name}), by=newsroom.admin)
    return name


@pytest.mark.parametrize(("mode", "highest"), [("off", 200), ("on", 400)], ids=["plain", "elder"])
def test_the_name_of_the_site_is_never_squeezed(newsroom, named, visit, mode, highest):
    page = visit(width=412)
    page.add_init_script(f"localStorage.setItem('elder', '{mode}')")
    page.goto("/")
    assert page.locator(".brand").inner_text() == named
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        scroll, characters, height = page.evaluate(MASTHEAD)
        assert scroll <= 0 and characters > 3.9 and height < highest, (width, scroll, characters, height)


def test_the_server_sends_everybody_the_same_page(published, visit):
    page = visit()
    plain = page.request.get("/").text()
    page.goto("/")
    page.get_by_role("button", name="长者模式").click()
    assert page.context.cookies() == []
    assert page.request.get("/").text() == plain


def test_without_script_nothing_is_offered_that_would_not_work(published, visit):
    page = visit(java_script_enabled=False)
    page.goto("/")
    expect(page.locator("[data-elder-switch]").first).to_be_hidden()
    expect(page.locator(".elder-bar")).to_be_hidden()


def marked(page):
    return page.locator(".being-read").all_inner_texts()


def test_an_article_is_read_aloud_sentence_by_sentence_and_the_paragraph_is_marked(published, visit):
    page = visit()
    page.add_init_script(VOICE)
    page.goto(published.get_absolute_url())
    page.get_by_role("button", name="长者模式").click()
    said, go = page.locator("#mode-status"), page.locator("#read-aloud-play")
    expect(page.locator("#read-aloud-stop")).to_be_hidden()
    go.focus()
    page.keyboard.press("Enter")
    expect(said).to_have_text("正在朗读")
    assert marked(page) == ["一篇供朗读的稿件"]
    page.evaluate("finished()")
    assert marked(page) == [FIRST]
    page.evaluate("finished()")
    assert page.evaluate("spoken") == ["一篇供朗读的稿件", "第一段第一句。", "第一段第二句。"]
    assert page.evaluate("now.lang") == "zh-CN"
    expect(go).to_have_text("暂停")
    page.keyboard.press("Enter")
    expect(said).to_have_text("朗读已暂停")
    assert page.evaluate("now") is None and marked(page) == [FIRST]
    expect(go).to_have_text("继续朗读")
    page.keyboard.press("Enter")
    assert page.evaluate("spoken.at(-1)") == "第一段第二句。"
    page.evaluate("finished()")
    assert marked(page) == [SECOND]
    page.evaluate("finished()")
    expect(said).to_have_text("朗读完毕")
    assert marked(page) == []
    page.keyboard.press("Enter")
    page.locator("#read-aloud-stop").click()
    expect(said).to_have_text("朗读已停止")
    expect(go).to_be_focused()
    assert page.evaluate("now") is None and marked(page) == []


def test_of_other_pages_headings_and_links_are_read_each_once(newsroom, published, visit):
    page = visit()
    page.add_init_script(VOICE)
    page.goto(f"/{newsroom.department.slug}/")
    page.get_by_role("button", name="长者模式").click()
    page.locator("#read-aloud-play").click()
    for _ in range(4):
        page.evaluate("finished()")
    assert page.evaluate("spoken")[:4] == ["首页", newsroom.department.name, "下属栏目", "一篇供朗读的稿件"]


def test_a_voice_that_fails_is_said_and_no_voice_is_no_offer(published, visit):
    page = visit()
    page.add_init_script(VOICE)
    page.goto(published.get_absolute_url())
    page.get_by_role("button", name="长者模式").click()
    page.locator("#read-aloud-play").click()
    page.evaluate("now.onerror({ error: 'synthesis-failed' })")
    expect(page.locator("#mode-status")).to_have_text("这个浏览器没有可用于朗读的语音")
    dumb = visit()
    dumb.add_init_script("Object.defineProperty(window, 'speechSynthesis', { value: undefined })")
    dumb.goto(published.get_absolute_url())
    dumb.get_by_role("button", name="长者模式").click()
    expect(dumb.locator("#read-aloud")).to_be_hidden()
    expect(dumb.locator(".elder-bar")).to_be_visible()


def test_escape_closes_the_part_of_the_menu_that_focus_or_pointer_opened(newsroom, published, visit):
    page = visit()
    page.goto("/")
    top = page.locator("#menu").get_by_role("link", name=newsroom.department.name)
    inner = page.locator("#menu a", has_text="下属栏目")
    expect(inner).to_be_hidden()
    top.focus()
    expect(inner).to_be_visible()
    inner.focus()
    page.keyboard.press("Escape")
    expect(inner).to_be_hidden()
    expect(top).to_be_focused()
    page.locator("#menu a").first.focus()
    top.hover()
    expect(inner).to_be_visible()
    page.keyboard.press("Escape")
    expect(inner).to_be_hidden()
    page.mouse.move(640, 700)
    top.hover()
    expect(inner).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_by_keyboard_the_first_stop_skips_the_menu_and_the_bar_never_hides_where_one_is(published, visit, width):
    page = visit(width=width, height=700)
    page.add_init_script("localStorage.setItem('elder', 'on')")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    stops = 0
    while page.keyboard.press("Tab") or not page.evaluate("document.activeElement === document.body"):
        style, where = page.evaluate(FOCUS)
        assert style == "solid", where
        assert page.evaluate(COVERED) is None
        stops += 1
    assert 10 < stops < 100  # to the end of the page, and round no trap


def test_paper_is_light_and_carries_the_article_its_address_its_proof_and_no_chrome(published, visit):
    page = visit()
    page.goto(published.get_absolute_url())
    page.get_by_role("button", name="长者模式").click()
    page.emulate_media(media="print", color_scheme="dark")
    for chrome in ".site-header .footer .elder-bar .breadcrumbs .neighbours .article-tools #type-size #print".split():
        expect(page.locator(chrome)).to_be_hidden()
    for words in ("一篇供朗读的稿件", "机关绿化办", FIRST, SECOND):
        expect(page.locator("article").get_by_text(words).first).to_be_visible()
    expect(page.locator(".article-meta time")).to_be_visible()
    address = page.locator("link[rel=canonical]").get_attribute("href")
    footnote = re.compile(re.escape(address) + r"\s+核验.*" + re.escape(f"{address}proof/"))
    expect(page.locator(".print-only")).to_contain_text(footnote)
    style = "(body) => { const s = getComputedStyle(body); return [s.color, s.fontSize] }"
    assert page.locator(".article-body").evaluate(style) == ["rgb(34, 38, 43)", "16px"]
