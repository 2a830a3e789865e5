"""What programs read: feeds, the sitemap, robots.txt."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from tests.ledger.attacker import run
from tests.newsroom import department
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
