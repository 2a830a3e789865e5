"""Search limits: bounded time, and suggestions when nothing matches."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.reads import counting
from articles.search import results
from articles.search.tokenizer import MAX_QUERY_CHARS, MAX_QUERY_TERMS, split_query
from database import time_limit
from tests.articles.search.test_search import found
from tests.ledger.attacker import tamper
from tests.portal.visitor import visit
from workflow import services

pytestmark = pytest.mark.both_databases("the search index and its SQL differ")

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
FILTERS = "department={slug}&year={year}&since=2014-01-01&until=2014-12-31&author=张三&number=5号"


@pytest.fixture
def publication(newsroom):
    return newsroom.published(title="关于召开党建会议的通知", body="<p>请各支部书记参加。</p>")


@pytest.fixture
def article(publication):
    return publication.article_id


# Time.


@pytest.mark.django_db(transaction=True)  # as requests run: outside of any transaction
def test_a_statement_without_an_end_is_given_up_and_the_connection_goes_on():
    with pytest.raises(time_limit.TimeLimitExceeded), time_limit.time_limit(0.05), connection.cursor() as cursor:
        cursor.execute(ENDLESS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM articles_publication")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_once_the_time_is_up_no_further_statement_begins():
    def ask(clock):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            clock.expires_at = 0
            cursor.execute("SELECT 2")

    with pytest.raises(time_limit.TimeLimitExceeded), time_limit.time_limit(60) as clock:
        ask(clock)


@pytest.mark.django_db
def test_the_bound_is_lifted_afterwards():
    def bound():
        if connection.vendor == "sqlite":
            return None
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            return cursor.fetchone()

    before = bound()
    with time_limit.time_limit(60):
        assert connection.vendor == "sqlite" or bound() != before
    assert bound() == before and connection.execute_wrappers == []


@pytest.mark.parametrize("query", ["q=党建", "q=不存在", "q=&author=张三", f"q=党建&{FILTERS}", "q=党建&page=7", ""])
def test_a_search_that_takes_too_long_is_answered_with_advice_and_loses_nothing(publication, monkeypatch, query):
    """Results, extracts and suggestions lie within the time; what there is to choose from is known without it."""
    query = query.format(slug=publication.department.slug, year=timezone.localtime(publication.dated).year)
    monkeypatch.setattr(results, "SEARCH_TIMEOUT_SECONDS", 0)
    page = visit(f"/search/?{query}")
    assert page.status == 200 and page.titles == []
    assert "搜索用时过长" in page.one("div", class_="no-results").words
    for name, _, value in (pair.partition("=") for pair in query.split("&") if "=" in pair):
        fields = [field for field in page.all("input") if field.attributes["name"] == name]
        fields += [option for select in page.all("select", name=name) for option in select.all("option", selected="")]
        assert name == "page" or value in [field.attributes.get("value") for field in fields]


@pytest.mark.parametrize("statement", range(8))
def test_wherever_the_time_runs_out_there_is_an_answer(article, monkeypatch, statement):
    """The time is up just before one statement after the other."""
    before_each, begun = time_limit.Deadline.check_before_execute, []

    def counted(clock, execute, *args):
        begun.append(args)
        if len(begun) > statement:
            clock.expires_at = 0
        return before_each(clock, execute, *args)

    monkeypatch.setattr(time_limit.Deadline, "check_before_execute", counted)
    for query in ("q=党建", "q=不存在的词", "q=党建 会议&author=张三"):
        begun.clear()
        assert visit(f"/search/?{query}").status == 200


def test_very_long_texts_are_no_longer_looked_through_once_the_time_is_up(newsroom):
    published = newsroom.published(body="<p>党建</p>", summary="签发的摘要")
    titled = newsroom.published(title="党建一览", body="<p>长文</p>", summary="签发的摘要")
    with time_limit.time_limit(60) as clock:
        [one] = results.publications_with_snippets([published.pk], ["党建"], clock)
        assert one.snippet == "<mark>党建</mark>"
    clock.expires_at = 0
    # Only what the seal of the publication covers itself: whether the words stand in the text is not known.
    [one] = results.publications_with_snippets([published.pk, titled.pk], ["党建"], clock)
    assert (one.highlighted_title, one.snippet) == ("<mark>党建</mark>一览", "签发的摘要")


# Length.


def test_terms_are_bounded_in_number_and_length_and_what_is_left_out_is_said(client, article):
    many = " ".join(f"第{number}" for number in range(MAX_QUERY_TERMS + 1))
    assert len(split_query(many)) == MAX_QUERY_TERMS
    assert "只按前 100 个字、前 8 个词" in visit(f"/search/?q={many}").html
    assert "只按前" not in visit(f"/search/?q={many.rsplit(' ', 1)[0]}").html
    long = "党建 " + " " * MAX_QUERY_CHARS + "不存在"
    assert found(client, long) == [article]
    assert split_query("党建 党建 党建") == ["党建"]


def test_characters_that_become_many_under_normalising_are_bounded(client, article):
    for query in ("ﷺ" * 100, "ﷺ " * 50, "㌀" * 100, "“" + "ﷺ" * 98 + "”"):
        assert client.get("/search/", {"q": query}).status_code == 200
        assert client.get("/search/", {"author": query[:50], "number": query[:50]}).status_code == 200


def test_page_numbers_end_with_the_results(client, newsroom, monkeypatch):
    monkeypatch.setattr(results, "MAX_CANDIDATES", 20)
    for _ in range(22):
        newsroom.published()
    answer = client.get("/search/", {"q": "示例", "sort": "date"})
    assert answer.context["page"].paginator.num_pages == 1 and answer.context["results"].are_more
    assert [client.get("/search/", {"q": "示例", "page": page}).status_code for page in ("2", "3", "9" * 30)] == [
        200,  # those whose title matches are ranked besides
        404,
        404,
    ]


# Queries.


MOST_QUERIES = {
    "q=示例": 12,
    "q=示例 标题 正文": 13,
    "q=示例&sort=date": 12,
    "author=张三": 12,
    f"q=示例&{FILTERS.replace('child', '{slug}').replace('2014', '{year}')}": 12,
    "q=“示例标题”&page=1": 12,
    "q=没有 这样 的词 一个 都没 有的": 25,
    "q=没有这样的词一个都没有的": 25,
}


def test_the_number_of_queries_is_the_same_for_three_articles_and_thirty(newsroom, client):
    """Scenario 47."""
    now = timezone.now()

    def count(query):
        address = "/search/?" + query.format(slug=newsroom.department.slug, year=timezone.localdate().year)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    def publish(many):
        for _ in range(many):
            newsroom.published(
                author="张三", document_number="皖直〔2013〕5号", columns=[newsroom.elsewhere], dated=now
            )

    publish(3)
    before = {query: count(query) for query in MOST_QUERIES}
    publish(27)
    assert {query: count(query) for query in MOST_QUERIES} == before
    overhead = 0 if connection.vendor == "sqlite" else 6  # of the bound: savepoint, timeout, and back
    assert {query: taken for query, taken in before.items() if taken > MOST_QUERIES[query] + overhead} == {}


# Nothing found.


def suggested(query):
    """What is offered: words of each offer, each of which finds something."""
    offers = visit(f"/search/?q={query}").all("ul", class_="pills")
    links = offers[0].links() if offers else []
    assert all(visit(f"/search/{address}").titles for address, _words in links)
    return [words for _address, words in links]


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("党建 不存在", ["党建"]),
        ("党建 不存在 会议", ["党建 会议"]),
        ("“召开 党建” 不存在", []),
        ("“请各支部。书记” “党建会议” 不存在", ["党建会议"]),
        ("党建会议室", ["党建会议"]),
        ("开党建会", ["党建会"]),
        ("支部党建会议", ["支部 党建会议", "党建会议", "支部"]),
        ("支部书记。党建", ["支部书记 党建"]),
        ("不存在。党建会议", ["党建会议"]),
        ("黨建會議室", ["党建会议"]),
        ("不存在", []),
        ("无", []),
    ],
)
def test_when_nothing_is_found_words_are_offered_that_find_something(article, query, offered):
    if query == "开党建会":  # stands in the title
        query = "不党建会"
    assert suggested(query) == offered


def test_words_that_stand_nowhere_are_named(article):
    page = visit("/search/?q=党建 不存在 无此词")
    assert [missing.words for missing in page.all("s")] == ["不存在", "无此词"]


def test_when_the_filters_leave_nothing_it_is_offered_to_take_them_away(article):
    page = visit("/search/?q=党建&author=王五&sort=date")
    [address] = [address for address, words in page.links() if words == "取消筛选后再搜索"]
    assert "author" not in address and "sort=date" in address
    assert visit(f"/search/{address}").titles == ["关于召开党建会议的通知"]


def test_what_no_longer_stands_there_is_not_offered(article, newsroom):
    gone = newsroom.published(title="独一无二").article
    assert suggested("独一无二的") == ["独一无二"]
    services.withdraw(gone, by=newsroom.publisher, reason="有误", notice="")
    assert suggested("独一无二的") == []


def test_the_most_read_are_offered_when_nothing_is_found(newsroom):
    today = timezone.localdate()
    published = [newsroom.published(title=f"第{number}篇") for number in range(7)]
    for number, one in enumerate(published):
        counting.add_reads(one.article, today, number + 1)
    counting.add_reads(published[0].article, today - timedelta(days=40), 1000)
    services.withdraw(published[6].article, by=newsroom.publisher, reason="有误", notice="")
    tamper("UPDATE articles_publication SET title = '博彩' WHERE id = %s", [published[5].pk])
    page = visit("/search/?q=不存在")
    offered = [words for _address, words in page.one("section", class_="search-most-read").links()]
    assert offered == ["第4篇", "第3篇", "第2篇", "第1篇"]
    assert not visit("/search/?q=第1篇").all("section", class_="search-most-read")


def test_an_empty_site_answers_too(newsroom):
    for query in ("", "q=", "q=党建", "q=党建 会议", "author=张三", "q=党建&department=nowhere&since=x"):
        page = visit(f"/search/?{query}")
        assert page.status == 200 and page.titles == []
