"""Reading a saved page of an old portal; the real one stands in tests/data/."""

import re
from datetime import date
from html import escape
from pathlib import Path

import pytest
from django.utils import translation

from legacy.decoding import decode
from legacy.pages import (
    MissingBody,
    MissingDate,
    MissingTitle,
    NotText,
    Paragraph,
    UnreadablePage,
    body_html,
    parse_page,
    read_page,
)

REAL = Path(__file__).resolve().parent.parent / "data" / "legacy-article-page.txt"
TITLE = "省直工委群众路线教育实践活动彰显三大特色"
SMALL = """首 页 部门文件 返回主站
首 页 > 部门文件

关于借阅图书的通知

【字体: 】【2014-2-7】 【作者/来源 张三】 【关 闭
请爱护图书。
上一篇旧文  |  下一篇新文
版权所有:某某市图书馆 Copyright © 2010
"""


@pytest.fixture(scope="module", autouse=True)
def english():
    """The reasons are compared in the words of the source, whatever the catalogue says."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def page():
    return read_page(REAL)


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def small_page(body: str = "请爱护图书。", **changes: str):
    text = SMALL.replace("请爱护图书。", body)
    for old, new in changes.get("replacing", ()):
        assert old in text
        text = text.replace(old, new)
    return parse_page(text, "small")


def saved(tmp_path: Path, content: bytes, name: str = "page.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


# The real page


def test_menu_breadcrumb_and_labels_of_the_real_page_are_read(page):
    assert page.navigation == (
        *("首页", "部门文件", "干部人事", "结对共建", "教育培训"),
        *("老干部、关工委工作", "公告栏", "组织建设", "返回主站"),
    )
    assert page.breadcrumb == ("首页", "组织建设")
    assert page.department == "组织建设"
    assert (page.title, page.date, page.author, page.source) == (TITLE, date(2014, 2, 7), "韩兴国", "")
    assert page.previous_title == "“三结对”拓展联系服务群众新途径"
    assert page.next_title == "省直机关党建服务基层年活动启动"


def test_the_words_of_the_real_body_are_kept_exactly(page):
    lines = REAL.read_text(encoding="utf-8").splitlines()
    assert lines[7] == TITLE and lines[28].startswith("上一篇")
    assert bare("".join(paragraph.text for paragraph in page.paragraphs)) == bare("".join(lines[8:28]))
    # Beside the indentation not even a blank is lost: the page has some within sentences.
    assert "通过党员干部走访基层行动”, 建立了" in page.paragraphs[8].text
    assert "5个省辖市的 6个县" in page.paragraphs[8].text


def test_the_real_body_has_its_headings_leads_and_closing(page):
    kinds = [paragraph.kind for paragraph in page.paragraphs]
    assert (kinds.count("heading"), kinds.count("text"), kinds.count("closing")) == (3, 16, 1)
    assert page.paragraphs[1] == Paragraph("heading", "(一)“三个注重”出实招,多项方案促落实")
    assert page.paragraphs[2].lead == "1、注重超前谋划,工作提前展开。"
    assert page.paragraphs[2].text.startswith("1、注重超前谋划,工作提前展开。年初,")
    assert sum(bool(paragraph.lead) for paragraph in page.paragraphs) == 12
    assert page.paragraphs[18].text.startswith("4形成了心齐") and page.paragraphs[18].lead == ""
    assert page.paragraphs[18].text.endswith("先进单位称号。")
    assert page.paragraphs[19] == Paragraph("closing", "(工委组织部)")


def test_the_tampered_copyright_line_is_suspected_and_nothing_else(page):
    assert {found.line_number for found in page.suspicions} == {30}
    advert, holder = (found.reason for found in page.suspicions)
    assert "365体育" in advert and "体育娱乐" in advert
    assert "365体育娱乐" in holder and "copyright holder" in holder


def test_the_footer_is_reported_and_never_becomes_words(page):
    assert page.footer == tuple(REAL.read_text(encoding="utf-8").splitlines()[29:])
    html = body_html(page)
    for words in ("版权所有", "365", "Copyright", "szdd@mail", "皖ICP备", "龙讯科技"):
        assert words not in html
    assert all(any(line in note for note in page.notes) for line in page.footer)


def test_buttons_and_the_repeated_title_are_noted_but_not_date_and_author(page):
    assert any("【字体: 】 【阅读: 次】 【关 闭" in note for note in page.notes)
    assert any("the title again" in note and TITLE in note for note in page.notes)
    assert not any("韩兴国" in note or "2014-2-7" in note for note in page.notes)


def test_the_real_body_becomes_html_without_losing_a_word(page):
    html = body_html(page)
    assert "<h2>(一)“三个注重”出实招,多项方案促落实</h2>" in html
    assert "<p><strong>1、注重超前谋划,工作提前展开。</strong>年初,在" in html
    assert html.endswith('<p class="align-right">(工委组织部)</p>')
    assert bare(re.sub(r"<[^>]+>", "", html)) == bare("".join(paragraph.text for paragraph in page.paragraphs))


# Encodings and files


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_and_line_end_gives_the_same_page(tmp_path, page, encoding, line_end):
    text = REAL.read_text(encoding="utf-8").replace("\n", line_end)
    assert read_page(saved(tmp_path, text.encode(encoding))) == page


def test_a_short_text_that_could_be_either_is_read_as_utf_8():
    assert "中国人民".encode().decode("gb18030")  # the same bytes pass for GB18030, as other words
    assert decode("中国人民".encode(), "a.txt") == "中国人民"


def test_big5_is_read_only_when_the_page_declares_it():
    text = "<meta charset='big5'>關於借閱圖書的通知"
    assert decode(text.encode("big5hkscs"), "a.html") == text
    assert decode(text.replace("big5", "gbk").encode("big5hkscs"), "a.html") != text.replace("big5", "gbk")


def test_a_page_in_an_unknown_encoding_is_refused(tmp_path):
    path = saved(tmp_path, SMALL.encode() + "请".encode("gb18030") + b"\xff\xff")
    with pytest.raises(NotText, match="neither UTF-8 nor GB18030") as refused:
        read_page(path)
    assert str(refused.value).startswith(str(path))
    assert refused.value.path == path


def test_a_page_saved_as_utf_16_is_refused_with_advice(tmp_path):
    with pytest.raises(NotText, match=r"UTF-16.*Save it as UTF-8"):
        read_page(saved(tmp_path, SMALL.encode("utf-16")))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\x1a", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "NUL"),
        (SMALL.encode() + b"\x00", "NUL"),
        (b"\x01\x02" + SMALL.encode(), "control characters"),
        (b"\xff\xd8\xff\xe0JFIF", "neither UTF-8 nor GB18030"),
        (SMALL.encode() + b" " * (5 * 1024 * 1024), "larger than 5 MB"),
    ],
)
def test_files_that_are_no_pages_are_refused_with_the_reason(tmp_path, content, reason):
    path = saved(tmp_path, content)
    with pytest.raises(UnreadablePage, match=reason) as refused:
        read_page(path)
    assert "page.txt" in str(refused.value)


def test_a_large_page_below_the_limit_and_one_with_an_end_of_file_mark_are_read(tmp_path):
    content = SMALL.replace("请爱护图书。", "请爱护图书。" * 200_000).encode()
    assert 3_000_000 < len(content) < 5 * 1024 * 1024
    assert len(read_page(saved(tmp_path, content)).paragraphs) == 1
    assert read_page(saved(tmp_path, SMALL.encode("gb18030") + b"\x1a")).title == "关于借阅图书的通知"


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(UnreadablePage, match="not a file"):
            read_page(path)


# HTML


def as_html(text: str, charset: str = "gb2312") -> str:
    menu, crumbs, *rest = [line for line in text.splitlines() if line.strip("\xa0 ")]
    links = "\n".join(f"<li><a href='#'>{name}</a></li>" for name in menu.replace("首 页", "首&nbsp;页").split())
    rest = "\n".join(f"<p>&nbsp;&nbsp;&nbsp; {escape(line)}</p>" for line in rest)
    return (
        f'<!DOCTYPE html>\n<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}">\n'
        f"<title>省直机关</title><style>p {{ color: red }}</style><script>var a = '<p>【字体】</p>';</script></head>\n"
        f"<body><ul>{links}</ul>\n<div>{escape(crumbs)}</div>\n{rest}\n<script>document.write('x')</script></body></html>"
    )


@pytest.mark.parametrize(
    ("encoding", "charset"), [("gb18030", "gb2312"), ("utf-8", "utf-8"), ("utf-8", "gb2312"), ("gb18030", "utf-8")]
)
def test_an_html_page_gives_the_same_words_whatever_it_declares(tmp_path, page, encoding, charset):
    text = as_html(REAL.read_text(encoding="utf-8"), charset)
    read = read_page(saved(tmp_path, text.encode(encoding), "page.HTML"))
    for field in ("navigation", "breadcrumb", "department", "title", "date", "author", "paragraphs", "footer"):
        assert getattr(read, field) == getattr(page, field), field
    assert (read.previous_title, read.next_title) == (page.previous_title, page.next_title)
    assert [found.reason for found in read.suspicions] == [found.reason for found in page.suspicions]
    source = text.splitlines()[read.suspicions[0].line_number - 1]
    assert "365体育娱乐" in source  # the number leads to the line in the file itself


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_text_that_begins_like_html_is_read_as_html(tmp_path, page, encoding):
    path = saved(tmp_path, as_html(REAL.read_text(encoding="utf-8")).encode(encoding), "page.txt")
    assert read_page(path).paragraphs == page.paragraphs


@pytest.mark.parametrize("name", ["a.html", "a.HTM"])
def test_a_fragment_is_read_as_html_for_its_name(tmp_path, name):
    html = "<p>通知</p>\n<p>【2014-2-7】</p>\n<p>\n\n  来 bet365 吧</p>"
    page = read_page(saved(tmp_path, html.encode(), name))
    assert [one.text for one in page.paragraphs] == ["来 bet365 吧"]
    assert page.suspicions[0].line_number == 5  # where the words stand, not where their element begins


def test_a_head_that_is_never_closed_ends_at_the_body(tmp_path):
    path = saved(tmp_path, as_html(SMALL).replace("</head>", "").encode(), "a.html")
    assert [one.text for one in read_page(path).paragraphs] == ["请爱护图书。"]


def test_a_menu_of_bare_links_and_a_body_of_line_breaks_are_read_from_html(tmp_path):
    html = """<html><body><table><tr><td><a href=/>首 页</a><a href=1>部门文件</a>
      <a href=2>公告栏</a></td></tr></table><p>您的位置：<a>首页</a> &gt; <a>公告栏</a> &gt; 正文</p>
      <h1>读书&amp;看报</h1><td>【字体：<a>大</a> <a>小</a>】</td><td>【日期：2014年2月7日】</td>
      <div>第一段文字，因为太长
         而换了行。<br>　　第二段<b>加粗</b>，见<a href="files/b.docx">附件</a>。<img src="p.jpg">
      <select><option>选择栏目</option></select><textarea>留言</textarea></div>
      <div>上一篇：<a>旧文</a></div><div>下一篇：<a>没有了</a></div></body></html>"""
    page = read_page(saved(tmp_path, html.encode(), "a.htm"))
    assert page.navigation == ("首页", "部门文件", "公告栏")
    assert page.breadcrumb == ("首页", "公告栏", "正文") and page.department == "公告栏"
    assert page.title == "读书&看报" and page.date == date(2014, 2, 7)
    assert [one.text for one in page.paragraphs] == ["第一段文字，因为太长而换了行。", "第二段加粗，见附件。"]
    assert (page.previous_title, page.next_title) == ("旧文", "")
    assert any("p.jpg" in note for note in page.notes) and any("files/b.docx" in note for note in page.notes)
    assert "读书&amp;看报" not in body_html(page)


def test_hidden_text_and_the_head_are_left_out_but_searched_for_adverts(tmp_path):
    html = as_html(SMALL).replace("请爱护图书。", '请<div style="display: none"><a>澳门赌场开户</a></div>爱护图书。')
    html = html.replace("<title>省直机关</title>", "<title>葡京娱乐城</title>")
    page = read_page(saved(tmp_path, html.encode(), "a.html"))
    assert [one.text for one in page.paragraphs] == ["请", "爱护图书。"]
    assert [found.line for found in page.suspicions] == ["葡京娱乐城", "澳门赌场开户"]
    assert any("hid from its visitors" in note for note in page.notes)


@pytest.mark.parametrize("section", ["<![if !supportLists]>", "<![endif]>", "<![CDATA>", "<![x y[>", "<!-- 注 -->"])
def test_the_marked_sections_of_word_are_no_text(tmp_path, section):
    html = as_html(SMALL).replace("请爱护图书。", f"请{section}爱护图书。")
    assert [one.text for one in read_page(saved(tmp_path, html.encode(), "a.html")).paragraphs] == ["请爱护图书。"]


def test_scripts_and_frames_from_elsewhere_are_named(tmp_path):
    html = as_html(SMALL).replace("</body>", '<iframe src="http://x.example/a"></iframe></body>')
    page = read_page(saved(tmp_path, html.encode(), "a.html"))
    assert any("http://x.example/a" in note for note in page.notes)


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
    assert first == Paragraph(kind, text, lead)


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


# Suspicions


@pytest.mark.parametrize(
    "text",
    [
        *(
            "省直机关体育联合会举办文体娱乐活动。",
            "文化体育娱乐设施免费开放。",
            "反对享乐主义。",
            "老干部棋牌室开放。",
            "检查公共娱乐场所消防。",
        ),
        *(
            "福利彩票公益金资助助学。",
            "真人真事感动读者。",
            "依法打击开设赌场行为。",
            "抵制赌博，远离黄赌毒。",
            "成人教育招生。",
        ),
    ],
)
def test_honest_prose_raises_no_suspicion(text):
    assert small_page(body=text).suspicions == ()


@pytest.mark.parametrize(
    "text",
    ["来365体育投注吧", "澳门百家乐平台", "Ｂｅｔ365 官网", "时时\u200b彩计划", "代开发票请加好友", "线上娱乐送彩金"],
)
def test_adverts_within_the_body_raise_a_suspicion(text):
    (found,) = small_page(body=f"请爱护图书。\n{text}").suspicions
    assert (found.line_number, found.line) == (8, text)


@pytest.mark.parametrize("words", ["福彩 彩票", "某某娱乐城", "棋牌大厅", "CASINO", "六合彩"])
def test_weaker_words_are_enough_in_the_footer(words):
    assert small_page(replacing=[("版权所有", f"技术支持:{words}\n版权所有")]).suspicions


@pytest.mark.parametrize(
    "name", ["娱乐场所管理", "福利彩票", "体育彩票管理中心", "成人教育", "禁赌宣传", "棋牌室", "真人图书馆"]
)
def test_honest_names_in_the_menu_raise_no_suspicion(name):
    assert small_page(replacing=[("返回主站", f"{name} 返回主站")]).suspicions == ()


@pytest.mark.parametrize(
    ("holder", "suspected"),
    [
        ("某某市图书馆", False),
        ("中共某某市委机关工作委员会", False),
        ("某某市体育局", False),
        ("某某市体育总会", False),
        ("某某娱乐", True),
        ("某某体育", True),
        ("某某科技有限公司", True),
        ("某某在线", True),
        ("某某娱乐中心", True),
        ("Example Ltd", True),
        ("Example Provincial Library", False),
    ],
)
def test_a_copyright_holder_must_look_like_an_organisation_of_the_domain(holder, suspected):
    for line in (f"版权所有:{holder} Copyright © 2010 lib.gov.cn", f"{holder} 版权所有 © lib.gov.cn 未经许可不得转载"):
        page = small_page(replacing=[("版权所有:某某市图书馆 Copyright © 2010", line)])
        assert bool(page.suspicions) is suspected, line
        assert page.footer == (line,)


def test_a_business_may_hold_the_copyright_of_a_page_outside_gov_cn():
    replacing = [("版权所有:某某市图书馆 Copyright © 2010", "版权所有:某某科技有限公司 www.lib.com")]
    assert small_page(replacing=replacing).suspicions == ()


def test_a_holder_named_after_sport_is_suspected_wherever_the_page_stands():
    replacing = [("版权所有:某某市图书馆 Copyright © 2010", "版权所有:某某体育 www.lib.com")]
    (found,) = small_page(replacing=replacing).suspicions
    assert "某某体育" in found.reason
