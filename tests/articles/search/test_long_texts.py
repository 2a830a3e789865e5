"""Texts indexed in several parts are found as one."""

import random

import pytest

from articles.search.tokenizer import MAX_QUERY_CHARS, PART_CHARS, PART_OVERLAP_CHARS
from tests.articles.search.test_search import found

pytestmark = pytest.mark.both_databases("the search index and its SQL differ")

WORD = "示例词语"


@pytest.fixture(scope="module")
def filler():
    """A long text of common characters in which no run of four comes twice by chance, nor WORD at all."""
    chance = random.Random(5)
    return "".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(9 * PART_CHARS))


@pytest.mark.parametrize(
    "at",
    [
        0,
        1,
        PART_CHARS - 4,
        PART_CHARS - 3,
        PART_CHARS - 1,
        PART_CHARS,
        PART_CHARS + 1,
        PART_CHARS + PART_OVERLAP_CHARS - 1,
        PART_CHARS + PART_OVERLAP_CHARS,
    ],
)
def test_a_word_at_the_boundary_of_two_parts_is_found(newsroom, client, filler, at):
    """Scenario 40."""
    pk = newsroom.published(body=f"<p>{filler[:at]}{WORD}{filler[at : PART_CHARS + 1000]}</p>").article_id
    assert found(client, WORD) == [pk]
    for start in range(3):
        assert found(client, WORD[start : start + 2]) == [pk]


@pytest.mark.parametrize("length", [2, 3, 10, 50, MAX_QUERY_CHARS])
def test_a_phrase_of_any_length_across_a_boundary_is_found(newsroom, client, filler, length):
    """Scenario 40."""
    pk = newsroom.published(body=f"<p>{filler[: 2 * PART_CHARS]}</p>").article_id
    for before in {1, length // 2, length - 1, length}:
        start = PART_CHARS - before
        assert found(client, filler[start : start + length]) == [pk]


def test_a_very_long_text_is_found_at_both_ends_and_in_between(newsroom, client, filler):
    """Scenario 40."""
    pk = newsroom.published(body=f"<p>{filler}</p>").article_id
    for start in [0, *(number * PART_CHARS - 2 for number in range(1, 9)), len(filler) - 4]:
        assert found(client, filler[start : start + 4]) == [pk]


def test_terms_in_different_parts_are_found_together(newsroom, client, filler):
    """Scenario 40."""
    pk = newsroom.published(title="独特标题", body=f"<p>{filler}</p>").article_id
    assert found(client, f"独特标题 {filler[10:14]} {filler[-20:-16]}") == [pk]
    assert found(client, f"独特标题 {filler[10:14]} {WORD}") == []


def test_the_end_of_one_part_and_the_beginning_of_another_are_no_phrase(newsroom, client, filler):
    newsroom.published(body=f"<p>{filler[: 2 * PART_CHARS]}</p>")
    end = PART_CHARS + PART_OVERLAP_CHARS
    assert found(client, filler[end - 2 : end] + filler[PART_CHARS : PART_CHARS + 2]) == []


def test_words_of_a_long_table_of_figures_are_found(newsroom, client):
    """Scenario 40. Where the same two digits come hundreds of times."""
    rows = "".join(f"<tr><td>{number}.00</td><td>0.00</td></tr>" for number in range(1000, 1600))
    pk = newsroom.published(body=f"<table><tbody>{rows}</tbody></table><p>合计金额</p>").article_id
    for query in ("00", "0.00", "15", "1000.00", "合计", "合计金额"):
        assert found(client, query) == [pk], query
    missed = [number for number in range(1000, 1600, 10) if found(client, f"{number}.00") != [pk]]
    assert missed == []
