"""Reading Word documents; what is left out is named."""

import io
import re
import struct
import zipfile
from dataclasses import replace

import pytest

from articles.models import File
from articles.text.sanitising import sanitise
from articles.text.typesetting import typeset
from articles.word import package
from articles.word.numbering import format_number
from articles.word.reader import UnreadableDocument, read_word
from tests.articles.text.test_sanitising import dangers
from tests.articles.word import documents as sample
from tests.articles.word.documents import cell, document, drawing, footnote_mark, notice, paragraph, run, table
from tests.images import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(drafter, media):
    """Reads blocks, or the bytes of a document, as the drafter."""

    def read(*blocks, **facts):
        data = blocks[0] if isinstance(blocks[0], bytes) else document(*blocks, **facts)
        return read_word(data, drafter)

    return read


def links_gone(html):
    return html.replace(' rel="noopener noreferrer"', "")


def test_a_notice_is_taken_over_with_all_that_it_has(read):
    text = read(notice(picture()))
    file = File.objects.get(extension="png")
    assert text.title == "关于开展春季义务植树活动的通知"
    assert links_gone(text.html) == (
        '<p class="align-center">中共示例省委组织部文件</p><p class="align-center">示组发〔2024〕5号</p><p>各处室：</p>'
        '<p>根据安排<sup><a href="#fn-1" id="fnref-1">[1]</a></sup>，现将有关事项通知如下。</p>'
        "<h2>一、总体要求</h2><h3>（一）指导思想</h3><p>坚持<strong>绿色发展</strong><u>理念</u>。</p><h2>二、时间安排</h2>"
        '<ol><li>报名</li><li>集合</li></ol><p>工具由林场准备。</p><ol start="3"><li>返回</li></ol>'
        "<ul><li>手套<ul><li>水壶</li></ul></li></ul>"
        '<table><thead><tr><th class="align-center">单位</th><th colspan="2" class="align-center">人数</th></tr>'
        '</thead><tbody><tr><td rowspan="2" class="align-center">组织部</td>'
        '<td class="align-center">男</td><td class="align-center">12</td></tr>'
        '<tr><td class="align-center">女</td><td class="align-center">8</td></tr></tbody></table>'
        f'<p class="align-center"><img src="/files/{file.digest}.png" alt="林场的照片"></p>'
        '<p>详见<a href="https://www.forestry.gov.cn/?a=1&amp;b=2">省林业局网站</a>'
        '<sup><a href="#fn-2" id="fnref-2">[2]</a></sup></p>'
        '<p class="align-right">机关绿化办</p><p class="align-right">2024年3月1日</p>'
        '<hr><ol><li id="fn-1"><p>见《2024年工作要点》。 <a href="#fnref-1">↑</a></p></li>'
        '<li id="fn-2"><p>网址可能变动。 <a href="#fnref-2">↑</a></p></li></ol>'
    )
    assert len(text.lost) == 1 and "image2.emf" in text.lost[0] and "EMF" in text.lost[0]
    assert sanitise(text.html).html == text.html and dangers(text.html) == []


# Titles.


@pytest.mark.parametrize(
    "blocks",
    [
        [paragraph("植树通知", style="a3"), paragraph("正文。")],
        [paragraph("植树通知", side="center"), paragraph("正文。")],
        [paragraph("植树通知", style="1"), paragraph("正文。")],
        [paragraph(), paragraph(run("植树") + "<w:r><w:br/></w:r>" + run("通知"), side="center"), paragraph("正文。")],
    ],
)
def test_the_title_is_what_stands_as_one(read, blocks):
    text = read(*blocks)
    assert (text.title, text.html) == ("植树通知", "<p>正文。</p>")


def test_a_line_under_the_title_is_the_subtitle(read):
    text = read(paragraph("植树", style="a3"), paragraph("——写在春天", side="center"), paragraph("正文。"))
    assert (text.title, text.subtitle, text.html) == ("植树", "——写在春天", "<p>正文。</p>")


@pytest.mark.parametrize(
    "first",
    [
        paragraph("一、总体要求", style="1"),
        paragraph("总体要求", style="1", number=(1, 0)),
        paragraph("正文。"),
        paragraph("示组发〔2024〕5号", side="center"),
    ],
)
def test_what_is_no_title_is_left_in_the_text(read, first):
    text = read(first, paragraph("后文。"))
    assert text.title == "" and text.html.count("</") == 2


def test_a_first_section_among_others_is_no_title(read):
    text = read(paragraph("总体要求", style="1"), paragraph("正文。"), paragraph("主要任务", style="1"))
    assert (text.title, text.html.count("<h2>")) == ("", 2)


# Headings, numbers, alignment.


def test_headings_are_known_by_chinese_names_by_what_they_are_based_on_and_by_outline(read):
    outlined = '<w:p><w:pPr><w:outlineLvl w:val="3"/></w:pPr><w:r><w:t>丁</w:t></w:r></w:p>'
    text = read(
        paragraph("正文。"),
        paragraph("甲", style="1"),
        paragraph("乙", style="gw"),
        paragraph("丙", style="2"),
        outlined,
    )
    assert text.html == "<p>正文。</p><h2>甲</h2><h2>乙</h2><h3>丙</h3><h4>丁</h4>"


def test_headings_of_a_document_that_begins_at_the_second_level_begin_at_ours(read):
    text = read(paragraph("总题", style="1"), paragraph("正文。"), paragraph("甲", style="2"))
    assert (text.title, text.html) == ("总题", "<p>正文。</p><h2>甲</h2>")


def test_numbers_that_a_list_of_html_cannot_show_become_words(read):
    blocks = [paragraph("甲", style="nh"), paragraph("乙", number=(2, 1)), paragraph("丙", style="nh")]
    assert read(*blocks).html == "<p>第一条\u3000甲</p><p>a) 乙</p><p>第二条\u3000丙</p>"


def test_a_numbering_that_starts_anew_says_where(read):
    text = read(paragraph("正文。"), paragraph("甲", number=(2, 0)), paragraph("隔。"), paragraph("乙", number=(5, 0)))
    assert '<ol start="7"><li>乙</li></ol>' in text.html


@pytest.mark.parametrize(
    ("value", "form", "written"),
    [
        (1, "chineseCounting", "一"),
        (10, "chineseCountingThousand", "十"),
        (12, "chineseCountingThousand", "十二"),
        (20, "chineseCountingThousand", "二十"),
        (105, "chineseCountingThousand", "一百〇五"),
        (1010, "chineseCountingThousand", "一千〇一十"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (24, "ideographDigital", "二四"),
        (11, "ideographTraditional", "甲"),
        (3, "decimalEnclosedCircle", "③"),
        (21, "decimalEnclosedCircle", "21"),
        (28, "lowerLetter", "bb"),
        (14, "upperRoman", "XIV"),
        (7, "something new", "7"),
    ],
)
def test_numbers_are_written_as_word_writes_them(value, form, written):
    assert format_number(value, form) == written


def test_underline_and_alignment_stay_and_both_is_how_all_text_is_set(read):
    text = read(
        paragraph("正文。"),
        paragraph(run("甲", '<w:u w:val="single"/>'), side="both"),
        paragraph("乙", side="end"),
        paragraph("丙", style="lk"),
        paragraph("丁", side="distribute"),
    )
    assert text.html == (
        '<p>正文。</p><p><u>甲</u></p><p class="align-right">乙</p><p class="align-right">丙</p>'
        '<p class="align-justify">丁</p>'
    )


# What is lost is named.

CHART = (
    '<w:r><w:drawing><wp:inline><a:graphic><a:graphicData uri="x"><c:chart r:id="x"/></a:graphicData></a:graphic>'
    "</wp:inline></w:drawing></w:r>"
)
FORMULA = "<m:oMathPara><m:oMath><m:r><m:t>E=mc</m:t></m:r></m:oMath></m:oMathPara>"
CONTENTS = (
    '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
    f"<w:sdtContent>{paragraph('目录')}</w:sdtContent></w:sdt>"
)
BOX = "<wps:txbx><w:txbxContent>" + paragraph("框中字") + "</w:txbxContent></wps:txbx>"


@pytest.mark.parametrize(
    ("block", "named", "kept"),
    [
        (paragraph(run("甲") + CHART), "chart", "<p>甲</p>"),
        (paragraph(run("甲") + FORMULA), "Formulas", "<p>甲E=mc</p>"),
        (CONTENTS + paragraph("甲"), "contents", "<p>甲</p>"),
        (paragraph("一、总则	1", style="toc1") + paragraph("甲"), "contents", "<p>甲</p>"),
        (paragraph(run("甲") + '<w:commentReference w:id="1"/>'), "comments", "<p>甲</p>"),
        (
            paragraph("<w:ins>" + run("甲") + "</w:ins><w:del><w:r><w:delText>乙</w:delText></w:r></w:del>"),
            "changes",
            "<p>甲</p>",
        ),
        (paragraph(run("甲") + drawing("r-nothing")), "does not have it", "<p>甲</p>"),
        (paragraph(run("甲") + '<w:hyperlink w:anchor="_Toc1">' + run("乙") + "</w:hyperlink>"), "", "<p>甲乙</p>"),
    ],
)
def test_what_cannot_be_taken_over_is_named(read, block, named, kept, english):
    text = read(block)
    assert text.html == kept
    assert len(text.lost) == bool(named) and named in "".join(text.lost)


def test_a_text_box_that_only_new_programs_read_keeps_its_words(read):
    block = f"<mc:Choice><w:drawing>{BOX}</w:drawing></mc:Choice>"
    block = f"<w:r><mc:AlternateContent>{block}</mc:AlternateContent></w:r>"
    assert read(paragraph(run("甲") + block)).html == "<p>甲</p><p>框中字</p>"


@pytest.mark.parametrize("ending", ["emf", "wmf"])
def test_a_drawing_that_browsers_cannot_show_is_named_with_its_format(read, ending, english):
    text = read(paragraph(run("甲") + drawing("r-a." + ending)), pictures={"a." + ending: sample.EMF})
    assert text.html == "<p>甲</p>"
    assert f"a.{ending}" in text.lost[0] and f"{ending.upper()}. Save it as PNG" in text.lost[0]


def test_a_picture_that_lies_elsewhere_is_not_fetched_but_named(read, english):
    block = drawing("far").replace("r:embed", "r:link")
    text = read(paragraph(run("甲") + block), outside={"far": "http://127.0.0.1:9/x.png"})
    assert text.html == "<p>甲</p>" and text.lost == [
        "The picture “http://127.0.0.1:9/x.png” was left out: it lies outside the document."
    ]


def test_a_picture_in_a_shape_that_nobody_reads_is_named(read, english):
    block = drawing("r-a.png").replace("pic:pic", "wps:unknown")
    text = read(paragraph(run("甲") + block), pictures={"a.png": picture()})
    assert "a.png" in text.lost[0] and "drawing" in text.lost[0]


def test_a_path_that_stands_for_a_description_is_none(read):
    text = read(paragraph(drawing("r-a.png", r"C:\Users\甲\图.png")), pictures={"a.png": picture()})
    assert 'alt=""' in text.html


def test_the_same_picture_twice_is_one_file(read):
    block = paragraph(drawing("r-a.png")) * 2
    assert read(block, pictures={"a.png": picture()}).html.count("<img") == 2
    assert File.objects.filter(extension="png").count() == 1


def test_heads_of_pages_are_named_and_page_numbers_are_not(read, english):
    head = f"<w:hdr {sample.SPACES}>%s</w:hdr>"
    said = read(paragraph("甲"), parts={"word/header1.xml": head % paragraph("内部资料")}).lost
    assert said == ["What stands at the head or foot of every page was left out."]
    assert read(paragraph("甲"), parts={"word/header1.xml": head % paragraph("第 1 页")}).lost == []


# Hostile and broken documents.


@pytest.fixture
def refused(read, english):
    def refused(data, *words):
        with pytest.raises(UnreadableDocument) as refusal:
            read(data)
        assert all(word in str(refusal.value) for word in words)
        assert not File.objects.exists()

    return refused


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "WordDocument".encode("utf-16-le"),
            [".doc", "save it as .docx"],
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"), ["password"]),
        (b"%PDF-1.7", ["PDF"]),
        (b"{\\rtf1\\ansi}", ["no .docx"]),
        (b"<html><body>x</body></html>", ["no .docx"]),
        (b"", ["no Word document"]),
        (b"\x89PNG\r\n", ["no Word document"]),
        (b"PK\x03\x04 and nothing else", ["damaged"]),
        (sample.packed({"xl/workbook.xml": "<workbook/>"}), ["damaged"]),
        (bytes(21 * 1024 * 1024), ["larger than 20 MB"]),
    ],
)
def test_what_is_no_word_document_is_refused_with_what_to_do(refused, data, words):
    refused(data, *words)


def test_a_table_of_excel_is_no_word_document(refused):
    data = document(parts={"word/document.xml": "<workbook/>"})
    refused(data, "no Word document")


def body(content):
    return {"word/document.xml": f"<w:document {sample.SPACES}><w:body>{content}</w:body></w:document>"}


@pytest.mark.parametrize(
    "broken",
    [
        {"word/document.xml": "<w:document"},
        body("<w:p><w:r><w:footnoteReference/></w:r></w:p>"),
        body(paragraph(footnote_mark(9))),
        body(table(cell("甲", span=2)).replace("2", "x")),
        {"word/document.xml": f'<!DOCTYPE x [<!ENTITY a "甲">]><w:document {sample.SPACES}><w:body/></w:document>'},
        {"word/styles.xml": f"<w:styles {sample.SPACES}><w:style/></w:styles>"},
    ],
)
def test_a_broken_document_is_refused_and_never_an_error(refused, broken):
    refused(document(paragraph("甲"), parts=broken), "damaged")


def test_entities_that_would_grow_are_not_read(refused):
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]><w:document {sample.SPACES}>&a9;</w:document>'
    refused(document(parts={"word/document.xml": text}), "damaged")


def test_a_document_packed_to_burst_is_refused_unread(refused, monkeypatch):
    limits = replace(package.PACKAGE_LIMITS, unpacked_bytes=1_000_000)
    monkeypatch.setattr("articles.word.package.PACKAGE_LIMITS", limits)
    refused(document(paragraph("甲"), parts={"word/media/x.bin": bytes(2_000_000)}), "unpacks to more")


def test_a_size_that_lies_is_found_out(refused):
    data = bytearray(document(paragraph("甲"), parts={"word/document.xml": "<w:document/>" + " " * 500_000}))
    listed = data.rindex(b"word/document.xml") - 46
    struct.pack_into("<L", data, listed + 24, 10)
    refused(bytes(data), "damaged")


def test_too_many_parts_are_refused(refused):
    refused(document(paragraph("甲"), parts={f"x/{n}": b"" for n in range(3001)}), "unpacks to more")


@pytest.mark.parametrize(
    ("before", "after"), [("<w:r>" * 400, "</w:r>" * 400), ("", "<w:p/>" * 400_001), ("", " " * (17 * 1024 * 1024))]
)
def test_what_is_nested_too_deeply_or_too_long_is_refused(refused, before, after):
    text = f"<w:document {sample.SPACES}><w:body>{before}{after}</w:body></w:document>"
    refused(document(parts={"word/document.xml": text}), "too long")


def test_a_document_nested_as_deeply_as_allowed_is_read_or_refused_but_no_error(read, drafter, media):
    inner = paragraph("甲")
    for _ in range(30):
        inner = f"<w:tbl><w:tr><w:tc>{inner}</w:tc></w:tr></w:tbl>"
    assert "甲" in read(inner).html


def test_an_encrypted_package_is_protected(refused):
    data = bytearray(document(paragraph("甲")))
    for found in list(re.finditer(rb"PK\x01\x02", data)):
        data[found.start() + 8] |= 1
    refused(bytes(data), "password")


def test_what_a_document_says_of_its_own_conversion_is_not_obeyed(read):
    text = read(paragraph("甲", style="lk"), parts={"mammoth/style-map": b"p => h2"})
    assert text.html == '<p class="align-right">甲</p>'


def test_links_that_run_something_are_none(read):
    text = read(paragraph('<w:hyperlink r:id="x">' + run("甲") + "</w:hyperlink>"), links={"x": "javascript:alert(1)"})
    assert dangers(text.html) == [] and "甲" in text.html


def test_a_package_of_no_words_is_an_empty_text(read):
    text = read(paragraph())
    assert (text.title, text.html, text.lost) == ("", "", [])


def test_samples_are_packages(drafter):
    assert zipfile.ZipFile(io.BytesIO(notice(picture()))).testzip() is None


def test_a_text_that_came_in_well_set_needs_no_setting(read):
    text = read(notice(picture()))
    assert typeset(text.html) == text.html
