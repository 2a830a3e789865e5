"""Feeds, sitemap and robots.txt."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from articles.public import sitemaps
from departments import services as services_of_departments
from tests.factories import department
from tests.ledger.attacker import run
from tests.portal.visitor import visit
from workflow import services

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
DAY = timedelta(days=1)


def entries(client, address="/feed/"):
    """(title, address) of each entry of a feed."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)  # noqa: S314 (our own; raises when it is not well-formed)
    return [
        (entry.findtext(f"{ATOM}title"), entry.find(f"{ATOM}link").attrib["href"])
        for entry in feed.findall(f"{ATOM}entry")
    ]


def titles(client, address="/feed/"):
    return [title for title, _ in entries(client, address)]


def in_map(client):
    answer = client.get("/sitemap.xml")
    assert answer.status_code == 200
    return [found.text for found in ElementTree.fromstring(answer.content).iter(f"{MAP}loc")]  # noqa: S314


def of(newsroom):
    return f"/{newsroom.department.slug}/feed/"


def test_a_feed_has_the_newest_twenty_in_order(newsroom, client):
    """Scenario 41."""
    now = timezone.now()
    for number in (3, 1, 2, 0, *range(4, 23)):
        newsroom.published(title=f"第{number}篇", dated=now - number * DAY)
    newest = [f"第{number}篇" for number in range(20)]
    assert titles(client) == newest == titles(client, of(newsroom))


def test_equal_dates_stand_in_the_order_of_the_listing(newsroom, client):
    same = timezone.now() - DAY
    for number in range(5):
        newsroom.published(title=f"第{number}篇", dated=same)
    listed = visit(f"/{newsroom.department.slug}/").titles
    assert titles(client) == listed == titles(client, of(newsroom)) == visit("/search/?q=示例").titles


def test_an_entry_leads_to_the_article(newsroom, client):
    published = newsroom.published(title="示例标题")
    assert entries(client) == [("示例标题", f"http://testserver{published.get_absolute_url()}")]


@pytest.mark.parametrize(
    "words", ["<b>&amp;\"'</b>", "]]>", "&nbsp;&", "组\x08织\x0b部\x1f", "\ufffe", "𠮷😀", "<![CDATA[x]]>"]
)
def test_a_feed_is_well_formed_whatever_the_words(newsroom, client, words):
    fields = dict.fromkeys(("summary", "author", "source", "keywords"), words)
    newsroom.published(title=f"标题{words}", body=f"<p>&#8;正文{words}</p>", **fields)
    newsroom.published(title="另一篇", body="<p>甲&#x1f;乙</p>")
    assert len(titles(client)) == 2 == len(titles(client, of(newsroom)))


def test_only_what_is_live_stands_in_a_feed_or_the_map(newsroom, client):
    """Scenario 31."""
    newsroom.draft(title="草稿")
    newsroom.reviewed(title="送审")
    newsroom.published(title="定时", at=timezone.now() + DAY)
    withdrawn = newsroom.published(title="撤稿")
    services.withdraw(withdrawn.article, by=newsroom.publisher, reason="有误", notice="")
    live = newsroom.published(title="看得见的")
    assert titles(client) == ["看得见的"] == titles(client, of(newsroom))
    articles = [address for address in in_map(client) if address.rstrip("/").rsplit("/", 1)[1].isdecimal()]
    assert articles == [f"http://testserver{live.get_absolute_url()}"]


def test_a_department_has_its_own_feed_and_those_of_further_columns(newsroom, client):
    newsroom.published(title="两处可见", columns=[newsroom.elsewhere])
    newsroom.published(title="一处可见")
    assert titles(client, of(newsroom)) == ["一处可见", "两处可见"]
    assert titles(client, f"/{newsroom.elsewhere.slug}/feed/") == ["两处可见"]


def test_an_empty_feed_is_well_formed_too(newsroom, client):
    assert titles(client) == [] == titles(client, of(newsroom))


@pytest.mark.parametrize("slug", ["nothing", "admin", "feed"])
def test_a_department_that_is_not_there_has_no_feed(newsroom, client, slug):
    assert client.get(f"/{slug}/feed/", follow=True).status_code in (404, 200 if slug == "admin" else 404)
    if slug == "admin":
        assert client.get("/admin/feed/").status_code == 302  # to sign in, as everything under /admin/


def test_pages_say_where_their_feed_is(newsroom):
    for address, feed in [("/", "/feed/"), (f"/{newsroom.department.slug}/", of(newsroom))]:
        links = visit(address).all("link", rel="alternate", type="application/atom+xml")
        assert feed in [link.attributes["href"] for link in links]


def test_the_map_names_departments_that_are_shown_and_every_live_article(newsroom, client):
    department("不显示的", newsroom.admin, slug="hidden", is_visible=False)
    department("返回主站", newsroom.admin, kind="link", slug=None, url="https://www.gov.cn/")
    first, second = newsroom.published(), newsroom.published()
    newsroom.published(address="https://www.gov.cn/", body="")
    assert in_map(client) == [
        f"http://testserver{path}"
        for path in [
            newsroom.department.get_absolute_url(),
            newsroom.elsewhere.get_absolute_url(),
            first.get_absolute_url(),
            second.get_absolute_url(),
        ]
    ]


def test_everything_in_the_map_opens(newsroom, client):
    newsroom.published()
    assert [client.get(address).status_code for address in in_map(client)] == [200] * 3


def test_a_department_that_was_changed_behind_the_sites_back_is_not_in_the_map(newsroom, client):
    """Scenario 43."""
    run("UPDATE departments_department SET slug = 'bocai' WHERE id = %s", [newsroom.elsewhere.pk])
    assert not [address for address in in_map(client) if "bocai" in address]


def test_robots_are_kept_from_the_desk_and_shown_the_map(client, db):
    answer = client.get("/robots.txt")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert {"User-agent: *", "Disallow: /admin/", "Disallow: /search/"} <= set(lines)
    assert "Sitemap: http://testserver/sitemap.xml" in lines


# Feeds that readers keep.


def feed(client, address="/feed/"):
    return ElementTree.fromstring(client.get(address).content)  # noqa: S314


def test_a_feed_is_what_rfc_4287_asks_for(newsroom, client, settings):
    settings.SITE_URL = "https://www.example.gov.cn"
    settings.SECURE_SSL_REDIRECT = False
    newsroom.published(summary="摘要")
    for address in ("/feed/", of(newsroom)):
        found = feed(client, address)
        assert found.findtext(f"{ATOM}id").startswith("urn:uuid:") and found.findtext(f"{ATOM}updated")
        [own] = [link for link in found.findall(f"{ATOM}link") if link.attrib["rel"] == "self"]
        assert own.attrib["href"] == f"https://www.example.gov.cn{address}"
        entry = found.find(f"{ATOM}entry")
        for name in ("id", "title", "updated", "published", "summary", f"author/{ATOM}name"):
            assert entry.findtext(f"{ATOM}{name}"), name
        assert entry.find(f"{ATOM}link").attrib["href"].startswith("https://www.example.gov.cn/")
        assert entry.find(f"{ATOM}category").attrib["term"] == newsroom.department.name


def test_the_ids_in_feeds_never_change(newsroom, client, settings):
    """A correction, a renamed department, another domain: readers see the same entry, not a new one."""
    published = newsroom.published()

    def ids():
        here = feed(client, of(newsroom))
        return [here.findtext(f"{ATOM}id"), here.find(f"{ATOM}entry").findtext(f"{ATOM}id")]

    before = ids()
    newsroom.published(newsroom.rewritten(published.article))
    newsroom.department.slug = "renamed"
    services_of_departments.save_department(newsroom.department, by=newsroom.admin)
    settings.SITE_URL = "https://www.example.gov.cn"
    assert ids() == before
    newsroom.published()
    assert len({entry.findtext(f"{ATOM}id") for entry in feed(client).findall(f"{ATOM}entry")}) == 2


def test_a_reader_asks_after_a_feed_and_gets_it_only_when_it_has_changed(newsroom, client):
    """Scenario 31. A withdrawal changes it too, although the newest entry is then an older one."""
    newsroom.published(title="早的", dated=timezone.now() - DAY)
    withdrawn = newsroom.published(title="撤稿")
    first = client.get("/feed/")
    assert first["Cache-Control"] == "public, no-cache"
    known = {"If-None-Match": first["ETag"], "If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT"}
    assert client.get("/feed/", headers=known).status_code == 304
    services.withdraw(withdrawn.article, by=newsroom.publisher, reason="有误", notice="")
    assert client.get("/feed/", headers={"If-Modified-Since": known["If-Modified-Since"]}).status_code == 200
    assert titles(client) == ["早的"] and client.get("/feed/", headers=known).status_code == 200


def test_a_department_that_was_changed_behind_the_sites_back_is_named_in_no_feed(newsroom, client):
    """Scenario 43."""
    newsroom.published()
    run("UPDATE departments_department SET name = '博彩' WHERE id = %s", [newsroom.department.pk])
    assert "博彩" not in client.get("/feed/").content.decode()


# A map of many addresses.


def locations(client, address):
    answer = client.get(address)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(answer.content)  # noqa: S314
    return root.tag.removeprefix(MAP), [found.text for found in root.iter(f"{MAP}loc")]


def test_more_addresses_than_one_file_may_hold_are_an_index_of_files(newsroom, client, monkeypatch):
    assert sitemaps.MAX_URLS_PER_FILE <= 50_000  # the most that the protocol allows
    first = newsroom.published()
    assert locations(client, "/sitemap.xml")[0] == "urlset"
    published = [first, *(newsroom.published() for _ in range(5))]
    monkeypatch.setattr(sitemaps, "MAX_URLS_PER_FILE", 4)
    kind, files = locations(client, "/sitemap.xml")
    # By the numbers of the articles: four in a file, and fewer where others have numbers in between.
    assert kind == "sitemapindex" and len(files) == 1 + -(-published[-1].article_id // 4)
    found = [locations(client, file.removeprefix("http://testserver")) for file in files]
    assert {kind for kind, _ in found} == {"urlset"} and max(len(each) for _, each in found) <= 4
    departments = [newsroom.department, newsroom.elsewhere]
    wanted = [f"http://testserver{thing.get_absolute_url()}" for thing in [*departments, *published]]
    assert [address for _, each in found for address in each] == wanted
    assert client.get(f"/sitemap-articles.xml?p={len(files)}").status_code == 404
    assert client.get("/sitemap-people.xml").status_code == 404


def test_a_file_of_the_map_takes_as_few_queries_for_many_as_for_few(
    newsroom, client, monkeypatch, django_assert_max_num_queries
):
    """Scenario 47."""
    monkeypatch.setattr(sitemaps, "MAX_URLS_PER_FILE", 10)
    published = [newsroom.published() for _ in range(20)]
    file = -(-published[9].article_id // 10)  # one in the middle, which is full
    with django_assert_max_num_queries(4):
        assert len(locations(client, f"/sitemap-articles.xml?p={file}")[1]) == 10


def test_articles_of_a_department_that_was_changed_are_not_in_the_map(newsroom, client):
    """Scenario 43. Its address is part of theirs."""
    newsroom.published()
    run("UPDATE departments_department SET slug = 'bocai' WHERE id = %s", [newsroom.department.pk])
    assert not [address for address in in_map(client) if "bocai" in address]


def test_the_map_stands_under_the_address_of_the_site(newsroom, client, settings):
    settings.SITE_URL = "https://www.example.gov.cn"
    newsroom.published()
    assert all(address.startswith("https://www.example.gov.cn/") for address in in_map(client))
