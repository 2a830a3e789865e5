"""Typesetting: what it changes and leaves, and that it is idempotent."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from articles.text.plain_text import plain_text
from articles.text.sanitising import sanitise
from articles.text.typesetting import typeset
from articles.text.typesetting_preview import compare_typeset
from tests.articles.text.test_sanitising import dangers
from tests.articles.text.test_sanitising import fragments as hostile


def line(words):
    """A paragraph's words, set."""
    html = typeset(f"<p>{words}</p>")
    assert html.startswith("<p>") and html.endswith("</p>")
    return html[3:-4]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("根据安排,现将事项通知如下:", "根据安排，现将事项通知如下："),
        ("真好!是吗?对;", "真好！是吗？对；"),
        ("完成.下一步", "完成。下一步"),
        ("完成.", "完成。"),
        ("(见附件)", "（见附件）"),
        ("附件(ABC)如下", "附件（ABC）如下"),
        ("共12人,其中3人", "共12人，其中3人"),
        ("增长5%,超过", "增长5%，超过"),
        ("会议(定于3月1日(星期五))召开", "会议（定于3月1日（星期五））召开"),
        ("中文<strong>,</strong>中文", "中文<strong>，</strong>中文"),
        ("hello, 组织", "hello，组织"),
        ("示组发[2024]5号", "示组发〔2024〕5号"),
        ("示组发(2024)第5号", "示组发〔2024〕第5号"),
        ("「引用『再引』」", "“引用‘再引’”"),
        ('坚持"两手抓"，"两手硬"', "坚持“两手抓”，“两手硬”"),
        ("组织--部门", "组织——部门"),
        ("组织 ── 部门", "组织——部门"),
        ("等等...", "等等……"),
        ("等等。。。", "等等……"),
        ("等等…好", "等等……好"),
        ("组 织　部&nbsp;门", "组织部门"),
        ("　　段首", "段首"),
        ("段末 &nbsp;", "段末"),
        ("段首<br>", "段首"),
        ("共 3 人", "共 3 人"),
        ("共  3　人", "共 3 人"),
        ("Word  文档", "Word 文档"),
        ("组织，  部门", "组织，部门"),
        ("1. 报名", "1.报名"),
        ("张三 李四 　王五", "张三　李四　王五"),
        ("第一条  为了公平", "第一条　为了公平"),
        ("组<em>织 </em>部", "组<em>织</em>部"),
        ("官网http://a.cn,欢迎", "官网http://a.cn，欢迎"),
    ],
)
def test_what_is_set(before, after):
    assert line(before) == after


@pytest.mark.parametrize(
    "words",
    [
        "https://www.gov.cn/a,b?c=d:e",
        "见www.gov.cn/a,b;c。",
        "信箱a.b@example.org。",
        "网址gov.cn/a",
        "3,000元、3.14、10:30、1:2",
        "Hello, world (again). No; yes: so!",
        "f(x)是函数",
        "3.14是圆周率",
        'He said "no".',
        "git commit --amend",
        "<code>甲,乙 (丙)</code>",
        "组织<code>a, b</code>部",
        "北京—上海，2014—2015",
        "目录......12",
        "“组织”，‘部门’。",
        "张三 (unpaired",
        '见《要点》。 <a href="#fnref-1">↑</a>',
        "rock 'n' roll",
        "5 &lt; 6 &amp; 7 &gt; 6",
        "𠮷、㐀、々",
    ],
)
def test_what_is_left(words):
    assert line(words) == words


def test_what_is_preformatted_is_left():
    html = "<pre>甲,乙\n  丙 (丁)</pre>"
    assert typeset(html) == html


def test_a_footnote_stays_whole():
    html = '<p>安排<sup><a href="#fn-1" id="fnref-1">[1]</a></sup>,好.</p>'
    assert typeset(html) == '<p>安排<sup><a href="#fn-1" id="fnref-1">[1]</a></sup>，好。</p>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>甲</p><p>&nbsp;</p><p><br></p><p><strong> </strong></p><p>乙</p>", "<p>甲</p><p>乙</p>"),
        ('<p class="align-center">　</p><h2> </h2><p>乙</p>', "<p>乙</p>"),
        ("<p>甲<br>　　乙<br>丙</p>", "<p>甲</p><p>乙<br>丙</p>"),
        ("<p>甲<br><br>乙</p>", "<p>甲</p><p>乙</p>"),
        ('<p class="align-right">甲<br><br>乙</p>', '<p class="align-right">甲</p><p class="align-right">乙</p>'),
        ("<p><strong>甲<br><br>乙</strong></p>", "<p><strong>甲<br><br>乙</strong></p>"),
        (
            "<table><tbody><tr><td><p>　</p></td><td> 甲 乙 </td></tr></tbody></table>",
            "<table><tbody><tr><td></td><td>甲乙</td></tr></tbody></table>",
        ),
        ('<p>　<img src="/files/x.png" alt=""></p>', '<p><img src="/files/x.png" alt=""></p>'),
    ],
)
def test_empty_paragraphs_go_and_lines_with_blanks_before_them_become_paragraphs(before, after):
    assert typeset(before) == after


TEXT = "<p>按照安排，做好工作。</p>"


def test_headings_are_known_by_their_numbers():
    html = (
        f"<p><strong>一、总体要求</strong></p>{TEXT}<p>（一）指导思想</p>{TEXT}<p>1.提高站位</p>{TEXT}"
        f"<p>(二) 基本原则</p>{TEXT}<p>二、保障</p>{TEXT}"
    )
    assert typeset(html) == (
        f"<h2>一、总体要求</h2>{TEXT}<h3>（一）指导思想</h3>{TEXT}<h4>1.提高站位</h4>{TEXT}"
        f"<h3>（二）基本原则</h3>{TEXT}<h2>二、保障</h2>{TEXT}"
    )


@pytest.mark.parametrize(
    "paragraph",
    [
        "<p>一、总体要求。</p>",
        "<p>一、时间：3月1日</p>",
        "<p>一、" + "很长" * 20 + "</p>",
        '<p class="align-center">一、总体要求</p>',
        "<p>1.5倍</p>",
        "<p>一是提高站位</p>",
        "<blockquote><p>一、总体要求</p></blockquote>",
        "<ul><li>一、总体要求</li></ul>",
        "<table><tbody><tr><td><p>一、总体要求</p></td></tr></tbody></table>",
        '<p>一、图<img src="/files/x.png" alt=""></p>',
        "<p>1.报名</p><p>2.集合</p><p>3.返回</p>",
        "<h2>甲</h2><p>一、乙</p>",
    ],
)
def test_what_is_no_heading_stays_what_it_is(paragraph):
    assert typeset(paragraph + TEXT) == paragraph + TEXT


def test_a_last_line_is_no_heading():
    assert typeset(f"{TEXT}<p>一、总体要求</p>") == f"{TEXT}<p>一、总体要求</p>"


pieces = st.sampled_from(
    [
        *"组织部一二、，。“”：；（）()[]〔〕,.;:?!\"'-—…「」『』 　12aZ%&<>/@",
        *[
            "&nbsp;",
            "...",
            "。。。",
            "--",
            "2024",
            "号",
            "第一条",
            "（一）",
            "一、",
            "1.",
            "http://a.cn/",
            "a@b.cn",
            "\u200b",
        ],
        *[
            "<br>",
            "<br><br>",
            "<strong>",
            "</strong>",
            "<em>",
            "</em>",
            "<code>",
            "</code>",
            "<p>",
            "</p>",
            "<h2>",
            "</h2>",
        ],
        *["<ul><li>", "</li></ul>", "<table><tr><td>", "</td></tr></table>", "<pre>", "</pre>", "<hr>", "<blockquote>"],
        *['<a href="#fn-1" id="fnref-1">', "</a>", '<p class="align-center">', f'<img src="/files/{"0" * 64}.png">'],
        *["<p>一、总体</p>", "<p>（一）指导</p>", "<p>1.报名</p>", "<p>张三 李四 王五</p>", "<p>正文。</p>"],
    ]
)


@given(st.lists(pieces | hostile, max_size=30).map("".join))
def test_what_is_set_stays_set_and_safe_and_its_words_are_the_same(html):
    cleaned = sanitise(html).html
    assume(sanitise(cleaned).html == cleaned)  # HTML's way with links round tables changes them once more
    done = typeset(cleaned)
    assert typeset(done) == done
    assert sanitise(done).html == done
    assert dangers(done) == []
    assert re.sub(r"\W", "", plain_text(done)) == re.sub(r"\W", "", plain_text(cleaned))


def test_changes_are_shown_by_paragraph_and_place():
    before = "<p>甲,乙</p><p>&nbsp;</p><p>不变。</p><p>一、丙</p><p>正文</p>"
    found = compare_typeset(before, typeset(before))
    assert [(one.before, one.after, one.pieces) for one in found] == [
        ("p", "p", [("=", "甲"), ("-", ","), ("+", "，"), ("=", "乙")]),
        ("p", "", [("-", "\u00a0")]),
        ("p", "h2", [("=", "一、丙")]),
    ]


def test_a_text_that_is_set_has_no_changes():
    html = "<h2>一、甲</h2><p>乙，丙。</p>"
    assert compare_typeset(html, typeset(html)) == []


def test_how_an_editor_breaks_its_lines_is_no_change():
    html = "<p>甲<br />\n乙</p>\n\n<ul>\n\t<li>丙\n\t<ul>\n\t\t<li>丁</li>\n\t</ul>\n\t</li>\n</ul>\n"
    cleaned = sanitise(html).html
    assert compare_typeset(cleaned, typeset(cleaned)) == []
