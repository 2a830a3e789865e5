"""Labels, paragraphs and neighbours of a saved page."""

from datetime import date

import pytest

from legacy.pages import LegacyParagraph, MissingBody, MissingDate, MissingTitle, body_html, parse_page
from tests.legacy.samples import small_page

# Labels


@pytest.mark.parametrize("written", ["2014-2-7", "2014/02/07", "2014年2月7日", "2014.2.7", "日期：2014-02-07 10:30"])
def test_dates_are_understood_in_every_usual_form(written):
    assert small_page(replacing=[("2014-2-7", written)]).date == date(2014, 2, 7)


@pytest.mark.parametrize("written", ["2014-2-30", "2014-13-1", "2014-0-1"])
def test_a_date_that_the_calendar_lacks_is_refused(written):
    with pytest.raises(MissingDate, match=f"small: The calendar has no day {written}"):
        small_page(replacing=[("2014-2-7", written)])


@pytest.mark.parametrize("written", ["", "日期：", "12014-2-7", "2014-2-777"])
def test_a_page_without_a_date_is_refused(written):
    with pytest.raises(MissingDate, match=r"small: .*no date"):
        small_page(body="2014-2-7，图书馆开馆。", replacing=[("【2014-2-7】", f"【{written}】")])


@pytest.mark.parametrize(
    ("label", "author", "source"),
    [
        ("【作者/来源 张三】", "张三", ""),
        ("【作者/来源：张三/组织部】", "张三", "组织部"),
        ("【作者:张三】【来源:组织部】", "张三", "组织部"),
        ("【来源：组织部】 【作者 张三】", "张三", "组织部"),
        ("【作者/来源 】", "", ""),
        ("【作者/来源 张三", "张三", ""),
    ],
)
def test_author_and_source_are_told_apart(label, author, source):
    page = small_page(replacing=[("【作者/来源 张三】", label)])
    assert (page.author, page.source) == (author, source)


def test_labels_on_several_lines_are_one_block():
    page = small_page(replacing=[("【2014-2-7】 ", "\n【2014-2-7】\n")])
    assert page.date == date(2014, 2, 7) and page.author == "张三"
    assert [one.text for one in page.paragraphs] == ["请爱护图书。"]


# What is missing


@pytest.mark.parametrize(
    "gone",
    [
        "关于借阅图书的通知",
        "关于借阅图书的通知|首 页 > 部门文件",
        "【字体: 】|【2014-2-7】 |【作者/来源 张三】 |【关 闭",
    ],
)
def test_a_page_without_a_title_is_refused(gone):
    with pytest.raises(MissingTitle, match=r"small: .*【字体…】"):
        small_page(replacing=[(words, "") for words in gone.split("|")])


@pytest.mark.parametrize("body", ["", "关于借阅图书的通知", "\u3000\u00a0"])
def test_a_page_without_a_body_is_refused(body):
    with pytest.raises(MissingBody, match="small: There is no text below the title"):
        small_page(body=body)


def test_a_page_without_menu_breadcrumb_neighbours_and_footer_is_read():
    page = parse_page("通知\n【2014-2-7】\n请爱护图书。\n", "bare")
    assert (page.navigation, page.breadcrumb, page.department, page.footer) == ((), (), "", ())
    assert (page.title, page.previous_title, page.next_title) == ("通知", "", "")
    assert any("no breadcrumb" in note for note in page.notes)
    assert page.suspicions == ()


def test_a_menu_written_one_name_a_line_ends_at_the_breadcrumb():
    page = small_page(replacing=[("首 页 部门文件 返回主站\n", "欢迎光临\n首 页\n部门文件\n公告栏\n")])
    assert page.navigation == ("首页", "部门文件", "公告栏")
    assert any("欢迎光临" in note for note in page.notes)


def test_a_title_that_differs_from_the_first_line_leaves_that_line_in_place():
    page = small_page(body="关于借阅图书的通知（修订）\n请爱护图书。")
    assert [one.text for one in page.paragraphs] == ["关于借阅图书的通知（修订）", "请爱护图书。"]


# Paragraphs


@pytest.mark.parametrize(
    ("text", "kind", "lead"),
    [
        ("一、总体要求", "heading", ""),
        ("（二）主要任务", "heading", ""),
        ("(十一)保障措施", "heading", ""),
        ("一、活动内容：", "heading", ""),
        ("一、请各单位周五前报送名单。", "text", ""),
        ("一、时间：3月1日", "text", ""),
        ("一、" + "很长" * 20, "text", ""),
        ("一个好办法", "text", ""),
        ("1、先看目录。再看正文。", "text", "1、先看目录。"),
        ("2.先看目录。再看正文。", "text", "2.先看目录。"),
        ("3．先看目录。再看正文。", "text", "3．先看目录。"),
        ("（4）先看目录。再看正文。", "text", "（4）先看目录。"),
        ("5、只有这一句。", "text", ""),
        ("6、" + "长" * 60 + "。后文。", "text", ""),
        ("1.5万册图书上架。读者很多。", "text", ""),
        ("2014.2.7开馆。读者很多。", "text", ""),
        ("7没有标点。读者很多。", "text", ""),
    ],
)
def test_headings_and_leads_are_told_from_plain_text(text, kind, lead):
    first, *_rest = small_page(body=text + "\n请爱护图书。").paragraphs
    assert first == LegacyParagraph(kind, text, lead)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("欢迎来馆。(办公室)", [("text", "欢迎来馆。"), ("closing", "(办公室)")]),
        ("他说“欢迎。”（办公室）", [("text", "他说“欢迎。”"), ("closing", "（办公室）")]),
        ("欢迎来馆。\n（此件公开发布）", [("text", "欢迎来馆。"), ("closing", "（此件公开发布）")]),
        ("欢迎来馆(含节假日)", [("text", "欢迎来馆(含节假日)")]),
        ("欢迎来馆。（以上时间如有变化，另行通知。）", [("text", "欢迎来馆。（以上时间如有变化，另行通知。）")]),
        ("欢迎来馆。(一)", [("text", "欢迎来馆。(一)")]),
    ],
)
def test_only_a_signature_in_brackets_closes_an_article(last, expected):
    assert [(one.kind, one.text) for one in small_page(body=last).paragraphs] == expected


def test_every_word_is_escaped():
    page = small_page(body='一、甲<乙>\n1、用 <b>&amp; 要小心。然后<引>"引"。\n(<i>处)')
    assert body_html(page).splitlines() == [
        "<h2>一、甲&lt;乙&gt;</h2>",
        '<p><strong>1、用 &lt;b&gt;&amp;amp; 要小心。</strong>然后&lt;引&gt;"引"。</p>',
        '<p class="align-right">(&lt;i&gt;处)</p>',
    ]


# 上一篇 and 下一篇


@pytest.mark.parametrize(
    ("written", "older", "newer"),
    [
        ("上一篇旧文  |  下一篇新文", "旧文", "新文"),
        ("上一篇：旧文\n下一篇:新文", "旧文", "新文"),
        ("上一篇：旧文下一篇：新文", "旧文", "新文"),
        ("下一篇：新文 | 上一篇：旧文", "旧文", "新文"),
        ("上一篇：\n旧文\n下一篇：\n新文", "旧文", "新文"),
        ("上一篇：没有了\n下一篇：无", "", ""),
        ("上一篇旧文  |  下一篇", "旧文", ""),
        ("下一篇：新文", "", "新文"),
        ("上一篇：无线电 | 报  |  下一篇没有了灯也要读书", "无线电 | 报", "没有了灯也要读书"),
    ],
)
def test_neighbours_are_read_in_every_usual_form(written, older, newer):
    page = small_page(replacing=[("上一篇旧文  |  下一篇新文", written)])
    assert (page.previous_title, page.next_title) == (older, newer)
    assert [one.text for one in page.paragraphs] == ["请爱护图书。"]
    assert page.footer == ("版权所有:某某市图书馆 Copyright © 2010",)


def test_prose_about_neighbours_and_copyright_stays_in_the_body():
    body = (
        "上一篇文章讲到的借阅办法，现在补充如下。",
        "版权所有者同意复制。",
        "办理ICP备案的单位请来电。",
        "请爱护图书。",
    )
    assert tuple(one.text for one in small_page(body="\n".join(body)).paragraphs) == body


def test_a_sentence_about_the_article_before_is_no_label_even_on_a_page_without_labels():
    page = small_page(body="上一篇文章讲到借阅办法。\n请爱护图书。", replacing=[("上一篇旧文  |  下一篇新文\n", "")])
    assert [one.text for one in page.paragraphs] == ["上一篇文章讲到借阅办法。", "请爱护图书。"]
    assert page.previous_title == ""
