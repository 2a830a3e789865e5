"""Listings filtered by year and by words of the title."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from articles.caching import memo, versions
from tests.portal.visitor import visit
from workflow import services

pytestmark = pytest.mark.both_databases("listings and reads use SQL of their own")


def on(day):
    return timezone.make_aware(datetime.fromisoformat(day))


@pytest.fixture
def titles(newsroom):
    """Opens the department's listing with a query and reads its titles."""
    newsroom.published(title="2013年工作要点", dated=on("2013-12-31T23:59:59"))
    newsroom.published(title="2014年工作要点", dated=on("2014-01-01T00:00:00"))
    newsroom.published(title="关于开展培训的通知", dated=on("2014-06-01T09:00:00"))
    return lambda query: visit(f"/{newsroom.department.slug}/{query}").titles


def test_a_year_shows_what_is_dated_in_it_by_the_clock_of_the_site(titles):
    assert titles("?year=2014") == ["关于开展培训的通知", "2014年工作要点"]
    assert titles("?year=2013") == ["2013年工作要点"]


def test_every_word_must_stand_in_the_title(titles):
    assert titles("?q=工作要点") == ["2014年工作要点", "2013年工作要点"]
    assert titles("?q=工作 2014") == ["2014年工作要点"]
    assert titles("?year=2013&q=通知") == []
    assert titles("?q=%25") == titles("")  # no word at all
    assert titles("?q=工作%00要点") == ["2014年工作要点", "2013年工作要点"]


def test_the_years_to_choose_are_those_of_the_listing(newsroom, titles):
    form = visit(f"/{newsroom.department.slug}/?year=2013").one("form", class_="listing-filter")
    assert [option.words for option in form.all("option")][1:] == ["2014", "2013"]
    assert [option.words for option in form.all("option") if "selected" in option.attributes] == ["2013"]
    assert not visit(f"/{newsroom.elsewhere.slug}/").all("form", class_="listing-filter")


@pytest.mark.parametrize("year", ["0", "2012", "x", "20140", "-2014", "2014.0", "٢٠١٤", "%00"])
def test_a_year_that_is_none_narrows_nothing_and_the_form_says_so(newsroom, titles, year):
    page = visit(f"/{newsroom.department.slug}/?year={year}")
    assert page.status == 200 and page.titles == titles("")
    form = page.one("form", class_="listing-filter")
    assert "年份" in form.words if year == "%00" else form.one("ul", class_="errorlist").words
    assert [f.attributes.get("aria-invalid") for f in form.all("select")] == ([None] if year == "%00" else ["true"])


def test_too_many_words_narrow_nothing_and_stay_in_the_form(newsroom, titles):
    page = visit(f"/{newsroom.department.slug}/?q={'通知' * 60}")
    assert page.titles == titles("")
    assert page.one("form", class_="listing-filter").one("input").attributes["value"] == "通知" * 60
    assert page.one("form", class_="listing-filter").one("ul", class_="errorlist").words


def test_words_are_found_in_either_script_and_width(titles):
    assert titles("?q=關於開展") == ["关于开展培训的通知"]
    assert titles("?q=２０１４年") == ["2014年工作要点"]
    assert titles('?q="工作要点" 2013') == ["2013年工作要点"]


def test_pages_keep_what_the_listing_is_narrowed_to(newsroom):
    for number in range(21):
        newsroom.published(title=f"第{number}号通知", dated=on("2014-06-01T09:00:00"))
    page = visit(f"/{newsroom.department.slug}/?year=2014&q=通知")
    address = page.one("nav", class_="pagination").links()[-1][0]
    assert len(visit(f"/{newsroom.department.slug}/{address}").titles) == 1
    assert page.one("meta", name="robots").attributes["content"] == "noindex, follow"
    assert not visit(f"/{newsroom.department.slug}/").all("meta", name="robots")


def test_what_is_pinned_is_found_in_its_place_and_hidden_by_other_words(newsroom, titles):
    pinned = newsroom.published(title="置顶的通知", dated=on("2013-01-01T09:00:00"))
    services.pin(pinned.article, by=newsroom.publisher, until=timezone.now() + timedelta(days=1))
    assert titles("")[0].endswith("置顶的通知")
    assert titles("?q=通知") == ["关于开展培训的通知", "置顶的通知"]
    assert titles("?q=要点") == ["2014年工作要点", "2013年工作要点"]


@pytest.mark.django_db(transaction=True)  # within one nothing lasts
@pytest.mark.parametrize("typed", ["q=%20%20", "q=somebody", "year=1800", "author=%20%20", "since=nonsense"])
def test_what_one_visitor_has_typed_stands_in_no_form_of_another(newsroom, typed):
    newsroom.published()
    for address in (f"/{newsroom.department.slug}/", "/search/"):
        versions.expire_versions()
        memo._entries.clear()
        visit(f"{address}?{typed}")
        fields = [*visit(address).all("input"), *visit(address).all("option")]
        assert fields
        assert {field.attributes.get("value", "") for field in fields if "selected" in field.attributes} <= {""}
        assert {field.attributes.get("value", "") for field in fields if field.tag == "input"} <= {""}, address
