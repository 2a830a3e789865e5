"""Search finds published articles and nothing else (scenario 40)."""

import random
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from articles.text.plain_text import plain_text
from legacy.pages import body_html, read_page
from workflow import services

pytestmark = pytest.mark.both_databases("the search index and its SQL differ")

REAL_PAGE = Path(settings.BASE_DIR) / "portal" / "demonstration" / "legacy-article-page.txt"
BODY = "<p>工委组织部印发皖直〔2013〕5号文件。2014年春节,ABC公司第3次会议。</p><p>部门通知</p>"


def found(client, query, **params):
    """Numbers of the articles on the first page of results, in order."""
    answer = client.get("/search/", {"q": query, **params})
    assert answer.status_code == 200
    listing = answer.content.decode().partition('<ul class="listing">')[2].partition('<nav class="pagination"')[0]
    return [int(pk) for pk in re.findall(r'<span class="listing-title"><a href="/[^/"]+/(\d+)/"', listing)]


@pytest.fixture
def article(newsroom):
    return newsroom.published(title="关于开展活动的通知", body=BODY).article_id


# The real article.


@pytest.fixture
def real(newsroom):
    """(number of the article, its words)"""
    page = read_page(REAL_PAGE)
    published = newsroom.published(title=page.title, body=body_html(page), author=page.author)
    return published.article_id, plain_text(published.revision.body)


def cuts(text):
    """Every place where two letters or digits stand beside each other."""
    return [start for start in range(len(text) - 1) if text[start : start + 2].isalnum()]


@pytest.mark.slow
def test_any_two_characters_that_stand_in_the_real_article_find_it(client, real):
    """Scenario 40."""
    pk, text = real
    places = random.Random(2014).sample(cuts(text), 300)
    missed = [text[at : at + 2] for at in places if found(client, text[at : at + 2]) != [pk]]
    assert missed == []


def test_longer_words_of_the_real_article_find_it(client, real):
    """Scenario 40."""
    pk, text = real
    chance = random.Random(40)
    words = [
        run[at : at + length]
        for run in re.findall(r"\w{12,}", text)
        for length in (3, 5, 8, 12)
        for at in [chance.randrange(len(run) - length + 1)]
    ]
    assert len(words) > 100
    assert [word for word in chance.sample(words, 100) if found(client, word) != [pk]] == []


@pytest.mark.slow
def test_two_characters_that_do_not_stand_beside_each_other_do_not_find_it(client, real):
    """Scenario 40."""
    _, text = real
    present = {text[at : at + 2] for at in cuts(text)}
    letters = sorted({sign for sign in text if sign.isalnum()})
    chance = random.Random(7)
    absent = {chance.choice(letters) + chance.choice(letters) for _ in range(150)} - present
    assert len(absent) > 100
    assert [pair for pair in sorted(absent) if found(client, pair)] == []


def test_two_characters_with_a_mark_between_them_are_no_word(client, real):
    """Scenario 40."""
    _, text = real
    present = {text[at : at + 2] for at in cuts(text)}
    across = {one + other for one, other in re.findall(r"(\w)[^\w\n]+(?=(\w))", text)} - present
    assert len(across) > 100
    assert [pair for pair in random.Random(1).sample(sorted(across), 80) if found(client, pair)] == []


# What is typed.


FOUND = [
    "组织",
    "织部",
    "工委组织部",
    "组",
    "号",
    "5号",
    "2014年",
    "２０１４年",
    "2014",
    "〔2013〕5号",
    "皖直〔2013〕5号",
    "皖直[2013]5号",
    "第3次",
    "第３次会议",
    "abc",
    "ABC",
    "ＡＢＣ公司",
    "活动的通知",
    "  组织   通知  ",
    "组织部 活动 2014年",
    "部门通知",
    "组织部、",
    "“组织部”",
    "《组织部》",
]

NOT_FOUND = [
    "织组",
    "组织局",
    "组部",
    "部印发文",
    "春节ABC",
    "节A",
    "号文件2014",
    "件部",
    "文件2",
    "部部",
    "20145",
    "2015年",
    "ab公",
    "组织 不存在",
    "不存在 组织 通知",
    "强",
    "组织 强",
    "",
    "   ",
    "，。！",
    "的 的 的 强",
]


def test_words_are_found_as_people_type_them(client, article):
    """Scenario 40."""
    assert [query for query in FOUND if found(client, query) != [article]] == []


def test_words_that_do_not_stand_there_find_nothing(client, article):
    """Scenario 40."""
    assert [query for query in NOT_FOUND if found(client, query)] == []


def test_one_character_finds_its_last_occurrence_too(client, newsroom):
    pk = newsroom.published(title="通知", body="<p>终</p>").article_id
    assert found(client, "终") == [pk] == found(client, "知")


def test_what_stands_round_the_body_is_found_too(client, newsroom):
    fields = [
        "title",
        "subtitle",
        "summary",
        "author",
        "source",
        "keywords",
        "document_number",
        "issuing_body",
        "index_number",
    ]
    pks = [newsroom.published(**{"title": "通知", field: "皖直党建"}).article_id for field in fields]
    assert sorted(found(client, "皖直党建")) == pks


def test_words_of_different_fields_are_no_phrase(client, newsroom):
    newsroom.published(title="通知", subtitle="组织", author="部门")
    assert found(client, "组织部门") == []


def test_markup_is_no_word(client, newsroom):
    newsroom.published(body='<p class="align-center"><strong>组织</strong>部<a href="https://www.gov.cn/">链接</a></p>')
    for query in ("strong", "align", "center", "https", "gov", "href"):
        assert found(client, query) == []
    assert len(found(client, "组织部")) == 1


# What can be found at all.


def test_only_what_is_live_is_found(newsroom, client):
    """Scenario 40."""
    word = {"title": "独一无二", "body": "<p>独一无二</p>"}
    newsroom.draft(**word)
    newsroom.submitted(**word)
    newsroom.reviewed(**word)
    newsroom.published(at=timezone.now() + timedelta(days=1), **word)
    services.discard(newsroom.draft(**word), by=newsroom.drafter)
    withdrawn = newsroom.published(**word).article
    assert found(client, "独一无二") == [withdrawn.pk]
    services.withdraw(withdrawn, by=newsroom.publisher, reason="有误", notice="")
    assert found(client, "独一无二") == []


def test_a_new_version_is_found_by_its_words_and_not_by_the_old_ones(newsroom, client):
    """Scenario 40, 41."""
    article = newsroom.published(body="<p>旧的说法</p>").article
    newsroom.rewritten(article, body="<p>新的措辞</p>")
    assert found(client, "新的措辞") == []
    newsroom.published(article)
    assert found(client, "旧的说法") == []
    assert found(client, "新的措辞") == [article.pk]


def test_a_scheduled_article_is_found_from_its_time_on(newsroom, client):
    """Scenario 29, 40."""
    now = timezone.now()
    article = newsroom.published(body="<p>旧的说法</p>").article
    newsroom.published(newsroom.rewritten(article, body="<p>新的措辞</p>"), at=now + timedelta(days=1))
    assert found(client, "旧的说法") == [article.pk] and found(client, "新的措辞") == []
    with time_machine.travel(now + timedelta(days=2), tick=False):
        assert found(client, "旧的说法") == [] and found(client, "新的措辞") == [article.pk]


def test_a_replacement_that_was_called_off_is_not_found_and_what_it_was_to_replace_is(newsroom, client):
    """Scenario 28, 40."""
    now = timezone.now()
    article = newsroom.published(body="<p>旧的说法</p>").article
    newsroom.published(newsroom.rewritten(article, body="<p>新的措辞</p>"), at=now + timedelta(days=1))
    services.unschedule(article, by=newsroom.publisher, reason="时间有误")
    with time_machine.travel(now + timedelta(days=2), tick=False):
        assert found(client, "旧的说法") == [article.pk] and found(client, "新的措辞") == []


def test_the_newest_stand_first_and_a_page_holds_twenty(newsroom, client):
    now = timezone.now()
    dated = {newsroom.published(dated=now - timedelta(days=day)).article_id: day for day in (3, 1, 2, *range(4, 23))}
    newest_first = sorted(dated, key=dated.get)
    assert found(client, "示例") == newest_first[:20]
    assert found(client, "示例", page="2") == newest_first[20:]
    assert "q=%E7%A4%BA%E4%BE%8B" in client.get("/search/?q=示例").content.decode()


def test_a_page_of_results_that_is_not_there_is_not_found(client, article):
    assert client.get("/search/", {"q": "组织", "page": "1"}).status_code == 200
    for page in ["0", "-1", "2", "999999", "x", "", "1.5", "9" * 5000]:
        assert client.get("/search/", {"q": "组织", "page": page}).status_code == 404, page


# Hostile.

HOSTILE = [
    *[
        '"',
        '""',
        "'",
        "''",
        "*",
        '"*',
        "**",
        "组*",
        "组织*",
        "*组织",
        "-组织",
        "+组织",
        "^组织",
        "组织:A",
        ":",
        "tokens:组织",
    ],
    *[
        "组织 OR 部门",
        "组织 AND",
        "NOT 组织",
        "NEAR(组织 部, 2)",
        "AND",
        "OR",
        "NOT",
        "NEAR",
        "( 组织",
        "组织 )",
        "{组织}",
    ],
    *[
        "组织 & 部",
        "组织|部",
        "!组织",
        "组织 <-> 部",
        "组织:*",
        "!!",
        "&|!",
        "\\",
        "\\组织",
        "%",
        "_",
        "%组织%",
        "组_织",
    ],
    *[
        "\x00",
        "组织\x00",
        "\x00\x01\x02",
        "\ufeff",
        "\ud7ff",
        "𠮷",
        "😀",
        "👩‍👩‍👧",
        "İ",
        "ß",
        "ﬁ",
        "①",
        "㎡",
        "e\u0301",
        "\u0301",
    ],
    *[
        "'; DROP TABLE articles_searchpart; --",
        "1 OR 1=1",
        "${7*7}",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "../../etc/passwd",
    ],
    *["组" * 100, "组织" * 5000, "组 " * 500, '"' * 1000, "a" * 20000, "组织 " * 200, "0" * 300, "\n".join("组织部门")],
]


def test_whatever_is_typed_is_answered(client, article):
    for query in HOSTILE:
        answer = client.get("/search/", {"q": query})
        assert answer.status_code == 200, query
        assert "<script>alert" not in answer.content.decode()
    assert found(client, "组织") == [article]


def test_bytes_that_are_no_text_are_answered(client, article):
    for raw in ("q=%ff%fe", "q=%ED%A0%80", "q=%", "q=%E7%BB", "q", "q=a&q=b", "q[]=a", "%00=1"):
        assert client.get(f"/search/?{raw}").status_code == 200


def test_a_query_that_is_too_long_is_cut_and_says_so(client, article):
    answer = client.get("/search/", {"q": "组织" + " " * 200 + "不存在"})
    assert answer.context["is_query_truncated"] is True
    assert found(client, "组织" + " " * 200 + "不存在") == [article]
    assert client.get("/search/", {"q": "组织"}).context["is_query_truncated"] is False
