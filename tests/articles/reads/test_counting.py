"""Read counting: one visitor, one article, one half hour (scenario 38)."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone

from articles.models import Article, Read, RecentRead
from articles.reads import counting, database
from articles.reads.counting import READ_WINDOW
from articles.reads.database import MAX_READS_PER_ADDRESS
from articles.reads.visitors import ADDRESS_DIGITS, visitor_hash
from tests.ledger.attacker import undone
from tests.ledger.threads import at_once
from workflow import services

pytestmark = pytest.mark.both_databases("listings and reads use SQL of their own")

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
CRAWLERS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 (Linux; Android 6.0) AppleWebKit/537.36 Chrome/99 Mobile Safari/537.36 (compatible; bingbot/2.0)",
    "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
    "Mozilla/5.0 (compatible; YisouSpider/5.0)",
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36",
    "curl/8.5.0",
    "Wget/1.21",
    "python-requests/2.32",
    "Go-http-client/2.0",
    "Java/17.0.2",
    "facebookexternalhit/1.1",
    "",
]


@pytest.fixture
def article(newsroom):
    """Public since the beginning of the year, for some of these tests look at moments of March."""
    with time_machine.travel(datetime(2026, 1, 5, 10, tzinfo=timezone.get_default_timezone())):
        return newsroom.published().article


def read(article, client=None, *, agent=BROWSER, address="192.0.2.1", **headers):
    """Posts a read as the page's own script does."""
    headers = {"User-Agent": agent, "Sec-Fetch-Site": "same-origin", **headers}
    return (client or Client()).post(f"/reads/{article.pk}/", headers=headers, REMOTE_ADDR=address)


def count(article):
    return counting.total(article.pk)


def test_a_read_is_counted_and_the_count_answered(article):
    """Scenario 38."""
    answer = read(article)
    assert (answer.status_code, answer.json()) == (200, {"reads": 1})
    assert f">{count(article)}<" in Client().get(article.publications.get().get_absolute_url()).content.decode()


def test_the_same_visitor_is_counted_once(article):
    """Scenario 38."""
    assert [read(article).json()["reads"] for _ in range(3)] == [1, 1, 1]


def test_visitors_are_told_apart_by_address_and_by_browser(article):
    """Scenario 38."""
    read(article)
    read(article, address="192.0.2.2")
    read(article, agent=BROWSER.replace("140", "141"))
    assert count(article) == 3


def agents(number):
    return [BROWSER.replace("140", str(200 + place)) for place in range(number)]


def test_sixty_browsers_at_one_address_add_no_more_than_an_office_would(article):
    for agent in agents(60):
        read(article, agent=agent)
    assert count(article) == MAX_READS_PER_ADDRESS == 20
    assert read(article, address="192.0.2.2").json() == {"reads": 21}


def test_an_office_behind_one_address_is_counted_one_by_one(article):
    answers = [read(article, agent=agent).json()["reads"] for agent in agents(MAX_READS_PER_ADDRESS)]
    assert answers == list(range(1, MAX_READS_PER_ADDRESS + 1))


def test_sixty_addresses_are_sixty_visitors(article):
    for number in range(60):
        read(article, address=f"192.0.2.{number}")
    assert count(article) == 60


def test_a_network_of_ipv6_is_one_address_and_its_neighbour_another(article):
    for number in range(60):
        read(article, address=f"2001:db8::{number:x}")
    assert count(article) == MAX_READS_PER_ADDRESS
    read(article, address="2001:db8:0:1::1")
    assert count(article) == MAX_READS_PER_ADDRESS + 1


def test_the_bound_of_an_address_is_one_of_each_article_and_each_half_hour(newsroom, article):
    now, other = timezone.now(), newsroom.published().article
    for agent in agents(30):
        visit(article, now, agent=agent)
    assert read(other).json() == {"reads": 1}
    for agent in agents(30):
        visit(article, now + READ_WINDOW, agent=agent)
    assert count(article) == 2 * MAX_READS_PER_ADDRESS


def test_a_visitor_reads_each_article_for_itself(newsroom, article):
    other = newsroom.published().article
    read(article)
    assert read(other).json() == {"reads": 1}


def at(day, hour, minute):
    """A moment of March 2026 at the site's own time."""
    return datetime(2026, 3, day, hour, minute, tzinfo=timezone.get_default_timezone())


def visit(article, at, address="192.0.2.1", agent=BROWSER):
    """Reads at that moment; the total that is answered."""
    request = RequestFactory().post("/", headers={"User-Agent": agent}, REMOTE_ADDR=address)
    request.user = AnonymousUser()
    return counting.count_read(article.pk, request, at)


@pytest.mark.parametrize("begun", [at(2, 10, 0), at(2, 23, 50)], ids=["by day", "over midnight"])
def test_the_same_visitor_is_counted_again_after_half_an_hour_and_not_before(article, begun):
    """Scenario 38. Also over midnight, when the salt of the hash changes."""
    second = timedelta(seconds=1)
    for number, (after, counted) in enumerate(
        [(second, 1), (READ_WINDOW - second, 1), (READ_WINDOW, 2), (2 * READ_WINDOW, 2), (timedelta(days=1), 2)]
    ):
        before = count(article)
        visit(article, begun, address=f"192.0.2.{number}")
        visit(article, begun + after, address=f"192.0.2.{number}")
        assert count(article) - before == counted, after


def test_reads_stand_under_the_day_of_the_site(article):
    """Midnight is that of Shanghai, not of Greenwich."""
    for moment in [at(2, 23, 59), at(3, 0, 1)]:
        visit(article, moment, address=f"192.0.2.{moment.minute}")
    days = Read.objects.filter(article=article).order_by("day").values_list("day", "count")
    assert [(str(day), number) for day, number in days] == [("2026-03-02", 1), ("2026-03-03", 1)]


def test_it_goes_by_the_clock_of_the_server(article):
    """Scenario 38."""
    now = timezone.now()
    read(article)
    with time_machine.travel(now + timedelta(minutes=29), tick=False):
        assert read(article).json() == {"reads": 1}
    with time_machine.travel(now + timedelta(minutes=31), tick=False):
        assert read(article).json() == {"reads": 2}


def test_a_crawler_is_answered_and_not_counted(article):
    """Scenario 38."""
    for agent in CRAWLERS:
        assert read(article, agent=agent).json() == {"reads": 0}, agent
    assert not RecentRead.objects.exists()


BROWSERS = [
    BROWSER,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; HarmonyOS) AppleWebKit/537.36 Chrome/114 Mobile MicroMessenger/8.0",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/86.0 Safari/537.36 360SE",
]


def test_a_browser_is_counted(article):
    """Scenario 38."""
    for number, agent in enumerate(BROWSERS, 1):
        assert read(article, agent=agent).json() == {"reads": number}, agent


def test_staff_are_not_counted(newsroom, article, client):
    """Scenario 38."""
    client.force_login(newsroom.drafter)
    assert read(article, client).json() == {"reads": 0}
    client.logout()
    assert read(article, client).json() == {"reads": 1}


def test_a_prefetch_is_not_counted(article):
    """Scenario 38."""
    for name, value in [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("Purpose", "preview"),
    ]:
        assert read(article, **{name: value}).json() == {"reads": 0}, value


def test_nothing_but_a_post_counts(article):
    """Scenario 38."""
    for method in ["get", "head", "put", "delete", "options", "patch"]:
        answer = getattr(Client(), method)(f"/reads/{article.pk}/", headers={"User-Agent": BROWSER})
        assert answer.status_code == 405, method
    assert count(article) == 0


def test_opening_the_page_counts_nothing_by_itself(article):
    """Scenario 38. Its script does, once somebody sees it; so a reload, a preview or a crawler is no read."""
    address = article.publications.get().get_absolute_url()
    for method in (Client().get, Client().head):
        assert method(address, headers={"User-Agent": BROWSER}).status_code == 200
    assert count(article) == 0


ORIGINS = [
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "none"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
    ({"Origin": "http://testserver"}, 200),
    ({"Referer": "http://testserver/zuzhi/1/"}, 200),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://testserver.evil.example"}, 403),
    ({"Origin": "https://evil.example", "Referer": "http://testserver/"}, 403),
    ({"Referer": "https://evil.example/?http://testserver/"}, 403),
    ({}, 403),
]


def test_a_read_from_another_site_is_refused(article):
    """Scenario 38."""
    for headers, status in ORIGINS:
        with undone():
            answer = Client().post(f"/reads/{article.pk}/", headers={"User-Agent": BROWSER, **headers})
            assert answer.status_code == status, headers
            assert count(article) == (status == 200), headers


def test_only_what_is_live_is_read(newsroom, article):
    """Scenario 38."""
    draft, scheduled = newsroom.draft(), newsroom.published(at=timezone.now() + timedelta(days=1)).article
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="")
    for unread in (draft, scheduled, article, Article(pk=4711), Article(pk=10**30)):
        assert read(unread).status_code == 404
    assert not Read.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_visitors_at_the_same_moment_are_all_counted(newsroom):
    """Scenario 38, 39."""
    article = newsroom.published().article
    answers = at_once([lambda n=n: read(article, address=f"192.0.2.{n}").status_code for n in range(20)])
    assert answers == [200] * 20
    assert count(article) == 20


@pytest.mark.django_db(transaction=True)
def test_one_visitor_in_ten_windows_at_the_same_moment_is_counted_once(newsroom):
    """Scenario 38."""
    article = newsroom.published().article
    answers = at_once([lambda: read(article).status_code] * 10)
    assert answers == [200] * 10
    assert count(article) == 1


def test_nobody_can_tell_from_the_notes_who_read(article):
    read(article, address="192.0.2.77")
    note = RecentRead.objects.get()
    assert "192.0.2.77" not in note.visitor and len(note.visitor) == 32
    asked = RequestFactory().get("/", REMOTE_ADDR="192.0.2.77")
    today, tomorrow = (visitor_hash(asked, timezone.localdate() + timedelta(days=days)) for days in (0, 1))
    assert not set(split_hash(today)) & set(split_hash(tomorrow))


def split_hash(visitor):
    """The part of the network, and that of the visitor."""
    return visitor[:ADDRESS_DIGITS], visitor[ADDRESS_DIGITS:]


def test_old_notes_are_cleared_and_counts_are_not(article, monkeypatch):
    monkeypatch.setattr(counting, "READS_PER_CLEANUP", 10**9)  # one read in 200 would clear them itself
    now = timezone.now()
    visit(article, now - 3 * READ_WINDOW)
    visit(article, now, address="192.0.2.2")
    assert counting.delete_expired_visitors(now) == 1 and counting.delete_expired_visitors(now) == 0
    assert RecentRead.objects.count() == 1 and count(article) == 2


def test_what_is_read_most_goes_by_all_reads_since_a_day(newsroom):
    today = timezone.localdate()
    articles = [newsroom.published().article for _ in range(4)]
    for article, counts in zip(articles, [{0: 3, 4: 4}, {2: 6}, {30: 7}, {31: 9, 0: 1}], strict=True):
        for ago, count in counts.items():
            counting.add_reads(article, today - timedelta(days=ago), count)
    ranking = counting.most_read_ids(since=today - timedelta(days=30))
    assert ranking == [articles[2].pk, articles[0].pk, articles[1].pk, articles[3].pk]
    assert counting.most_read_ids(since=today - timedelta(days=30), limit=2) == ranking[:2]
    assert counting.most_read_ids(since=today - timedelta(days=29)) == [articles[0].pk, articles[1].pk, articles[3].pk]


def test_the_ranking_looks_at_the_most_read_of_each_day_only(newsroom, monkeypatch):
    """So it takes as long at a million articles as at a thousand."""
    monkeypatch.setattr(database, "MAX_RANKED_PER_DAY", 1)
    today = timezone.localdate()
    first, second, third = (newsroom.published().article for _ in range(3))
    for article, ago, count in [(first, 0, 3), (second, 0, 2), (second, 1, 2), (third, 1, 1)]:
        counting.add_reads(article, today - timedelta(days=ago), count)
    assert counting.most_read_ids(since=today - timedelta(days=1)) == [second.pk, first.pk]


def test_every_day_of_the_last_thirty_has_its_figure(newsroom):
    article = newsroom.published().article
    today = timezone.localdate()
    for ago, count in [(0, 3), (4, 2), (29, 1), (30, 9)]:
        counting.add_reads(article, today - timedelta(days=ago), count)
    days = counting.daily_history(article.pk)
    assert len(days) == 30 and days[-1] == (today, 3) and days[0] == (today - timedelta(days=29), 1)
    assert days[-5].count == 2 and sum(day.count for day in days) == 6


def test_the_desk_shows_reads_in_all_and_day_by_day(newsroom, client):
    article = newsroom.published().article
    today = timezone.localdate()
    counting.add_reads(article, today, 3)
    counting.add_reads(article, today - timedelta(days=40), 9)
    client.force_login(newsroom.drafter)
    page = client.get(f"/admin/articles/article/{article.pk}/overview/").content.decode()
    shown = page.partition('class="desk-card desk-reads"')[2].partition("</section>")[0]
    assert "12" in shown and shown.count("<rect") == 30
    assert f"{today:%Y-%m-%d}</td>" in shown and f"{today - timedelta(days=40):%Y-%m-%d}" not in shown
    client.force_login(newsroom.drafter)
    draft = newsroom.draft()
    assert "desk-reads" not in client.get(f"/admin/articles/article/{draft.pk}/overview/").content.decode()
