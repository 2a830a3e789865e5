"""Parsing of a saved page, with the real one."""

import re
from datetime import date

from legacy.pages import LegacyParagraph, body_html
from tests.legacy.samples import REAL, TITLE, bare

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
    assert page.paragraphs[1] == LegacyParagraph("heading", "(一)“三个注重”出实招,多项方案促落实")
    assert page.paragraphs[2].run_in_heading == "1、注重超前谋划,工作提前展开。"
    assert page.paragraphs[2].text.startswith("1、注重超前谋划,工作提前展开。年初,")
    assert sum(bool(paragraph.run_in_heading) for paragraph in page.paragraphs) == 12
    assert page.paragraphs[18].text.startswith("4形成了心齐") and page.paragraphs[18].run_in_heading == ""
    assert page.paragraphs[18].text.endswith("先进单位称号。")
    assert page.paragraphs[19] == LegacyParagraph("closing", "(工委组织部)")


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
