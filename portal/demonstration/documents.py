"""Attachments of the demonstration: minimal Office documents (ISO/IEC 29500)."""

import io
import zipfile
from xml.sax.saxutils import escape

_XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE_RELATIONSHIPS_NS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE_RELATIONSHIPS_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD_NS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPREADSHEET_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MEDIA_TYPE_PREFIX = "application/vnd.openxmlformats-officedocument"


def docx_form(title: str, fields: list[str]) -> bytes:
    """A .docx with a heading and a table of two columns: the field, and room to fill it in."""
    rows = "".join(
        f"<w:tr>{_table_cell(field)}{_table_cell('')}</w:tr>"
        for field in fields  # one line each
    )
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    table = (
        f'<w:tbl><w:tblPr><w:tblW w:w="9000" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="3000"/><w:gridCol w:w="6000"/></w:tblGrid>{rows}</w:tbl>'
    )
    large = '<w:rPr><w:b/><w:sz w:val="32"/></w:rPr>'
    heading = f'<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r>{large}{_text_run(title)}</w:r></w:p>'
    document = (
        f'{_XML_DECLARATION}<w:document xmlns:w="{_WORD_NS}"><w:body>{heading}{table}<w:p/></w:body></w:document>'
    )
    return _zip_package("word/document.xml", document, f"{_MEDIA_TYPE_PREFIX}.wordprocessingml.document.main+xml")


def xlsx_sheet(name: str, rows: list[list[str]]) -> bytes:
    """A .xlsx with one sheet of text cells."""
    lines = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) + "</row>"
        for row in rows
    )
    workbook = (
        f'{_XML_DECLARATION}<workbook xmlns="{_SPREADSHEET_NS}" xmlns:r="{_OFFICE_RELATIONSHIPS_NS}"><sheets>'
        f'<sheet name="{escape(name)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    worksheet = f'{_XML_DECLARATION}<worksheet xmlns="{_SPREADSHEET_NS}"><sheetData>{lines}</sheetData></worksheet>'
    related = (
        f'{_XML_DECLARATION}<Relationships xmlns="{_PACKAGE_RELATIONSHIPS_NS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE_RELATIONSHIPS_NS}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>"
    )
    return _zip_package(
        "xl/workbook.xml",
        workbook,
        f"{_MEDIA_TYPE_PREFIX}.spreadsheetml.sheet.main+xml",
        {"xl/worksheets/sheet1.xml": (worksheet, f"{_MEDIA_TYPE_PREFIX}.spreadsheetml.worksheet+xml")},
        {"xl/_rels/workbook.xml.rels": related},
    )


def _table_cell(words: str) -> str:
    return f"<w:tc><w:p><w:r>{_text_run(words)}</w:r></w:p></w:tc>"


def _text_run(words: str) -> str:
    return f'<w:t xml:space="preserve">{escape(words)}</w:t>'


def _zip_package(
    main: str,
    content: str,
    media_type: str,
    more: dict[str, tuple[str, str]] | None = None,
    relations: dict[str, str] | None = None,
) -> bytes:
    """`more`: further parts with their types; `relations`: files that say how parts hang together."""
    parts = {main: (content, media_type), **(more or {})}
    types = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, (_words, kind) in parts.items())
    listed = (
        f'{_XML_DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>'
    )
    start = (
        f'{_XML_DECLARATION}<Relationships xmlns="{_PACKAGE_RELATIONSHIPS_NS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE_RELATIONSHIPS_NS}/officeDocument" Target="{main}"/></Relationships>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        written = {"[Content_Types].xml": listed, "_rels/.rels": start, **(relations or {})}
        written |= {name: words for name, (words, _kind) in parts.items()}
        for name, words in written.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), words)  # the same bytes at every start
    return out.getvalue()
