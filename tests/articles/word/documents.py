"""Word documents built for tests, as Word and WPS write them."""

import io
import zipfile
from html import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
)

# As in a document made by the Chinese Word: names in English or Chinese, one based on another.
STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/>
  <w:pPr><w:jc w:val="both"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/>
  <w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="标题 2"/><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="gw"><w:name w:val="公文一级标题"/><w:basedOn w:val="1"/></w:style>
<w:style w:type="paragraph" w:styleId="a3"><w:name w:val="Title"/><w:pPr><w:jc w:val="center"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="a4"><w:name w:val="副标题"/></w:style>
<w:style w:type="paragraph" w:styleId="lk"><w:name w:val="落款"/><w:pPr><w:jc w:val="right"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="toc1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="nh"><w:name w:val="条"/>
  <w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:style>
"""


def _levels(*levels: tuple[str, str]) -> str:
    return "".join(
        f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for number, (form, text) in enumerate(levels)
    )


NUMBERING = "".join(
    f'<w:abstractNum w:abstractNumId="{key}">{_levels(*levels)}</w:abstractNum>'
    for key, levels in {
        "10": [("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "（%2）"), ("decimal", "%3.")],
        "20": [("decimal", "%1."), ("lowerLetter", "%2)")],
        "30": [("chineseCountingThousand", "第%1条")],
        "40": [("bullet", ""), ("bullet", "")],
    }.items()
) + "".join(
    f'<w:num w:numId="{key}"><w:abstractNumId w:val="{base}"/>{change}</w:num>'
    for key, base, change in (
        ("1", "10", ""),
        ("2", "20", ""),
        ("3", "30", ""),
        ("4", "40", ""),
        ("5", "20", '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'),
    )
)


def run(words: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(words)}</w:t></w:r>'


def paragraph(content: str = "", style: str = "", side: str = "", number: tuple[int, int] | None = None) -> str:
    """`content`: words, or runs of one's own. `number`: (numbering, level)."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        properties += f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
    if side:
        properties += f'<w:jc w:val="{side}"/>'
    inside = content if content.startswith("<") else run(content) if content else ""
    return f"<w:p><w:pPr>{properties}</w:pPr>{inside}</w:p>"


def drawing(key: str, description: str = "") -> str:
    """A run with the picture of relationship `key`."""
    return (
        '<w:r><w:drawing><wp:inline><wp:extent cx="1" cy="1"/>'
        f'<wp:docPr id="1" name="图片 1" descr="{description}"/><a:graphic><a:graphicData uri="x"><pic:pic>'
        f'<pic:blipFill><a:blip r:embed="{key}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )


def footnote_mark(number: int) -> str:
    return f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="{number}"/></w:r>'


def cell(words: str, span: int = 1, down: str = "") -> str:
    """`down`: restart or continue, of cells merged downwards."""
    properties = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    properties += f'<w:vMerge w:val="{down}"/>' if down else ""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(words, side='center')}</w:tc>"


def table(*rows: str, head: int = 0) -> str:
    return (
        "<w:tbl><w:tblPr/>"
        + "".join(
            f"<w:tr><w:trPr>{'<w:tblHeader/>' if place < head else ''}</w:trPr>{row}</w:tr>"
            for place, row in enumerate(rows)
        )
        + "</w:tbl>"
    )


def document(
    *blocks: str,
    pictures: dict[str, bytes] | None = None,
    footnotes: dict[int, str] | None = None,
    links: dict[str, str] | None = None,
    parts: dict[str, bytes] | None = None,
    outside: dict[str, str] | None = None,
) -> bytes:
    """A .docx. `pictures`: name → content, with the relationship "r-<name>"; `links` and `outside` (pictures that lie
    elsewhere): relationship → address; `footnotes`: id → words; `parts`: further parts, or others in place of these.
    """
    kind = R + "/"
    relationships = [
        ("rs", f"{kind}styles", "styles.xml", ""),
        ("rn", f"{kind}numbering", "numbering.xml", ""),
        ("rf", f"{kind}footnotes", "footnotes.xml", ""),
        *((f"r-{name}", f"{kind}image", f"media/{name}", "") for name in pictures or {}),
        *((key, f"{kind}hyperlink", address, "External") for key, address in (links or {}).items()),
        *((key, f"{kind}image", address, "External") for key, address in (outside or {}).items()),
        *(
            ("r-" + name, f"{kind}{name.split('/')[1].rstrip('0123456789.xml')}", name.removeprefix("word/"), "")
            for name in parts or {}
            if name.startswith(("word/header", "word/footer"))
        ),
    ]
    notes = "".join(
        f'<w:footnote w:id="{number}">{paragraph(run(" " + words))}</w:footnote>'
        for number, words in (footnotes or {}).items()
    )
    content = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            + "".join(
                f'<Default Extension="{ending}" ContentType="{media}"/>'
                for ending, media in {
                    "xml": "application/xml",
                    "rels": "application/vnd.openxmlformats-package.relationships+xml",
                    "png": "image/png",
                    "jpg": "image/jpeg",
                    "emf": "image/x-emf",
                    "wmf": "image/x-wmf",
                }.items()
            )
            + "</Types>"
        ),
        "_rels/.rels": _relationships([("r1", f"{kind}officeDocument", "word/document.xml", "")]),
        "word/_rels/document.xml.rels": _relationships(relationships),
        "word/document.xml": f"<w:document {SPACES}><w:body>{''.join(blocks)}<w:sectPr/></w:body></w:document>",
        "word/styles.xml": f"<w:styles {SPACES}>{STYLES}</w:styles>",
        "word/numbering.xml": f"<w:numbering {SPACES}>{NUMBERING}</w:numbering>",
        "word/footnotes.xml": (
            f'<w:footnotes {SPACES}><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>{notes}</w:footnotes>'
        ),
        **{f"word/media/{name}": data for name, data in (pictures or {}).items()},
        **(parts or {}),
    }
    return packed(content)


def packed(content: dict[str, bytes | str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return target.getvalue()


def _relationships(found: list[tuple[str, str, str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="{key}" Type="{kind}" Target="{escape(target)}"{f" TargetMode={mode!r}" if mode else ""}/>'
        for key, kind, target, mode in found
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'
    )


EMF = b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + bytes(60)


def notice(png: bytes) -> bytes:
    """A notice of an office, with whatever such a document has."""
    return document(
        paragraph(run("中共示例省委组织部文件", '<w:sz w:val="72"/><w:color w:val="FF0000"/>'), side="center"),
        paragraph("示组发〔2024〕5号", side="center"),
        paragraph(run("关于开展春季义务植树", '<w:sz w:val="44"/>'), side="center"),
        paragraph(run("活动的通知", '<w:sz w:val="44"/>'), side="center"),
        paragraph(),
        paragraph("各处室："),
        paragraph(run("根据安排") + footnote_mark(2) + run("，现将有关事项通知如下。")),
        paragraph("总体要求", style="1", number=(1, 0)),
        paragraph("指导思想", style="2", number=(1, 1)),
        paragraph(run("坚持") + run("绿色发展", "<w:b/>") + run("理念", '<w:u w:val="single"/>') + run("。")),
        paragraph("时间安排", style="1", number=(1, 0)),
        paragraph("报名", number=(2, 0)),
        paragraph("集合", number=(2, 0)),
        paragraph("工具由林场准备。"),
        paragraph("返回", number=(2, 0)),
        paragraph("手套", number=(4, 0)),
        paragraph("水壶", number=(4, 1)),
        table(
            cell("单位") + cell("人数", span=2),
            cell("组织部", down="restart") + cell("男") + cell("12"),
            cell("", down="continue") + cell("女") + cell("8"),
            head=1,
        ),
        paragraph(drawing("r-image1.png", "林场的照片"), side="center"),
        paragraph(drawing("r-image2.emf")),
        paragraph(
            run("详见")
            + '<w:hyperlink r:id="link1"><w:r><w:t>省林业局网站</w:t></w:r></w:hyperlink>'
            + footnote_mark(3)
        ),
        paragraph("机关绿化办", style="lk"),
        paragraph("2024年3月1日", side="right"),
        pictures={"image1.png": png, "image2.emf": EMF},
        footnotes={2: "见《2024年工作要点》。", 3: "网址可能变动。"},
        links={"link1": "https://www.forestry.gov.cn/?a=1&b=2"},
    )
