"""Diffs of two wordings: paragraphs, then characters."""

import pytest

from articles.models.revision import TEXT_FIELDS
from articles.text.blocks import parse_blocks
from articles.text.character_diff import DiffBudget, diff_pieces
from articles.text.diff import MAX_CHANGES, differences
from articles.text.sanitising import sanitise

pytestmark = pytest.mark.django_db

FIRST = "<p>三月十二日上午九时，在东郊林场集合。</p>"
SECOND = "<p>请自带手套，工具由林场准备。</p>"
THIRD = "<p>因雨改期的，另行通知各支部联络员。</p>"


def wording(body="", **fields):
    empty = {**dict.fromkeys(TEXT_FIELDS, ""), "dated": None, "issued_on": None, "validity": "", "cover": None}
    return {**empty, "title": "题", "columns": [], "files": [], "body": sanitise(body).html, **fields}


def changes(old, new):
    return [change for change in differences(wording(old), wording(new)).changes if change.kind not in ("same", "fold")]


def said(pieces):
    marks = {"added": "[+{}]", "removed": "[-{}]"}
    return "".join(marks.get(piece.kind, "{}").format(piece.text) for piece in pieces)


def test_equal_wordings_differ_in_nothing():
    found = differences(wording(FIRST + SECOND), wording(FIRST + SECOND))
    assert found.is_none and found.changes == []


def test_a_changed_hanzi_is_marked_within_its_paragraph():
    (change,) = changes(FIRST + SECOND, FIRST.replace("九时", "八时") + SECOND)
    assert change.kind == "changed"
    assert said(change.pieces) == "三月十二日上午[-九][+八]时，在东郊林场集合。"


def test_hanzi_beyond_the_basic_plane_stay_whole():
    assert said(diff_pieces("𠮷田先生", "𠮷村先生", DiffBudget())) == "𠮷[-田][+村]先生"


def test_a_paragraph_that_was_put_in_leaves_the_others_as_they_were():
    (change,) = changes(FIRST + SECOND + THIRD, FIRST + "<p>午饭自理。</p>" + SECOND + THIRD)
    assert (change.kind, said(change.pieces)) == ("added", "[+午饭自理。]")


def test_a_paragraph_that_moved_is_named_at_both_places_and_not_as_new():
    found = changes(FIRST + SECOND + THIRD, SECOND + THIRD + FIRST)
    assert [change.kind for change in found] == ["moved_away", "moved"]


def test_versions_of_a_paragraph_are_put_side_by_side_also_where_another_one_went():
    found = changes(FIRST + SECOND + THIRD, SECOND.replace("手套", "雨具") + THIRD)
    assert [change.kind for change in found] == ["removed", "changed"]
    assert said(found[1].pieces) == "请自带[-手套][+雨具]，工具由林场准备。"


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("<p>一、时间</p>", "<h2>一、时间</h2>", "段落 → 一级标题"),
        ("<p>请看通知全文</p>", "<p>请看<strong>通知</strong>全文</p>", "加粗、对齐等"),
        (
            "<p>请看通知全文</p>",
            '<p>请看<a href="https://a.example/">通知</a>全文</p>',
            "加上了链接：https://a.example/",
        ),
        ('<p><a href="/a/1/">通知</a></p>', '<p><a href="/a/2/">通知</a></p>', "链接：/a/1/ → /a/2/"),
        (
            "<table><tr><td>甲</td><td>乙</td></tr></table>",
            "<table><tr><th>甲</th><td>乙</td></tr></table>",
            "表格的单元格",
        ),
    ],
)
def test_what_changed_in_format_only_says_so_and_what(old, new, note):
    (change,) = changes(old, new)
    assert (change.kind, change.notes) == ("format", [note])


def test_a_row_of_a_table_is_compared_as_one_line():
    row = "<table><tr><td>机关工委</td><td><p>10</p></td></tr><tr><td>组织部</td><td>8</td></tr></table>"
    (change,) = changes(row, row.replace("10", "12"))
    assert (change.name, said(change.pieces)) == ("表格行", "机关工委 | 1[-0][+2]")


def test_a_picture_that_was_changed_is_named():
    one, other = (f'<p>图如下。</p><p><img src="/files/{digit * 64}.png" alt="林场"></p>' for digit in "ab")
    found = changes(one, other)
    assert [(change.kind, change.name) for change in found] == [("removed", "图片"), ("added", "图片")]
    (change,) = changes(one, one.replace("林场", "东郊林场"))
    assert change.notes == ["图片的说明文字"]


def test_stretches_that_stayed_are_folded_but_for_what_is_next_to_a_change():
    paragraphs = [f"<p>第{number}段，文字照旧不动。</p>" for number in range(20)]
    changed = [*paragraphs]
    changed[10] = "<p>第10段，文字已经改了。</p>"
    found = differences(wording("".join(paragraphs)), wording("".join(changed)))
    assert [(change.kind, change.count) for change in found.changes] == [
        ("fold", 9), ("same", 1), ("changed", 1), ("same", 1), ("fold", 8),
    ]  # fmt: skip
    assert found.changes[0].folded_texts[0].startswith("第0段")


def test_a_change_of_blanks_can_be_seen():
    assert said(diff_pieces("甲 乙", "甲乙", DiffBudget())) == "甲[-␣]乙"


def test_the_other_fields_are_told_as_old_and_new():
    old = wording(title="关于召开会议的通知", author="张三", validity="", issued_on=None, dated="2026-03-01T00:00:00Z")
    new = {**old, "author": "李四", "validity": "in_force", "issued_on": "2026-03-12", "dated": None}
    found = {field.label: (field.old, field.new) for field in differences(old, new).fields}
    assert found == {
        "作者": ("张三", "李四"),
        "有效性": ("", "有效"), "成文日期": ("", "2026-03-12"), "显示日期": ("2026-03-01 08:00", ""),
    }  # fmt: skip


def test_a_summary_that_was_made_from_the_body_is_no_change_of_its_own():
    old = wording(FIRST, summary="三月十二日上午九时，在东郊林场集合。")
    new = wording(SECOND, summary="请自带手套，工具由林场准备。")
    assert differences(old, new).fields == []
    (field,) = differences(old, {**new, "summary": "手写的摘要。"}).fields
    assert field.label == "摘要"


def test_columns_cover_and_attachments_are_told_too(newsroom):
    row = {"digest": "a" * 64, "kind": "download", "name": "报名表", "caption": "", "position": 0}
    inline = {**row, "digest": "c" * 64, "kind": "inline"}
    old = wording(columns=[newsroom.department.pk], files=[row, inline])
    new = wording(columns=[], cover="b" * 64, files=[{**row, "name": "报名表（新）"}, {**row, "digest": "d" * 64}])
    found = [(field.label, field.old, field.new) for field in differences(old, new).fields]
    assert ("封面图片", "", "有图片") in found
    assert ("附件", "报名表", "报名表（新）") in found and ("附件", "", "报名表") in found
    assert any(one[1:] == (newsroom.department.name, "") for one in found)
    assert len(found) == 4


def test_two_texts_with_nothing_in_common_are_listed_up_to_a_bound():
    old, new = ("".join(f"<p>{sign}{number}</p>" for number in range(2000)) for sign in "甲乙")
    found = differences(wording(old), wording(new))
    assert found.omitted_count > 0
    assert sum(change.kind not in ("same", "fold") for change in found.changes) <= MAX_CHANGES


def test_once_the_time_is_up_a_text_is_shown_as_replaced_whole():
    spent = DiffBudget(seconds=0)
    assert said(diff_pieces("甲乙丙", "甲丁丙", spent)) == "[-甲乙丙][+甲丁丙]"
    assert said(diff_pieces("甲乙丙", "甲乙丙", spent)) == "甲乙丙"


def test_the_blocks_of_a_body_are_what_a_reader_takes_for_one():
    html = (
        "<h2>一</h2><p>甲<strong>乙</strong><br>丙</p><ul><li>一<p>二</p></li></ul><blockquote><p>引</p></blockquote>"
        "<table><caption>题</caption><tr><th>a</th><td><p>b</p><p>c</p></td></tr></table>尾<hr>"
    )
    assert [(block.kind, block.text) for block in parse_blocks(sanitise(html).html)] == [
        ("h2", "一"), ("paragraph", "甲乙 丙"), ("item", "一"), ("item", "二"), ("quotation", "引"), ("caption", "题"),
        ("row", "a | b c"), ("paragraph", "尾"), ("rule", ""),
    ]  # fmt: skip
