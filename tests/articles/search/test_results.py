"""Search results: order, snippets, and what never appears."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from articles.models import Placement, Publication, Revision
from articles.search import index
from tests.articles.search.test_search import found
from tests.factories import expired
from tests.ledger.attacker import copied, run, tamper
from tests.ledger.auditor import named, verify
from tests.portal.visitor import visit
from workflow import services

pytestmark = pytest.mark.both_databases("the search index and its SQL differ")

DAY = timedelta(days=1)


def extracts(query):
    """Markup of the extracts on the page, in order."""
    listing = visit(f"/search/?q={query}").html.partition('<ul class="listing">')[2].partition("</ul>")[0]
    return re.findall(r"<p>(.*?)</p>", listing, re.DOTALL)


def marked(markup):
    return re.findall(r"<mark>(.*?)</mark>", markup)


# Quotation marks.


@pytest.fixture
def apart(newsroom):
    """(number of an article that says both words together, number of one that says them apart)"""
    together = newsroom.published(title="甲", body="<p>召开 党建工作，会议纪要。</p>").article_id
    return together, newsroom.published(title="乙", body="<p>会议谈到党建。纪要在召开之后。</p>").article_id


@pytest.mark.parametrize("quoted", ['"{}"', "“{}”", "「{}」", "『{}』", "＂{}＂"])
def test_what_stands_in_quotation_marks_is_looked_for_as_a_whole(client, apart, quoted):
    together, alone = apart
    assert found(client, quoted.format("召开 党建工作")) == [together]
    assert found(client, quoted.format("党建 会议")) == []
    assert set(found(client, "召开 党建 会议 纪要")) == {together, alone}
    assert found(client, f"{quoted.format('召开 党建')} 会议") == [together]


@pytest.mark.parametrize(
    "query", ["“召开 党建", "召开 党建”", '召开 " 党建', "「召开 党建", "召开“”党建", "”召开“ 党建"]
)
def test_a_quotation_mark_without_its_partner_separates_like_a_space(client, apart, query):
    assert set(found(client, query)) == set(apart)


# Forms of characters.


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("党员学习", "黨員學習"),
        ("黨員學習", "党员学习"),
        ("台湾与臺灣", "臺灣與台灣"),
        ("ＡＢＣ１２３", "abc123"),
        ("abc123", "ＡＢＣ１２３"),
        ("２０１４年", "2014年"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("㎡的数", "m2的数"),
        ("cafe\u0301之约", "CAFÉ之约"),
    ],
)
def test_forms_of_the_same_characters_meet_and_are_marked_as_they_are_written(client, newsroom, written, typed):
    pk = newsroom.published(title="通知", body=f"<p>前文，{written}，后文。</p>").article_id
    assert found(client, typed) == [pk]
    assert marked(extracts(typed)[0]) == [written]


# Order.


def test_a_title_goes_before_closeness_and_closeness_before_freshness(client, newsroom):
    now, far = timezone.now(), "无关的字句，" * 60
    pages = {
        "whole title": {"title": "党建会议", "body": "<p>空</p>"},
        "both in the title": {"title": "会议谈党建的通知", "body": "<p>空</p>"},
        "one in the title": {"title": "会议通知", "body": "<p>党建</p>"},
        "close": {"title": "通知", "body": f"<p>{far}党建的会议{far}</p>"},
        "far apart": {"title": "通知", "body": f"<p>党建{far}会议</p>"},
        "far apart and newer": {"title": "通知", "body": f"<p>党建{far}会议</p>"},
    }
    numbers = {}
    for age, (name, content) in enumerate(pages.items()):
        days = 100 - age  # what should stand first is the oldest
        numbers[name] = newsroom.published(dated=now - days * DAY, **content).article_id
    best = [*list(pages)[:4], "far apart and newer", "far apart"]
    assert found(client, "党建 会议") == [numbers[name] for name in best]
    assert found(client, "党建 会议", sort="date") == [numbers[name] for name in reversed(pages)]


def test_among_equals_the_newer_stands_first(client, newsroom):
    now = timezone.now()
    numbers = [newsroom.published(dated=now - days * DAY).article_id for days in (3, 1, 2)]
    assert found(client, "示例") == [numbers[1], numbers[2], numbers[0]]


def test_an_order_that_there_is_not_is_that_of_relevance_and_links_keep_the_rest(client, newsroom):
    pk = newsroom.published().article_id
    assert found(client, "示例", sort="'; --") == [pk]
    page = visit("/search/?q=示例&author=&sort=date")
    assert page.one("input", name="sort").attributes["value"] == "date"
    orders = page.one("div", class_="results-header").one("nav").links()
    assert [("author=" in link, "sort=date" in link) for link, _words in orders] == [(True, False), (True, True)]


# Extracts.


def test_an_extract_shows_where_the_words_stand_together_and_marks_them(newsroom):
    far = "别的字句。" * 100
    newsroom.published(body=f"<p>党建{far}要求如下：党建的会议按时开。{far}</p>")
    [extract] = extracts("党建 会议")
    assert "要求如下：<mark>党建</mark>的<mark>会议</mark>按时开。" in extract
    assert extract.startswith("…") and extract.endswith("…") and len(extract) < 200


@pytest.mark.parametrize("shift", range(1, 141, 7))
def test_a_marked_word_is_never_cut(newsroom, shift):
    word = "一二三四五六七八九十"
    newsroom.published(body=f"<p>{'前' * 50}起点{'间' * shift}{word}{'后' * 200}</p>")
    [extract] = extracts(f"起点 {word}")
    assert set(marked(extract)) <= {"起点", word}
    words = re.sub(r"<.*?>|…", "", extract)
    assert word in words or not any(words.endswith(word[:part]) for part in range(1, 10))


def test_a_word_before_the_window_is_whole_or_not_there(newsroom):
    newsroom.published(body=f"<p>{'零' * 40}一二三四五六七八九十{'间' * 20}甲乙丙丁{'后' * 85}戊己{'零' * 99}</p>")
    [extract] = extracts("一二三四五六七八九十 甲乙 丙丁 戊己")
    assert set(marked(extract)) <= {"一二三四五六七八九十", "甲乙丙丁", "甲乙", "丙丁", "戊己"}


def test_words_that_run_into_each_other_make_no_endless_extract(newsroom):
    newsroom.published(body=f"<p>{'哈' * 3000}</p>")
    [extract] = extracts("哈哈哈 哈哈 哈")
    assert len(re.sub(r"<.*?>", "", extract)) < 400


def test_nothing_but_the_marks_is_markup(newsroom):
    hostile = "<script>alert(1)</script>&amp;党建<b>"
    newsroom.published(title=f"党建{hostile}", body="<p>&lt;img src=x&gt;党建&amp;lt;&lt;/p&gt;</p>", summary=hostile)
    for query in ("党建", "党建 script", "党建 amp", "script alert(1)", "党建 mark", "img src=x"):
        html = visit(f"/search/?q={query}").html
        assert "<script>alert" not in html and "<img src=x" not in html and "党建<b>" not in html, query
    [extract] = extracts("党建")
    assert extract == "&lt;img src=x&gt;<mark>党建</mark>&amp;lt;&lt;/p&gt;"
    page = visit('/search/?q=“><script>alert(2)</script>&author=“><script>alert(3)</script>&since="><script>alert(4)')
    assert not re.search(r"<script>alert", page.html)


def test_what_was_typed_stands_in_the_field_again(newsroom):
    typed = "“党建 会议” & <b> 'x'"
    page = visit("/search/?q=%E2%80%9C党建 会议%E2%80%9D %26 <b> 'x'%00")
    assert page.one("input", id="search-input").attributes["value"] == typed


# What is never found.


def test_drafts_withdrawn_expired_and_what_is_yet_to_come_are_never_found(client, newsroom):
    word = {"title": "独一无二", "body": "<p>独一无二</p>", "author": "独一无二", "document_number": "独一无二"}
    newsroom.draft(**word)
    newsroom.reviewed(**word)
    newsroom.published(at=timezone.now() + DAY, **word)
    expired(newsroom.published(**word))
    gone = newsroom.published(**word).article
    services.withdraw(gone, by=newsroom.publisher, reason="有误", notice="")
    for query in ("q=独一无二", "q=独", "author=独一无二", "number=独一无二", "q=独一无二&sort=date"):
        page = visit(f"/search/?{query}")
        assert page.titles == [] and page.all("div", class_="no-results"), query  # nor counted
    live = newsroom.published(**word)
    assert found(client, "独一无二") == [live.article_id]
    assert visit("/search/?author=独一无二").titles == ["独一无二"]


def test_a_row_whose_seal_does_not_hold_is_left_out(client, newsroom):
    kept, changed = newsroom.published().article_id, newsroom.published()
    tamper("UPDATE articles_publication SET title = '示例博彩' WHERE id = %s", [changed.pk])
    assert found(client, "示例") == [kept]
    assert "博彩" not in visit("/search/?q=示例").html


def test_a_text_that_is_not_what_was_sealed_is_not_listed(newsroom):
    """Scenario 56."""
    changed, kept = newsroom.published(summary="签发的摘要"), newsroom.published(title="示例的另一篇")
    tamper(
        "UPDATE articles_revision SET body = '<p>示例博彩</p>', document_number = '博彩' WHERE id = %s",
        [changed.revision_id],
    )
    page = visit("/search/?q=示例")
    assert "博彩" not in page.html and page.titles == [kept.title]


def words_put_into_the_index(publication, word: str) -> None:
    """The index has the publication under other words, as somebody who writes to the database could have it."""
    revision = Revision.objects.get(pk=publication.revision_id)
    for field in ("body", "author", "document_number"):
        setattr(revision, field, word)
    forged = Publication.objects.get(pk=publication.pk)
    forged.revision, forged.title = revision, word
    index.reindex_publications([forged])


def test_an_article_is_not_listed_under_words_that_do_not_stand_in_its_sealed_text(newsroom):
    """Scenario 56."""
    publication = newsroom.published(title="廉政谈话")
    words_put_into_the_index(publication, "博彩开户")
    for query in ("q=博彩", "author=博彩", "number=博彩", "q=廉政 博彩"):
        assert visit(f"/search/?{query}").titles == [], query
    assert visit(f"{publication.department.get_absolute_url()}?q=博彩").titles == []
    [line] = named(f"publication {publication.pk}")
    assert "the index of the search does not hold its words" in line
    call_command("reindex", stdout=StringIO())
    assert verify() == []


def test_an_article_is_not_listed_in_a_department_where_its_seal_does_not_put_it(newsroom):
    """Scenario 56."""
    publication = newsroom.published(title="廉政谈话")
    other = newsroom.elsewhere
    moved = Publication.objects.select_related("revision").get(pk=publication.pk)
    moved.columns = [other.pk]
    index.reindex_publications([moved])
    run(*copied(Placement, publication.placements.get().pk, department_id=other.pk))
    assert visit(f"/search/?q=廉政&department={other.slug}").titles == []
    assert visit(f"/search/?q=廉政&department={newsroom.department.slug}").titles == ["廉政谈话"]


def test_the_years_to_choose_from_are_sealed_dates(newsroom):
    """Scenario 56."""
    kept, changed = newsroom.published(), newsroom.published()
    place = newsroom.department.get_absolute_url()
    for table, key in (("articles_publication", "id"), ("articles_placement", "publication_id")):
        tamper(f"UPDATE {table} SET dated = %s WHERE {key} = %s", [datetime(2099, 1, 2, tzinfo=UTC), changed.pk])
    for address in ("/search/", place):
        years = [option.attributes["value"] for option in visit(address).one("select", name="year").all("option")]
        assert years == ["", str(kept.dated.year)], address


def test_a_mere_link_leads_where_it_leads(newsroom):
    newsroom.published(title="党建链接", body="", address="https://www.gov.cn/")
    assert "<mark>党建</mark>链接" in visit("/search/?q=党建").html
    assert Publication.objects.live().count() == 1
