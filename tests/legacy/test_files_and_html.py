"""Old pages in every encoding, as text and HTML, and files that are no pages."""

from datetime import date
from html import escape

import pytest

from legacy.page_source import decode_text
from legacy.pages import NotText, UnreadablePage, body_html, read_page
from tests.legacy.samples import REAL, SMALL, saved

# Encodings and files


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_and_line_end_gives_the_same_page(tmp_path, page, encoding, line_end):
    text = REAL.read_text(encoding="utf-8").replace("\n", line_end)
    assert read_page(saved(tmp_path, text.encode(encoding))) == page


def test_a_short_text_that_could_be_either_is_read_as_utf_8():
    assert "中国人民".encode().decode("gb18030")  # the same bytes pass for GB18030, as other words
    assert decode_text("中国人民".encode(), "a.txt") == "中国人民"


def test_big5_is_read_only_when_the_page_declares_it():
    text = "<meta charset='big5'>關於借閱圖書的通知"
    assert decode_text(text.encode("big5hkscs"), "a.html") == text
    assert decode_text(text.replace("big5", "gbk").encode("big5hkscs"), "a.html") != text.replace("big5", "gbk")


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
    assert [found.text for found in page.suspicions] == ["葡京娱乐城", "澳门赌场开户"]
    assert any("hid from its visitors" in note for note in page.notes)


@pytest.mark.parametrize("section", ["<![if !supportLists]>", "<![endif]>", "<![CDATA>", "<![x y[>", "<!-- 注 -->"])
def test_the_marked_sections_of_word_are_no_text(tmp_path, section):
    html = as_html(SMALL).replace("请爱护图书。", f"请{section}爱护图书。")
    assert [one.text for one in read_page(saved(tmp_path, html.encode(), "a.html")).paragraphs] == ["请爱护图书。"]


def test_scripts_and_frames_from_elsewhere_are_named(tmp_path):
    html = as_html(SMALL).replace("</body>", '<iframe src="http://x.example/a"></iframe></body>')
    page = read_page(saved(tmp_path, html.encode(), "a.html"))
    assert any("http://x.example/a" in note for note in page.notes)
