"""Scenario 61. Inputs of hostile size are refused before they are parsed, or cost what they weigh.

Work is counted in calls, not in time: an input of twice the size makes about twice the calls.
"""

import csv
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.core.exceptions import ValidationError
from openpyxl import Workbook
from PIL import Image

from articles import drafts
from articles.editing.checks import link_findings
from articles.editing.fields import AttachmentsField
from articles.files import storage
from articles.models import Revision
from articles.search.results import SearchQuery
from articles.text import sanitising
from articles.text.diff import differences
from articles.text.passages import PassageNotFound, Quote, locate_quote
from articles.text.plain_text import has_words
from articles.text.typesetting import typeset
from articles.text.typesetting_preview import compare_typeset
from articles.word import package
from articles.word.reader import UnreadableDocument, read_word
from departments.people_import import UnreadableTable, read_table
from inputs.html import ARTICLE_LIMITS, rewrite_html
from legacy.page_source import UnreadablePage, source_from_html
from legacy.pages import parse_page
from portal.patrol.parser import parse_page as parse_site_page
from tests.articles.word import documents as sample
from tests.articles.word.documents import document, paragraph
from tests.inputs.work import Work, count_work

REFUSALS = (
    *(ValidationError, UnreadableDocument, UnreadablePage, UnreadableTable, PassageNotFound),
    *(sanitising.UnusablePicture, storage.UnusableFile),
)
MAX_CALLS = 4_000_000
SLACK = 5_000  # calls that do not grow with the input: imports, patterns, translations


class Shape(NamedTuple):
    """`make`: an input of a size, for `enter`. `refused`: words of the refusal at the larger size; "" for an answer."""

    name: str
    enter: Callable[[Any], Any]
    make: Callable[[int], Any]
    size: int
    refused: str = ""


def _old_page(middle: str) -> str:
    return f"首页 > 组织建设\n标题\n【字体：大】【2014-2-7】\n{middle}\n上一篇：没有了"


def _old_menu(rows: str) -> str:
    return f"首页\n{rows}\n首页 > 组织建设\n标题\n【字体：大】【2014-2-7】\n正文。\n上一篇：没有了"


def _word(body: str, **parts: str) -> bytes:
    spaced = {f"word/{name}.xml": f"<w:{name} {sample.SPACES}>{inside}</w:{name}>" for name, inside in parts.items()}
    text = f"<w:document {sample.SPACES}><w:body>{body}</w:body></w:document>"
    return document(parts={"word/document.xml": text, **spaced})


def _style_chain(length: int) -> bytes:
    styles = (
        f'<w:style w:type="paragraph" w:styleId="s{n}"><w:name w:val="n{n}"/><w:basedOn w:val="s{n + 1}"/></w:style>'
        for n in range(length)
    )
    return _word(paragraph("甲"), styles="".join(styles))


def _style_loop(length: int) -> bytes:
    styles = (
        f'<w:style w:type="paragraph" w:styleId="s{n}"><w:name w:val="n{n}"/>'
        f'<w:basedOn w:val="s{(n + 1) % length}"/></w:style>'
        for n in range(length)
    )
    return _word(paragraph("甲"), styles="".join(styles))


def _numbering_loop(length: int) -> bytes:
    numbering = "".join(
        f'<w:abstractNum w:abstractNumId="{n}"><w:numStyleLink w:val="s{(n + 1) % length}"/></w:abstractNum>'
        for n in range(length)
    ) + "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>' for n in range(length))
    styles = "".join(
        f'<w:style w:type="numbering" w:styleId="s{n}">'
        f'<w:pPr><w:numPr><w:numId w:val="{n}"/></w:numPr></w:pPr></w:style>'
        for n in range(length)
    )
    numbered = '<w:p><w:pPr><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr><w:r><w:t>甲</w:t></w:r></w:p>'
    return _word(numbered * length, numbering=numbering, styles=styles)


def _long_labels(length: int) -> bytes:
    level = '<w:lvl w:ilvl="0"><w:start w:val="9999"/><w:numFmt w:val="lowerLetter"/>'
    level += f'<w:lvlText w:val="{"%1" * length}"/></w:lvl>'
    numbering = f'<w:abstractNum w:abstractNumId="1">{level}</w:abstractNum>'
    numbering += '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    properties = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    numbered = f"<w:p>{properties}<w:r><w:t>甲</w:t></w:r></w:p>"
    return _word(numbered, numbering=numbering)


def _laughs(depth: int) -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, depth))
    text = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><w:document {sample.SPACES}>&a{depth - 1};</w:document>'
    return document(parts={"word/document.xml": text})


def _zip(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def _xlsx(cells: str) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["用户名", "姓名"])
    book.save(out)
    source = zipfile.ZipFile(io.BytesIO(out.getvalue()))
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", cells.encode() + b"</sheetData>")
            archive.writestr(name, data)
    return changed.getvalue()


def _png(width: int, height: int) -> bytes:
    """A picture whose head alone says how large it is; there is nothing behind it."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [head, b"IDAT"]
    written = (struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def _gif_of_frames(count: int) -> bytes:
    frames, out = [Image.new("L", (8, 8), n % 251) for n in range(count)], io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([["用户名", "姓名"], *rows])
    return out.getvalue().encode()


def _compare(body: str) -> Any:
    def content(body: str) -> dict[str, Any]:
        empty = dict.fromkeys(("title", "subtitle", "summary", "author", "source", "keywords", "address"), "")
        official = dict.fromkeys(("document_number", "issuing_body", "issued_on", "index_number", "validity"), "")
        return {**empty, **official, "dated": None, "body": body, "columns": [], "cover": None, "files": []}

    return differences(content(body), content(body.replace("甲", "乙")))


def _read(data: bytes) -> Any:
    return read_word(data, None)


def _store_picture(data: bytes) -> Any:
    return storage.store_picture(data, None)


def _store_document(data: bytes) -> Any:
    return storage.store_document(data, None)


def _parse_old_page(text: str) -> Any:
    return parse_page(text, "x")


def _alternatives(count: int) -> bytes:
    one = "<mc:AlternateContent><mc:Fallback><w:r/></mc:Fallback></mc:AlternateContent>"
    return _word(f"<w:p>{one * count}</w:p>")


def _closed_out_of_order(count: int) -> str:
    return "<div><table><tr><td></div></td></tr></table>" * count


def _ended_in_cdata(count: int) -> str:
    return "<div><svg><![CDATA[></div>]]></svg>" * count


def _attributes(count: int) -> str:
    return " ".join(f'a{n}=""' for n in range(count))


def _bold(count: int) -> str:
    return "".join(f'<b id="{n}">' for n in range(150)) + "<p>甲" * count


def _many_parts(count: int) -> bytes:
    return _zip(**{f"a{n}": b"" for n in range(count)})


def _typeset_preview(html: str) -> Any:
    return compare_typeset(html, typeset(html))


def _links(count: int) -> str:
    return "<p>" + "".join(f'<a href="/甲{n}">x</a>' for n in range(count)) + "</p>"


SHAPES = [
    # HTML into the sanitiser: the form, autosave, a paste, keywords, typesetting.
    Shape("nested div", sanitising.sanitise, lambda n: "<div>" * n, 50_000, "inside each other"),
    Shape("nested lists", sanitising.sanitise, lambda n: "<ul><li>" * n, 50_000, "inside each other"),
    Shape("nested tables", sanitising.sanitise, lambda n: "<table><tr><td>" * n, 50_000, "inside each other"),
    Shape("closed out of order", sanitising.sanitise, _closed_out_of_order, 5_000, "inside each other"),
    Shape("end tags in comments", sanitising.sanitise, lambda n: "<div><!--</div>-->" * n, 20_000, "inside each other"),
    Shape(
        "end tags in attributes", sanitising.sanitise, lambda n: '<div title="</div>">' * n, 20_000, "inside each other"
    ),
    Shape(
        "end tags in raw text",
        sanitising.sanitise,
        lambda n: "<div><style></div></style>" * n,
        20_000,
        "inside each other",
    ),
    Shape("end tags in CDATA", sanitising.sanitise, _ended_in_cdata, 20_000, "inside each other"),
    Shape("bold text never closed", sanitising.sanitise, _bold, 20_000, "not closed"),
    Shape("flat tags", sanitising.sanitise, lambda n: "<p>甲</p>" * n, 110_000, "more than 200000 tags"),
    Shape("comments", sanitising.sanitise, lambda n: "<!--甲-->" * n, 120_000, "more than 200000 tags"),
    Shape("attributes of one tag", sanitising.sanitise, lambda n: f"<p {_attributes(n)}>甲", 50_000, "attributes"),
    Shape("one long attribute", sanitising.sanitise, lambda n: f'<p title="{"甲" * n}">乙', 2_500_000, "characters"),
    Shape("one long line", sanitising.sanitise, lambda n: "甲" * n, 2_500_000, "characters"),
    Shape("unclosed comments", sanitising.sanitise, lambda n: "<!--" * n, 100_000),
    Shape("unclosed tags", sanitising.sanitise, lambda n: "<a " * n, 50_000, "attributes"),
    Shape("unclosed quotation marks", sanitising.sanitise, lambda n: "<a x='" * n, 10_000, "attributes"),
    Shape("unclosed removed elements", sanitising.sanitise, lambda n: "<svg><select><object>" * n, 20_000),
    Shape("unclosed pasted pictures", sanitising.sanitise, lambda n: "<img src='data:image/png;base64," * n, 2_000),
    Shape("lone angle brackets", sanitising.sanitise, lambda n: "< " * n, 100_000),
    Shape("entities", sanitising.sanitise, lambda n: "&notit;&#x41;&" * n, 10_000),
    Shape("hard blanks in a paragraph", sanitising.sanitise, lambda n: "<p>" + "&nbsp; " * n + "甲</p>", 50_000),
    Shape(
        "pictures that lie elsewhere", sanitising.sanitise, lambda n: "<img src='http://x.example/a.png'>" * n, 1_500
    ),
    Shape("the body of a form", drafts.check_body, lambda n: "<p>甲</p>" * n, 30_000, "Split the article"),
    Shape("words between stray signs", has_words, lambda n: "<" * n, 100_000),
    # Texts that were saved: typesetting, comparison, remarks, checks, search.
    Shape("one paragraph to typeset", typeset, lambda n: f"<p>{'甲, ' * n}</p>", 5_000),
    Shape("brackets in brackets", typeset, lambda n: f"<p>{'(甲' * n}{')' * n}</p>", 5_000),
    Shape("almost addresses", typeset, lambda n: f"<p>{'a@b-.' * n}{'a.' * n}</p>", 5_000),
    Shape("equal cells to typeset", _typeset_preview, lambda n: f"<table><tr>{'<td>甲</td>' * n}</tr></table>", 1_000),
    Shape("equal paragraphs to compare", _compare, lambda n: "<p>甲是同一段落的文字</p>" * n, 500),
    Shape("links to compare", _compare, _links, 1_000),
    Shape(
        "a passage that stands everywhere",
        lambda text: locate_quote(text, Quote("甲", "乙", "丙")),
        lambda n: "甲" * n,
        50_000,
        "times",
    ),
    Shape(
        "links to check",
        lambda body: list(link_findings(Revision(body=body))),
        lambda n: "<a href='#'>" + "甲" * n,
        50_000,
    ),
    Shape("a long query", SearchQuery.parse, lambda n: "“甲 " * n, 100_000),
    # Word documents.
    Shape("empty paragraphs", _read, lambda n: _word("<w:p/>" * n), 500_000, "more than 20000 elements of one kind"),
    Shape(
        "runs",
        _read,
        lambda n: _word(f"<w:p>{'<w:r><w:t>甲</w:t></w:r>' * n}</w:p>"),
        110_000,
        "more than 200000 elements",
    ),
    Shape("deep elements", _read, lambda n: _word("<w:sdt>" * n + "</w:sdt>" * n), 100, "inside each other"),
    Shape("attributes of one element", _read, lambda n: _word(f"<w:p {_attributes(n)}/>"), 10_000, "attributes"),
    Shape("much text in one part", _read, lambda n: _word(" " * n), 9_000_000, "more than 16 MB"),
    Shape("entities that grow", _read, _laughs, 10, "damaged"),
    Shape("bookmarks", _read, lambda n: _word(f"<w:p>{'<w:bookmarkStart/>' * n}</w:p>"), 5_000),
    Shape("alternatives", _read, _alternatives, 1_000),
    Shape("a chain of styles", _read, _style_chain, 400),
    Shape("a loop of styles", _read, _style_loop, 400),
    Shape("a loop of numberings", _read, _numbering_loop, 100),
    Shape("long labels", _read, _long_labels, 10_000),
    # Archives and tables.
    Shape("a package that bursts", package.WordPackage, lambda n: _zip(a=bytes(n)), 110_000_000, "unpacks to more"),
    Shape("a package of many parts", package.WordPackage, _many_parts, 2_000, "parts"),
    Shape("an attachment of many parts", _store_document, _many_parts, 3_000, "parts"),
    Shape("cells of a spreadsheet", read_table, lambda n: _xlsx("<row>" + "<c/>" * n + "</row>"), 250_000, "elements"),
    Shape("a spreadsheet that bursts", read_table, lambda n: _xlsx(" " * n), 15_000_000, "more than 20 MB"),
    Shape("rows of CSV", read_table, lambda n: _csv([["a", "甲"]] * n), 600, "1000 rows"),
    Shape("empty lines of CSV", read_table, lambda n: _csv([]) + b"\n" * n, 1_000_000, "1000 rows"),
    Shape("commas of CSV", read_table, lambda n: _csv([["a", "甲", *[""] * n]]), 100_000),
    Shape("a list in lists of JSON", AttachmentsField().clean, lambda n: "[" * n + "]" * n, 40_000, "cannot be read"),
    Shape("attachments of JSON", AttachmentsField().clean, lambda n: json.dumps([{}] * n), 60, "at most 50"),
    # Pictures: judged by their heads.
    Shape("a picture of many pixels", _store_picture, lambda n: _png(n, n), 50_000, "million pixels"),
    Shape("a picture of one long line", _store_picture, lambda n: _png(1, n), 30_000_000, "million pixels"),
    Shape("a picture of many bytes", _store_picture, lambda n: _png(1, 1) + bytes(n), 6_000_000, "larger than 10 MB"),
    Shape("a picture of many frames", storage.is_picture, _gif_of_frames, 100),
    # Old pages and the site's own.
    Shape("angle quotation marks", _parse_old_page, lambda n: _old_page("‹" * n), 100_000),
    Shape("angle quotation marks in a menu", _parse_old_page, lambda n: _old_menu("‹首页›" * n), 20_000),
    Shape("lines of an old page", _parse_old_page, lambda n: _old_page("甲\n" * n), 15_000, "more than 20000 lines"),
    Shape("a menu of many rows", _parse_old_page, lambda n: _old_menu("\n".join(f"栏目{i}" for i in range(n))), 1_000),
    Shape("tags of an old page", source_from_html, lambda n: "<p>甲" * n, 110_000, "more than 100000 tags"),
    Shape("tags of an old page that are cut off", source_from_html, lambda n: "<a " * n, 50_000, "attributes"),
    Shape("comments of an old page that are cut off", source_from_html, lambda n: "<!--" * n, 50_000),
    Shape("pieces of one line", source_from_html, lambda n: "甲<b>乙</b>" * n, 3_000),
    Shape("deep elements of a page", lambda html: parse_site_page(html).forbidden, lambda n: "<div>" * n, 50_000),
    Shape("pieces of a link of a page", parse_site_page, lambda n: "<ul class=listing><a>" + "甲<br>" * n, 2_000),
]


@pytest.mark.parametrize("shape", [one for one in SHAPES if one.refused], ids=lambda shape: shape.name)
def test_a_text_of_hostile_size_is_refused_with_what_to_do(shape, english):
    given = shape.make(2 * shape.size)
    work = count_work(lambda: shape.enter(given), REFUSALS)
    assert isinstance(work.outcome, REFUSALS)
    assert shape.refused in _words_of(work.outcome)
    assert work.calls < MAX_CALLS


@pytest.mark.parametrize("shape", [one for one in SHAPES if not one.refused], ids=lambda shape: shape.name)
@pytest.mark.slow
def test_a_text_of_twice_the_size_makes_twice_the_work_and_no_more(shape, english):
    shape.enter(shape.make(1))  # what is loaded once does not count
    small, large = (_work_at(shape, size) for size in (shape.size, 2 * shape.size))
    assert large.calls < MAX_CALLS
    assert large.calls <= 2.3 * small.calls + SLACK


def _work_at(shape: Shape, size: int) -> Work:
    given = shape.make(size)
    return count_work(lambda: shape.enter(given), ())


def _words_of(outcome: Any) -> str:
    return " ".join(outcome.messages) if isinstance(outcome, ValidationError) else str(outcome)


_whole_tag = re.compile(r'</?[a-z][a-z0-9]*(?: [^\s<>"/=]+="[^"<>]*")*>')


@pytest.mark.parametrize(
    "make",
    [pytest.param(shape.make, id=shape.name) for shape in SHAPES if shape.enter == sanitising.sanitise],
)
def test_the_parser_gets_whole_tags_only_so_that_it_reads_what_was_counted(make):
    written = rewrite_html(
        make(20), ARTICLE_LIMITS, kept=sanitising.ALLOWED_TAGS, removed=sanitising.REMOVED_WITH_CONTENT
    )
    assert "<" not in _whole_tag.sub("", written)


def test_an_element_counts_as_closed_only_where_every_parser_closes_it(english):
    """Each of these stays open in html5ever although its end tag stands there."""
    for unit in (
        "<div><!--</div>-->",
        '<div title="</div>">',
        "<div><style></div></style>",
        "<div><table><tr><td></div></td></tr></table>",
    ):
        with pytest.raises(ValidationError, match="inside each other"):
            sanitising.sanitise(unit * 201)


def test_a_long_document_is_taken_in_whole():
    """150 printed pages, and a table of 10,000 cells as Word puts it on the clipboard."""
    cell = '<td style="width:41pt"><p class=MsoNormal style="margin:0"><span lang=EN-US>甲<o:p></o:p></span></p></td>'
    row = f"<tr>{cell * 10}</tr>\n"
    assert sanitising.sanitise(f"<table>{row * 1000}</table>").html.count("<td>") == 10_000
    page = "<p>" + "党建工作要点。" * 100 + "<strong>要求</strong></p>"
    assert sanitising.sanitise(page * 500).html.count("<p>") == 500


def test_a_refused_text_never_reaches_the_parser(english, monkeypatch):
    class Cleaner:
        def clean(self, html: str) -> str:
            pytest.fail("the parser was asked")

    monkeypatch.setattr(sanitising, "_cleaner", Cleaner())
    with pytest.raises(ValidationError, match=r"More than 200 elements stand inside each other\. Split the article"):
        sanitising.sanitise("<div>" * 100_000)
