"""Hidden Word text is never imported, and the report names it."""

import pytest

from articles.word.reader import read_word
from tests.articles.word.documents import SPACES, STYLES, document, drawing, footnote_mark, paragraph, run
from tests.images import picture

pytestmark = pytest.mark.django_db

HIDDEN = "<w:vanish/>"
# Styles of each kind that hide, are based on one that hides, or show again.
HIDING = "".join(
    f'<w:style w:type="{kind}" w:styleId="{kind[0]}-{name}"><w:name w:val="{kind} {name}"/>'
    f'<w:basedOn w:val="{based}"/><w:rPr>{properties}</w:rPr></w:style>'
    for kind in ("character", "paragraph", "table")
    for name, based, properties in (
        ("hides", "", HIDDEN),
        ("inherits", f"{kind[0]}-hides", "<w:b/>"),
        ("shows", f"{kind[0]}-inherits", '<w:vanish w:val="0"/>'),
        ("loops", f"{kind[0]}-loops", ""),
    )
)


def in_style(words, name):
    return run(words, f'<w:rStyle w:val="{name}"/>')


def in_table(words, name):
    cell = f"<w:tc>{paragraph(words)}</w:tc>"
    return f'<w:tbl><w:tblPr><w:tblStyle w:val="{name}"/></w:tblPr><w:tr>{cell}</w:tr></w:tbl>'


@pytest.fixture
def read(drafter, media, english):
    def read(*blocks, styles=HIDING, **facts):
        parts = {"word/styles.xml": f"<w:styles {SPACES}>{STYLES}{styles}</w:styles>"}
        return read_word(document(*blocks, parts=parts, **facts), drafter)

    return read


def names_hidden(text):
    return any("Hidden text" in sentence for sentence in text.lost)


@pytest.mark.parametrize(
    "block",
    [
        paragraph(run("公开") + run("内部", HIDDEN)),
        paragraph(run("公开") + run("内部", '<w:vanish w:val="1"/>')),
        paragraph(run("公开") + run("内部", '<w:vanish w:val="true"/>')),
        paragraph(run("公开") + run("内部", "<w:vanish/><w:specVanish/>")),
        paragraph(run("公开") + run("内部", '<w:vanish w:val="on"/><w:webHidden w:val="0"/>')),
        paragraph(run("公开") + in_style("内部", "c-hides")),
        paragraph(run("公开") + in_style("内部", "c-inherits")),
        paragraph(run("公开")) + paragraph("内部", style="p-hides"),
        paragraph(run("公开")) + paragraph("内部", style="p-inherits"),
        paragraph(run("公开", '<w:vanish w:val="false"/>') + run("内部"), style="p-hides"),
        paragraph(in_style("公开", "c-hides") + run("内部"), style="p-hides"),
        paragraph(run("公开")) + in_table("内部", "t-hides"),
        paragraph(run("公开") + f'<w:hyperlink w:anchor="x">{run("内部", HIDDEN)}</w:hyperlink>'),
        paragraph(run("公开") + f'<w:ins w:author="x">{run("内部", HIDDEN)}</w:ins>'),
        paragraph(run("公开") + f"<m:oMath><m:r><w:rPr>{HIDDEN}</w:rPr><m:t>内部</m:t></m:r></m:oMath>"),
    ],
)
def test_hidden_text_is_left_out_and_named(read, block):
    text = read(block)
    assert "公开" in text.html and "内部" not in text.html + text.title + text.subtitle
    assert names_hidden(text)


@pytest.mark.parametrize(
    "block",
    [
        paragraph(run("公开", '<w:vanish w:val="0"/>')),
        paragraph(run("公开", '<w:vanish w:val="false"/>')),
        paragraph(run("公开", '<w:vanish w:val="off"/>')),
        paragraph(run("公开", "<w:webHidden/>")),
        paragraph(run("公开", f"<w:rPrChange><w:rPr>{HIDDEN}</w:rPr></w:rPrChange>")),
        f"<w:p><w:pPr><w:rPr>{HIDDEN}</w:rPr></w:pPr>{run('公开')}</w:p>",
        f"<w:p><w:pPr><w:rPr>{HIDDEN}<w:specVanish/></w:rPr></w:pPr>{run('公开')}</w:p>",
        paragraph(in_style("公开", "c-shows")),
        paragraph(in_style("公开", "c-loops")),
        paragraph("公开", style="p-shows"),
        paragraph(in_style("公开", "c-inherits"), style="p-inherits"),
        paragraph(run("公开") + run(" ", HIDDEN)),
        in_table("公开", "t-shows"),
    ],
)
def test_text_that_word_shows_is_kept(read, block):
    text = read(block)
    assert "公开" in text.html and not names_hidden(text)


def test_document_defaults_hide_what_nothing_shows(read):
    defaults = f"<w:docDefaults><w:rPrDefault><w:rPr>{HIDDEN}</w:rPr></w:rPrDefault></w:docDefaults>"
    text = read(paragraph(run("公开", '<w:vanish w:val="0"/>') + run("内部")), styles=defaults)
    assert text.html == "<p>公开</p>" and names_hidden(text)


def test_a_default_paragraph_style_hides(read):
    default = f'<w:style w:type="paragraph" w:default="1" w:styleId="n"><w:rPr>{HIDDEN}</w:rPr></w:style>'
    text = read(paragraph("内部") + paragraph("公开", style="lk"), styles=default)
    assert "公开" in text.html and "内部" not in text.html and names_hidden(text)


def test_a_hidden_title_is_no_title(read):
    text = read(paragraph(run("内部", HIDDEN), style="a3"), paragraph("正文。"))
    assert (text.title, text.html) == ("", "<p>正文。</p>")


def test_hidden_footnotes_and_pictures_go(read):
    marked = paragraph(run("公开") + footnote_mark(1).replace("<w:rPr>", f"<w:rPr>{HIDDEN}"))
    shown = drawing("r-1.png").replace("<w:r>", f"<w:r><w:rPr>{HIDDEN}</w:rPr>")
    noted = paragraph(run("正文") + footnote_mark(2))
    text = read(marked, paragraph(shown), noted, footnotes={1: "内部", 2: "说明"}, pictures={"1.png": picture()})
    assert "内部" not in text.html and "<img" not in text.html and "说明" in text.html
    assert names_hidden(text) and len(text.lost) == 1


def test_a_hidden_drawing_goes(read):
    shown = drawing("r-1.png").replace("<wp:docPr ", '<wp:docPr hidden="1" ')
    text = read(paragraph(run("公开") + shown), pictures={"1.png": picture()})
    assert text.html == "<p>公开</p>" and names_hidden(text)


@pytest.mark.parametrize(("visibility", "is_kept"), [("hidden", False), ("visible", True)])
def test_a_hidden_text_box_goes(read, visibility, is_kept):
    inside = f"<v:textbox><w:txbxContent>{paragraph('方框')}</w:txbxContent></v:textbox>"
    box = f'<w:r><w:pict><v:shape style="width:9pt;visibility:{visibility}">{inside}</v:shape></w:pict></w:r>'
    text = read(paragraph(run("公开") + box))
    assert ("方框" in text.html) == is_kept and names_hidden(text) != is_kept


def test_a_field_that_is_hidden_in_part_does_not_damage_the_document(read):
    begin, end = (f'<w:r><w:rPr>{HIDDEN}</w:rPr><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    entry = f"<w:r><w:rPr>{HIDDEN}</w:rPr><w:instrText>XE 词</w:instrText></w:r>"
    text = read(paragraph(run("公开") + begin + entry + end.replace(HIDDEN, "") + run("正文")))
    assert "公开正文" in text.html and "XE" not in text.html and not names_hidden(text)
