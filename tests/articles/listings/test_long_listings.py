"""Pages of long listings: constant cost, right rows."""

import re

import pytest
from django.core.management import call_command
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.listings import counts, pages, queries
from articles.listings.pagination import KeyRange
from articles.listings.related import related_publications
from articles.models import ListingSegment, Placement
from tests.articles.listings.segments import copies

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases("listings and reads use SQL of their own")]

MANY = 3_000
VERY_MANY = 20_000  # enough for PostgreSQL to mind how it reads them
LAST = -(-(MANY + 1) // queries.PAGE_SIZE)


@pytest.fixture
def long(newsroom):
    """A department's first publication; it has MANY more."""
    first = newsroom.published(keywords="党建")
    copies(first, MANY)
    counts.recount(newsroom.department.pk)
    return first


@pytest.fixture
def here(newsroom):
    return newsroom.department


def keys(page):
    return [row.key for row in page]


def by_offset(department):
    rows = Placement.objects.live().filter(department=department).newest_first()
    return [row.key for row in rows.select_related(None).only("dated", "article_id")]


@pytest.mark.usefixtures("long")
def test_the_pages_hold_every_row_once_and_in_order(here):
    expected = by_offset(here)
    assert len(expected) == MANY + 1
    for number in [1, 2, 24, 25, 26, 27, 50, 51, 52, LAST // 2, LAST - 1, LAST]:
        page = pages.get_listing_page(here, str(number))
        start = (number - 1) * queries.PAGE_SIZE
        assert keys(page) == expected[start : start + queries.PAGE_SIZE], number
        assert (page.paginator.count, page.paginator.num_pages) == (MANY + 1, LAST)
    for number in (LAST + 1, 10**8, 10**30, 0, -1):
        with pytest.raises(EmptyPage):
            pages.get_listing_page(here, str(number))
    with pytest.raises(PageNotAnInteger):
        pages.get_listing_page(here, "1.5")


@pytest.mark.usefixtures("long")
def test_a_stretch_of_the_listing_is_counted_and_paged_by_itself(here):
    expected = by_offset(here)
    for first, past in [(0, 1), (3, 3), (10, 40), (0, 700), (480, 520), (1, 2999), (990, 2100), (2990, 3001)]:
        stretch = KeyRange(
            expected[min(past, len(expected)) - 1] if past > first else expected[first], expected[first - 1]
        )
        if first == 0:
            stretch = KeyRange(stretch.since, expected[0]._replace(article=expected[0].article + 1))
        wanted = [key for key in expected if stretch.since <= key < stretch.until]
        count = -(-len(wanted) // queries.PAGE_SIZE) or 1
        found = [pages.get_listing_page(here, str(number), stretch) for number in range(1, count + 1)]
        assert [key for page in found for key in keys(page)] == wanted, (first, past)
        assert found[0].paginator.count == len(wanted)


def test_a_deep_page_takes_as_many_queries_as_the_first(newsroom, long):
    """Scenario 47."""
    client, address = Client(), f"/{newsroom.department.slug}/"
    client.get(address)
    for query in ("", f"?page={LAST // 2}", f"?page={LAST}", f"?year={long.dated.year}"):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address + query).status_code == 200
        about_it = [one["sql"] for one in captured if "articles_placement" in one["sql"]]
        # the department with its dates; where the page begins; its rows
        assert len(about_it) == 3, about_it
        assert not any(re.search(r"OFFSET [0-9]{4}", sql) for sql in about_it)


@pytest.mark.usefixtures("long")
def test_a_title_that_very_many_have_is_looked_for_among_the_newest(here, monkeypatch):
    monkeypatch.setattr(pages, "MAX_MATCHES", 45)
    page = pages.get_matches_page(queries.in_department(here), "3")
    assert keys(page) == by_offset(here)[40:45]
    assert page.paginator.count == 45 and page.paginator.are_more
    with pytest.raises(EmptyPage):
        pages.get_matches_page(queries.in_department(here), "4")


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize("wrong", [0, 1, 10**6])
def test_a_number_that_is_wrong_breaks_no_page(here, wrong):
    segment = ListingSegment.objects.order_by("-since_dated")[1]
    ListingSegment.objects.filter(pk=segment.pk).update(placement_count=wrong)
    right = set(by_offset(here))
    for number in (1, 20, 60, 100):
        try:
            assert set(keys(pages.get_listing_page(here, str(number)))) <= right
        except EmptyPage:
            assert wrong < counts.TARGET_SEGMENT_PLACEMENTS
    counts.recount(here.pk)
    assert keys(pages.get_listing_page(here, "60")) == by_offset(here)[1180:1200]


# What PostgreSQL does with the statements.


def plans(act):
    """What the database would do for each statement of the act that reads placements."""
    with CaptureQueriesContext(connection) as captured:
        act()
    found = [one["sql"] for one in captured if "articles_placement" in one["sql"]]
    with connection.cursor() as cursor:
        for sql in found:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {sql}")
            yield "\n".join(line for (line,) in cursor.fetchall())


def rows_read(plan):
    """The most rows that any part of it went through, those that it threw away too."""
    parts = re.findall(r"actual rows=(\d+) loops=(\d+)", plan)
    thrown = re.findall(r"Rows Removed by \w+: (\d+)", plan)
    return max(*(int(rows) * int(loops) for rows, loops in parts), *map(int, thrown), 0)


@pytest.mark.usefixtures("long")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="plans are PostgreSQL's")
@pytest.mark.slow
def test_no_page_reads_the_table(newsroom, here):
    copies(newsroom.published(), VERY_MANY)
    call_command("recount", verbosity=0)
    middle = Placement.objects.newest_first().select_related("publication__revision", "publication__department")
    publication = middle[MANY // 2].publication
    publication.department = here
    deep = str((MANY + VERY_MANY) // 2 // queries.PAGE_SIZE)
    stretch = KeyRange(middle[VERY_MANY - 900].key, middle[900].key)
    acts = {
        "first page": lambda: pages.get_listing_page(here, "1"),
        "deep page": lambda: pages.get_listing_page(here, deep),
        "stretch": lambda: pages.get_listing_page(here, "40", stretch),
        "dates": lambda: queries.years(here),
        "neighbours": lambda: queries.neighbours(publication),
        "related": lambda: related_publications(publication),
        "newest": lambda: list(queries.newest_in_department(here, queries.PAGE_SIZE)),
    }
    for name, act in acts.items():
        for plan in plans(act):
            assert "Seq Scan on articles_placement" not in plan, (name, plan)
            assert "Seq Scan on articles_publication" not in plan, (name, plan)
            assert rows_read(plan) <= 2 * counts.MAX_SEGMENT_PLACEMENTS, (name, plan)
