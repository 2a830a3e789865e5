"""Search filters with valid and invalid values."""

from datetime import datetime

import pytest
from django.utils import timezone

from tests.factories import department
from tests.ledger.attacker import tamper
from tests.portal.visitor import visit

pytestmark = pytest.mark.both_databases("the search index and its SQL differ")


def on(day):
    return timezone.make_aware(datetime.fromisoformat(day))


@pytest.fixture
def shelf(newsroom):
    """Three articles of different days, authors, numbers and departments; all of them say 党建."""
    newsroom.published(
        title="党建甲", dated=on("2013-12-31T23:59:59"), author="张三", document_number="皖直〔2013〕5号"
    )
    newsroom.published(
        title="党建乙",
        dated=on("2014-01-01T00:00:00"),
        author="李四、张三丰",
        document_number="皖直〔2014〕15号",
        columns=[newsroom.elsewhere],
    )
    child = department("二级栏目", newsroom.admin, parent=newsroom.department, slug="child")
    home, newsroom.department = newsroom.department, child
    newsroom.published(
        title="党建丙", dated=on("2014-06-01T12:00:00"), source="张三", body="<p>皖直〔2013〕5号，张三</p>"
    )
    newsroom.department = home
    return newsroom


def titles(query):
    """Titles without their 党建, newest first, whether or not there are words besides the filters."""
    found = ["".join(title).replace("党建", "") for title in visit(f"/search/?{query}").titles]
    with_words = [title.replace("党建", "") for title in visit(f"/search/?q=党建&sort=date&{query}").titles]
    assert with_words == found
    return "".join(found)


def test_nothing_asked_is_nothing_found(shelf):
    assert visit("/search/").titles == visit("/search/?department=&year=&since=&until=&author=&number=").titles == []


def test_a_department_is_what_its_listing_and_those_of_its_children_show(shelf):
    assert titles(f"department={shelf.department.slug}") == "丙乙甲"
    assert titles("department=child") == "丙"
    assert titles(f"department={shelf.elsewhere.slug}") == "乙"


def test_days_are_those_of_the_site_and_both_ends_belong_to_it(shelf):
    assert titles("since=2014-01-01") == "丙乙"
    assert titles("until=2013-12-31") == "甲"
    assert titles("since=2013-12-31&until=2014-01-01") == "乙甲"
    assert titles("since=2014-06-01&until=2014-06-01") == "丙"
    assert titles("since=2014-06-02&until=2014-07-01") == ""


def test_a_year_is_one_of_those_in_which_something_was_published_the_newest_first(shelf):
    assert titles("year=2014") == "丙乙"
    assert titles("year=2013") == "甲"
    options = [option.words for option in visit("/search/?q=党建").one("select", name="year").all("option")]
    assert options[1:] == ["2014", "2013"]


def test_an_author_is_looked_for_among_authors_only(shelf):
    assert titles("author=张三") == "乙甲"
    assert titles("author=李四") == "乙"
    assert titles("author=張三丰") == "乙"
    assert titles("author=王五") == ""


@pytest.mark.parametrize("number", ["皖直〔2013〕5号", "〔2013〕5号", "[2013]５号", "2013 5号"])
def test_a_document_number_is_looked_for_among_document_numbers_only(shelf, number):
    assert titles(f"number={number}") == "甲"
    assert titles("number=5号") == "乙甲"


def test_filters_narrow_together(shelf):
    assert titles("author=张三&since=2014-01-01") == "乙"
    assert titles(f"department={shelf.department.slug}&year=2014&number=15号") == "乙"
    assert titles("author=张三&number=5号&until=2013-12-31&year=2014") == ""


def test_the_count_is_that_of_what_is_found(shelf):
    for query, count in (
        ("q=党建&author=张三", 2),
        ("author=张三", 2),
        ("q=党建", 3),
        ("number=〔2013〕5号&q=党建", 1),
    ):
        assert f"{count} 篇" in visit(f"/search/?{query}").one("p", class_="results-count").words


def test_more_than_are_ranked_is_said_and_narrowing_finds_the_old_ones_all_the_same(shelf, monkeypatch):
    monkeypatch.setattr("articles.search.results.MAX_CANDIDATES", 2)
    assert "超过 2 篇" in visit("/search/?q=皖直&sort=date").one("p", class_="results-count").words
    narrowed = visit("/search/?q=党建&author=张三&until=2013-12-31")
    assert narrowed.titles == ["党建甲"] and "1 篇" in narrowed.one("p", class_="results-count").words


def test_an_old_title_is_not_buried_under_new_mentions(newsroom, monkeypatch):
    monkeypatch.setattr("articles.search.results.MAX_CANDIDATES", 2)
    newsroom.published(title="党建", dated=on("2001-01-01T00:00:00"))
    for month in range(1, 6):
        newsroom.published(title="通知", body="<p>党建</p>", dated=on(f"2014-0{month}-01T00:00:00"))
    assert visit("/search/?q=党建").titles[0] == "党建"


# Bad values.

BAD = [
    ("department", "nowhere"),
    ("year", "1999"),
    ("year", "二〇一四"),
    ("since", "x"),
    ("since", "2014-02-30"),
    ("since", "1899-12-31"),
    ("until", "2200-01-01"),
    ("until", "0001-01-01"),
    ("until", "9999-12-31"),
    ("until", "<b>"),
    ("author", "，。"),
    ("author", "张" * 51),
    ("number", "〔〕"),
    ("number", "5" * 500),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_named_beside_its_field_and_nothing_that_was_typed_is_lost(shelf, client, name, value):
    asked = {"q": "党建", "author": "张三", "number": "皖直", "since": "2013-01-01", name: value}
    answer = client.get("/search/", asked)
    assert answer.status_code == 200
    page = visit(f"/search/?{answer.wsgi_request.META['QUERY_STRING']}")
    field = next(found for found in page.all(id=f"id_{name}"))
    assert field.attributes["aria-invalid"] == "true"
    [error] = page.all(id=field.attributes["aria-describedby"])
    assert error.words
    for kept in {"author", "number", "since", "until"} & set(asked):
        shown = page.one("input", name=kept).attributes
        assert shown["value"] == asked[kept]
        # What is no date would vanish in a browser's field for dates.
        assert not (kept == name and shown["type"] == "date" and value in {"x", "2014-02-30", "<b>"})
    assert page.one("input", id="search-input").attributes["value"] == "党建"
    # It narrows nothing; the others do.
    others = {key: text for key, text in asked.items() if key != name}
    assert page.titles == [one.title for one in client.get("/search/", others).context["publications"]]


def test_control_characters_are_as_if_they_were_not_there(shelf):
    assert titles("author=张%00三") == "乙甲"
    assert titles("year=20%0014&department=%00") == "丙乙"


def test_an_end_before_the_beginning_is_named(shelf):
    page = visit("/search/?q=党建&since=2014-06-01&until=2014-01-01")
    field = page.one("input", name="until")
    assert page.one(id=field.attributes["aria-describedby"]).words == "截止日期早于起始日期。"
    assert field.attributes["value"] == "2014-01-01" and page.titles == ["党建丙"]


def test_fields_without_a_fault_say_none(shelf):
    page = visit("/search/?q=党建&author=张三")
    assert page.all("ul", class_="errorlist") == []
    assert not any("aria-invalid" in field.attributes for field in page.all("input") + page.all("select"))
    assert [
        field.attributes["type"] for field in page.all("input") if field.attributes["name"] in {"since", "until"}
    ] == [
        "date",
        "date",
    ]


def test_every_field_has_a_label(shelf):
    page = visit("/search/?q=党建")
    labels = {label.attributes["for"] for label in page.all("label")}
    fields = {field.attributes["id"] for field in page.all("input") + page.all("select") if "id" in field.attributes}
    assert len(fields) == 7 and fields <= labels


def test_a_department_whose_seal_does_not_hold_is_none_to_choose(shelf):
    tamper("UPDATE departments_department SET name = '博彩' WHERE id = %s", [shelf.elsewhere.pk])
    assert "博彩" not in visit("/search/?q=党建").html


def test_the_years_to_choose_are_bounded(newsroom):
    newsroom.published(dated=on("1912-01-01T00:00:00"))
    newsroom.published(dated=on("2014-01-01T00:00:00"))
    options = [option.words for option in visit("/search/?q=示例").one("select", name="year").all("option")]
    assert options[1] == "2014" and len(options) < 100
