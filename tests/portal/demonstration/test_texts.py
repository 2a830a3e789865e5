"""Demonstration articles: made up, labelled, every state present."""

import json
import re
from collections import Counter
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[3] / "portal" / "demonstration" / "articles.json"
ARTICLES = json.loads(FILE.read_text(encoding="utf-8"))
LABELLED = [article for article in ARTICLES if article["title"].startswith("【示例】")]
TAGS = set("p h2 h3 strong ul ol li table thead tbody tr th td blockquote".split())
FEWEST = {"wenjian": 25, "renshi": 7, "gongjian": 7, "peixun": 7, "laogan": 6, "gonggao": 9, "zuzhi": 8}
STATES = {"published", "draft", "returned", "waiting_review", "waiting_publish", "scheduled", "withdrawn"}
DOCUMENT = ("document_number", "issuing_body", "index_number", "issued_on", "validity")


class Checker(HTMLParser):
    """Fails on every element, attribute and nesting that the articles should do without."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        assert tag in TAGS and not attrs
        assert tag not in ("p", "h2", "h3") or self.open in ([], ["blockquote"])
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self.open or not data.strip()


def words(article: dict) -> str:
    return re.sub(r"<[^>]+>", "", article["body"])


def number_in_year(article: dict) -> int:
    return int(re.search(r"〕(\d+)号", article["document_number"])[1])


def each(articles: list[dict]):
    return pytest.mark.parametrize("article", articles, ids=[article["key"] for article in articles])


def test_keys_and_titles_are_unique():
    for field in ("key", "title"):
        assert max(Counter(article[field] for article in ARTICLES).values()) == 1
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article["key"]) for article in ARTICLES)


def test_every_column_has_enough_to_look_through():
    found = Counter(article["department"] for article in LABELLED)
    assert found.keys() == FEWEST.keys()
    assert all(found[department] >= number for department, number in FEWEST.items())
    assert sum(found.values()) >= 66


def test_every_state_is_shown_and_most_are_published():
    states = Counter(article["state"] for article in LABELLED)
    assert states.keys() == STATES
    assert states["published"] > len(LABELLED) * 3 / 4


def test_only_the_two_neighbours_of_the_real_page_have_no_label_in_the_title():
    assert {(one["key"], one["title"], one["dated"], one["department"]) for one in ARTICLES if one not in LABELLED} == {
        ("neighbour-older", "“三结对”拓展联系服务群众新途径", "2014-01-23", "zuzhi"),
        ("neighbour-newer", "省直机关党建服务基层年活动启动", "2014-02-20", "zuzhi"),
    }


@each(ARTICLES)
def test_the_first_sentence_says_that_it_is_an_example(article):
    assert "示例" in words(article).split("。")[0]


@each(ARTICLES)
def test_the_body_holds_plain_html_only(article):
    checker = Checker()
    checker.feed(article["body"])
    checker.close()
    assert checker.open == []
    assert article["body"].count("<p>") in range(2 if article not in LABELLED else 3, 9)


@each(ARTICLES)
def test_nobody_is_named_and_every_field_fits(article):
    assert article["author"] == "示例拟稿人" or article["author"].endswith("（示例）")
    assert "示例" in article["source"]
    assert 0 < len(article["summary"]) <= 500
    assert len(article["title"]) <= 200 and len(article["keywords"]) <= 200


@each([article for article in LABELLED if article["department"] == "wenjian"])
def test_official_documents_have_their_fields(article):
    assert all(article[field] for field in DOCUMENT)
    issued = date.fromisoformat(article["issued_on"])
    assert article["document_number"].startswith(f"示例〔{issued.year}〕")
    assert article["validity"] in ("in_force", "repealed")


def test_official_documents_are_issued_and_numbered_in_the_order_in_which_they_were_published():
    documents = [article for article in LABELLED if article["department"] == "wenjian"]
    documents.sort(key=lambda article: -article["days_ago"])
    for earlier, later in pairwise(documents):
        assert earlier["issued_on"] < later["issued_on"]
        if earlier["issued_on"][:4] == later["issued_on"][:4]:
            assert number_in_year(earlier) < number_in_year(later)


def test_document_numbers_are_unique_and_belong_to_official_documents_alone():
    numbers = Counter(article["document_number"] for article in ARTICLES if "document_number" in article)
    assert max(numbers.values()) == 1
    assert all((article.get("issued_on") is not None) == (article["department"] == "wenjian") for article in ARTICLES)
    assert {article["validity"] for article in ARTICLES if "validity" in article} == {"in_force", "repealed"}


def test_what_was_returned_or_withdrawn_says_why():
    for article in LABELLED:
        assert bool(article.get("reason")) == (article["state"] == "returned")
        assert bool(article.get("withdraw_reason")) == (article["state"] == "withdrawn")
        assert bool(article.get("withdraw_notice")) == (article["state"] == "withdrawn")


def test_pictures_say_what_they_show_and_that_they_are_drawn():
    shown = [(article, picture) for article in ARTICLES for picture in article.get("pictures", [])]
    assert len(shown) >= 4
    for article, picture in shown:
        assert len(picture["alt"]) >= 8 and picture["caption"].endswith("（示意图）")
        assert 0 < picture["after"] <= len(article["body"].split("\n"))


def test_days_are_spread_over_two_years():
    days = sorted(article["days_ago"] for article in LABELLED if article["state"] in ("published", "withdrawn"))
    assert days[0] >= 1 and days[-1] <= 730
    assert max(later - earlier for earlier, later in pairwise(days)) <= 31


def test_there_are_tables_lists_with_headings_and_long_titles_and_no_sentence_twice():
    assert sum("<table>" in article["body"] for article in LABELLED) >= 3
    assert sum("<li>" in article["body"] and "<h2>" in article["body"] for article in LABELLED) >= 4
    assert sum(len(article["title"]) >= 50 for article in LABELLED) >= 3
    sentences = Counter(
        part for article in LABELLED for part in re.split(r"[。！？\n]", words(article)) if len(part) > 6
    )
    assert [sentence for sentence, times in sentences.items() if times > 1] == []
