"""Quoted passages are found and replaced, also across tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.text.markup import text_content
from articles.text.passages import PassageCrossesBlocks, PassageNotFound, Quote, locate_quote, quote_at, replace_passage
from articles.text.sanitising import sanitise

BODY = (
    "<p>会议于三月十二日召开，请<strong>准时</strong>参加。</p>"
    "<p>会议于三月十二日召开，请<em>自带</em>材料 &amp; 笔记。</p>"
)


def put(body, exact, words, **context):
    """The body with `words` in place of the passage."""
    return replace_passage(body, locate_quote(text_content(body), Quote(exact, **context)), words)


@pytest.mark.parametrize(
    ("exact", "words", "changed"),
    [
        ("准时参加", "按时参加", BODY.replace("<strong>准时</strong>参加", "<strong>按时参加</strong>")),
        ("准时", "", BODY.replace("<strong>准时</strong>", "")),
        ("材料 & 笔记", "材料<b>、笔记", BODY.replace("材料 &amp; 笔记", "材料&lt;b&gt;、笔记")),
        ("材料&笔记", "材料", BODY.replace("材料 &amp; 笔记", "材料")),
    ],
)
def test_words_take_the_place_of_a_passage_whatever_tags_stand_in_it(exact, words, changed):
    assert put(BODY, exact, words) == changed


def test_of_equal_passages_the_one_among_the_quoted_words_is_meant():
    assert put(BODY, "三月十二日", "四月一日", suffix="召开，请自带材料") == "四月一日".join(
        BODY.rsplit("三月十二日", 1)
    )
    assert put(BODY, "三月十二日", "四月一日", suffix="召开，请准时参加") == "四月一日".join(
        BODY.split("三月十二日", 1)
    )


@pytest.mark.parametrize("context", [{}, {"prefix": "会议于"}, {"prefix": "会议于", "suffix": "召开，请"}])
def test_a_passage_of_which_nobody_can_tell_which_is_meant_is_refused(context):
    with pytest.raises(PassageNotFound, match="2"):
        locate_quote(text_content(BODY), Quote("三月十二日", **context))


@pytest.mark.parametrize("exact", ["四月", "", "  "])
def test_a_passage_that_does_not_stand_there_is_refused(exact):
    with pytest.raises(PassageNotFound):
        locate_quote(text_content(BODY), Quote(exact))


@pytest.mark.parametrize("body", [BODY, "<p>甲<br>乙</p>", "<table><tr><td>甲</td><td>乙</td></tr></table>"])
def test_a_passage_over_the_end_of_a_paragraph_a_line_or_a_cell_is_not_replaced(body):
    with pytest.raises(PassageCrossesBlocks):
        put(body, "参加。会议" if body == BODY else "甲乙", "丙")


@given(st.text(alphabet="会议通知，<&\n 一", min_size=1, max_size=40), st.data())
def test_what_was_quoted_from_a_text_is_found_where_it_was_quoted(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    exact = text[start:end]
    if not exact.strip() or "".join(text.split()).count("".join(exact.split())) > 1:
        return
    found = locate_quote(text, quote_at(text, (start, end)))
    assert "".join(text[slice(*found)].split()) == "".join(exact.split())


@given(st.text(alphabet="会议<b>&</strong>\"'", max_size=30))
def test_whatever_is_suggested_stays_words(words):
    html = put("<p>原来的文字在此。</p>", "文字", words)
    assert text_content(html) == f"原来的{words}在此。"
    assert sanitise(html).html == html
