"""Public URLs answer any parameters and any stored dates."""

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from articles import drafts, publishing
from articles.listings import counts
from tests.factories import Newsroom

pytestmark = pytest.mark.both_databases("unusual dates and characters are stored and compared by each database")

DATES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(999, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2020, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 15, 59, tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
]
PARAMETERS = [
    *["year", "page", "q", "sort", "department", "since", "until", "from", "author", "number", "p"],
    *["about", "receipt", "to"],
]


def published(newsroom: Newsroom, dated: datetime) -> None:
    """A publication that has a date which no form takes any more."""
    article = newsroom.draft(title=f"日期{dated.year}", dated=dated)
    draft, now = article.active_draft(), timezone.now()
    drafts.freeze(draft, now)
    publishing.create_publication(draft, at=now, now=now, sign_offs=[])


@pytest.fixture
def odd_rows(newsroom, site):
    for dated in DATES:
        published(newsroom, dated)
    newsroom.published(title="置顶", dated=None)
    counts.recount(newsroom.department.pk)
    return newsroom


def paths(newsroom: Newsroom) -> list[str]:
    slug = newsroom.department.slug
    articles = list(newsroom.department.articles.values_list("pk", flat=True))
    pages = ["", "search/", f"{slug}/", "feedback/", "leave/", *[f"{slug}/{pk}/" for pk in articles]]
    proofs = [f"{slug}/{pk}/{name}" for pk in articles for name in ("proof/", "proof.json", "proof.svg", "code.svg")]
    others = ["feed/", f"{slug}/feed/", "sitemap.xml", "sitemap-articles.xml", "sitemap-departments.xml"]
    return ["/" + path for path in (*pages, *[f"en/{page}" for page in pages], *proofs, *others)]


def test_every_page_survives_the_rows(odd_rows, client):
    client.raise_request_exception = False
    answers = {path: client.get(path).status_code for path in paths(odd_rows)}
    assert {path: status for path, status in answers.items() if status not in (200, 302, 400, 404)} == {}


def test_a_listing_shows_every_row_and_offers_the_years_that_can_be(odd_rows, client):
    page = client.get(f"/{odd_rows.department.slug}/").content.decode()
    assert all(f"日期{dated.year}</a>" in page for dated in DATES)
    assert 'value="2020"' in page and 'value="9999"' not in page
    assert client.get(f"/{odd_rows.department.slug}/?year=9999").status_code == 200


values = st.one_of(
    st.sampled_from(
        ["0", "1", "-1", "9999", "10000", "1899", "2020", "last", "date", "9" * 30, "9" * 5000, "٢٠١٤", "\x00"]
    ),
    st.sampled_from(["0001-01-01", "9999-12-31", "1949-05-01", "2014-02-30", "2014-1-1", "1e9", "NaN", "", "日期"]),
    st.integers(-(10**20), 10**20).map(str),
    st.dates().map(str),
    st.text(max_size=20),
    st.binary(max_size=6),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_parameter_of_a_public_address_gives_500(odd_rows, data):
    chosen = data.draw(st.sampled_from([*paths(odd_rows), "/preview/x/", "/reads/1/", "/sitemap-x.xml"]))
    parameters = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), values, max_size=4))
    answer = Client(raise_request_exception=False).get(f"{chosen}?{urlencode(parameters)}")
    assert answer.status_code < 500, f"{chosen}?{urlencode(parameters)}"


def test_nor_do_the_usual_suspects(odd_rows, client):
    client.raise_request_exception = False
    pages = {
        "/search/?q=日期&": ["year", "page", "since", "until", "author", "number"],
        f"/{odd_rows.department.slug}/?": ["year", "page", "q"],
        "/sitemap-articles.xml?": ["p"],
        "/feedback/?": ["about", "receipt"],
    }
    for page, names in pages.items():
        for name in names:
            for value in ("9999", "0001-01-01", "9999-12-31", "\x00", "9" * 5000, b"\xff"):
                assert client.get(page + urlencode({name: value})).status_code < 500, (page, name, value)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30).map(quote), st.text(max_size=10).map(quote))
@example("%00", "%00")
@example("9" * 18, "9" * 30)
def test_no_path_gives_500(odd_rows, one, two):
    client, slug = Client(raise_request_exception=False), odd_rows.department.slug
    for path in (
        f"/{one}/",
        f"/{slug}/{one}/",
        f"/{one}/{two}/",
        f"/preview/{one}/",
        f"/feedback/{one}/",
        f"/files/{one}",
    ):
        assert client.get(path).status_code < 500, path


HEADERS = [
    *["User-Agent", "Accept", "Accept-Language", "Referer", "Origin", "Cookie", "X-Forwarded-For", "Sec-Fetch-Site"],
    *["Sec-Purpose", "If-None-Match", "If-Modified-Since", "Range", "Content-Type", "Content-Length", "Host"],
]
header_values = st.one_of(
    st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")),  # as a server hands bytes on (PEP 3333)
    st.sampled_from(["", "\0", "x" * 5000, "http://[", "http://a b", "unknown", "[", "-1", "9" * 30, "same-origin"]),
    st.sampled_from(['"', "W/", "bytes=-", "sessionid=\0", "csrftoken=é", "=;=", "en;q=x", "multipart/form-data"]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.dictionaries(st.sampled_from(HEADERS), header_values, max_size=4))
@example(None, {"Origin": "http://["})
@example(None, {"Referer": "http://["})
@example(None, {"Content-Length": "abc"})
def test_no_header_gives_500(odd_rows, data, headers):
    article = odd_rows.department.articles.first().pk
    client = Client(raise_request_exception=False)
    for path, fields in [(f"/reads/{article}/", {}), ("/feedback/", {"text": "…", "about": "\0"})]:
        assert client.post(path, fields, headers=headers).status_code < 500, (path, headers)
    chosen = data.draw(st.sampled_from(paths(odd_rows))) if data else f"/{odd_rows.department.slug}/"
    assert client.get(chosen, headers=headers).status_code < 500, (chosen, headers)
