"""The page cache never serves an outdated page."""

import gzip
from datetime import timedelta

import brotli
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.caching import versions
from articles.models import ContentVersion
from portal import identity
from portal.models import Identity
from portal.page_cache import page as kept
from portal.page_cache.stores import MemoryStore
from tests.factories import department
from tests.ledger.attacker import run
from tests.portal.page_cache.wsgi_site import Site
from workflow import services
from workflow.actions import preview_links

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
READING_VERSIONS = 2  # queries


@pytest.fixture
def site():
    return Site()


def queries(site, address, **environ):
    with CaptureQueriesContext(connection) as captured:
        site.get(address, **environ)
    return len(captured)


def pages_of(newsroom, publication):
    place = f"/{newsroom.department.slug}/"
    return [
        "/",
        place,
        f"{place}?page=1",
        publication.get_absolute_url(),
        "/feed/",
        f"{place}feed/",
        "/search/",
        "/en/",
    ]


def test_a_page_that_was_rendered_is_served_again_without_being_rendered(newsroom, site):
    addresses = [*pages_of(newsroom, newsroom.published()), "/robots.txt", "/sitemap.xml"]
    for address in addresses:
        first = site.get(address)
        assert first.status == 200, address
        assert queries(site, address) == READING_VERSIONS, address
        again = site.get(address)
        assert (again.body, again.headers["ETag"]) == (first.body, first.headers["ETag"])


def test_a_publication_shows_at_once_on_every_page_that_was_kept(newsroom, site):
    """Scenario 41."""
    before = newsroom.published(title="先前的一篇")
    place = f"/{newsroom.department.slug}/"
    addresses = ["/", place, "/feed/", f"{place}feed/", before.get_absolute_url()]
    assert all("新的一篇" not in site.get(address).text for address in addresses)
    newsroom.published(title="新的一篇")
    assert all("新的一篇" in site.get(address).text for address in addresses)


def test_a_version_that_was_put_back_shows_a_page_as_it_was_for_ten_minutes_at_most(newsroom, site):
    """Scenario 56. Nothing seals a version; every page that it can bring back was sealed when it was made."""
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        identity.save_identity(Identity(name="先前的名称"), by=newsroom.admin)
        former = site.get("/")
        tokens = dict(ContentVersion.objects.values_list("pk", "token"))
        identity.save_identity(Identity(name="现在的名称"), by=newsroom.admin)
        for pk, token in tokens.items():
            run("UPDATE articles_contentversion SET token = %s WHERE id = %s", [token, pk])
        ContentVersion.objects.exclude(pk__in=tokens).delete()
        versions.expire_versions()
        assert site.get("/").body == former.body and "先前的名称" in former.text
    with time_machine.travel(now + timedelta(seconds=kept.MAX_AGE_SECONDS + 1), tick=False):
        assert "现在的名称" in site.get("/").text
    assert kept.MAX_AGE_SECONDS == 600


def test_pages_of_other_departments_stay(newsroom, site):
    newsroom.published(columns=[newsroom.elsewhere])
    other = f"/{newsroom.elsewhere.slug}/"
    site.get(other)
    newsroom.published()
    assert queries(site, other) == READING_VERSIONS


def test_a_changed_identity_shows_at_once_on_every_page(newsroom, site):
    addresses = pages_of(newsroom, newsroom.published())[:4]
    for address in addresses:
        site.get(address)
    identity.save_identity(Identity(name="机关党建网", copyright_holder="省直机关工委"), by=newsroom.admin)
    for address in addresses:
        assert "省直机关工委" in site.get(address).text, address


def test_what_was_withdrawn_is_gone_at_once_and_its_absence_takes_its_place_in_front_of_us(newsroom, site):
    """Scenario 31."""
    publication = newsroom.published(title="撤下的一篇")
    address, place = publication.get_absolute_url(), f"/{newsroom.department.slug}/"
    for kept_before in (address, place, "/"):
        assert "撤下的一篇" in site.get(kept_before).text
    services.withdraw(publication.article, by=newsroom.publisher, reason="有误", notice="本文有误。")
    gone = site.get(address)
    assert gone.status == 410 and "本文有误。" in gone.text
    assert gone.headers["X-Accel-Expires"].startswith("@")
    assert "撤下的一篇" not in site.get(place).text + site.get("/").text


def test_what_is_scheduled_comes_and_goes_on_time(newsroom, site):
    """Scenario 29."""
    now = timezone.now()
    place = f"/{newsroom.department.slug}/"
    newsroom.published(title="明天的一篇", at=now + 24 * HOUR)
    services.expire(newsroom.published(title="今天的一篇").article, by=newsroom.publisher, at=now + 24 * HOUR)
    assert "今天的一篇" in site.get(place).text and "明天的一篇" not in site.get(place).text
    with time_machine.travel(now + 24 * HOUR - timedelta(minutes=1)):
        shown = site.get(place).text
        assert "今天的一篇" in shown and "明天的一篇" not in shown
    with time_machine.travel(now + 24 * HOUR + timedelta(seconds=1)):
        shown = site.get(place).text
        assert "今天的一篇" not in shown and "明天的一篇" in shown


def test_the_site_turns_grey_at_midnight(newsroom, site):
    now = timezone.localtime().replace(hour=23, minute=59, second=55)
    tomorrow = (now + HOUR).date()
    identity.save_identity(Identity(name="门户", mourning_from=tomorrow, mourning_until=tomorrow), by=newsroom.admin)
    with time_machine.travel(now):
        assert 'class="mourning"' not in site.get("/").text
    with time_machine.travel(now + timedelta(seconds=10)):
        assert 'class="mourning"' in site.get("/").text


def test_an_old_page_is_rendered_anew_because_of_its_count_of_reads(newsroom, site):
    address, now = newsroom.published().get_absolute_url(), timezone.now()
    with time_machine.travel(now, tick=False):
        site.get(address)
    with time_machine.travel(now + timedelta(seconds=kept.FRESH_SECONDS - 1), tick=False):
        assert queries(site, address) == READING_VERSIONS
    with time_machine.travel(now + timedelta(seconds=kept.FRESH_SECONDS + 1), tick=False):
        assert queries(site, address) > READING_VERSIONS
        assert queries(site, address) == READING_VERSIONS


def test_staff_are_never_served_a_kept_page_nor_is_theirs_kept(newsroom, site):
    client = Client()
    client.force_login(newsroom.drafter)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    address = newsroom.published().get_absolute_url()
    theirs = site.get(address, HTTP_COOKIE=cookie)
    assert theirs.status == 200 and "X-Accel-Expires" not in theirs.headers
    assert queries(site, address) > READING_VERSIONS
    assert queries(site, address, HTTP_COOKIE=cookie) > READING_VERSIONS


def test_nothing_but_pages_is_kept(newsroom, site):
    publication = newsroom.published()
    for address in [
        "/search/?q=示例",
        f"/{newsroom.department.slug}/?year=2014",
        "/?utm_source=x",
        f"{publication.get_absolute_url()}proof/",
        "/feedback/",
        "/admin/login/",
        "/readyz",
        "/nothing/",
    ]:
        assert site.get(address).status in (200, 404), address
        assert not site.pages.memory_store.pages, address


def test_only_hosts_that_are_allowed_have_pages(newsroom, site):
    assert site.get("/", HTTP_HOST="evil.example").status == 400
    assert not site.pages.memory_store.pages
    site.get("/")
    assert site.get("/", HTTP_HOST="evil.example").status == 400


def test_a_head_has_the_headers_of_the_page_and_no_body(newsroom, site):
    for _rendered_then_kept in range(2):
        page, head = site.get("/"), site.get("/", method="HEAD")
        assert head.body == b"" and head.status == 200
        assert head.headers["Content-Length"] == str(len(page.body)) and head.headers["ETag"] == page.headers["ETag"]
    assert site.get("/nothing/", method="HEAD").body == b""


def test_a_browser_that_has_the_page_is_told_so(newsroom, site):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        first = site.get("/")
        assert "Last-Modified" not in first.headers  # another page may still be rendered in this second
    with time_machine.travel(now + timedelta(seconds=5), tick=False):
        page = site.get("/")
        for told in [
            {"HTTP_IF_NONE_MATCH": page.headers["ETag"]},
            {"HTTP_IF_NONE_MATCH": f'"other", {page.headers["ETag"]}'},
            {"HTTP_IF_NONE_MATCH": page.headers["ETag"].removeprefix("W/")},
            {"HTTP_IF_NONE_MATCH": "*"},
            {"HTTP_IF_MODIFIED_SINCE": page.headers["Last-Modified"]},
        ]:
            answer = site.get("/", **told)
            assert (answer.status, answer.body) == (304, b""), told
            assert answer.headers["ETag"] == page.headers["ETag"]
        for told in [
            {"HTTP_IF_NONE_MATCH": '"other"'},
            {"HTTP_IF_NONE_MATCH": '"other"', "HTTP_IF_MODIFIED_SINCE": page.headers["Last-Modified"]},
            {"HTTP_IF_MODIFIED_SINCE": "Thu, 01 Jan 1970 00:00:00 GMT"},
        ]:
            assert site.get("/", **told).status == 200, told


def test_a_page_comes_compressed_as_the_browser_can_take_it(newsroom, site):
    plain = site.get("/")
    for accepted, encoding, unpack in [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
    ]:
        packed = site.get("/", HTTP_ACCEPT_ENCODING=accepted)
        assert packed.headers["Content-Encoding"] == encoding
        assert unpack(packed.body) == plain.body and len(packed.body) < len(plain.body) / 2
        assert packed.headers["Vary"] == "Accept-Encoding"
        assert packed.headers["Content-Length"] == str(len(packed.body))
    for accepted in ("", "identity", "gzip;q=0, br;q=0.0"):
        assert "Content-Encoding" not in site.get("/", HTTP_ACCEPT_ENCODING=accepted).headers


def test_nobody_before_us_may_keep_a_page_longer_than_to_the_end_of_the_second(newsroom, site):
    with time_machine.travel(1_795_000_000.75, tick=False):
        for address in ("/", "/nothing/", "/search/?q=示例"):
            assert site.get(address).headers["X-Accel-Expires"] == "@1795000000", address
        told = site.get("/").headers["Cache-Control"].split(", ")
        assert "public" in told and "s-maxage=1" in told and "max-age=0" in told
        assert {"stale-while-revalidate=1", "stale-if-error=60"} < set(told)


def test_a_kept_page_has_every_header_that_protects_it(newsroom, site):
    rendered = Client().get("/")
    for _rendered_then_kept in range(2):
        answer = site.get("/")
        for name in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
            assert answer.headers[name] == rendered[name]


def test_the_memory_of_a_process_is_bounded(newsroom):
    memory = MemoryStore(max_bytes=100_000)
    stamp = versions.load_versions().version_key([])
    for number in range(50):
        memory.put(f"/{number}", kept.CachedPage((), stamp, 0.0, [], b"x" * 10_000))
    assert memory.used_bytes <= 100_000
    assert memory.get("/49") and not memory.get("/0")
    memory.clear()
    assert memory.used_bytes == 0


def test_departments_that_come_and_go_have_no_page_left(newsroom, site):
    made = department("短暂的栏目", newsroom.admin)
    assert site.get(made.get_absolute_url()).status == 200
    made.delete()
    assert site.get(made.get_absolute_url()).status == 404


def test_a_form_with_somebodys_token_and_a_preview_are_kept_by_nobody_before_us(newsroom, site):
    _, token = preview_links.create_link(newsroom.draft(title="未发布"), by=newsroom.drafter)
    mine = Client().get("/feedback/").cookies["csrftoken"].value
    for address in ("/feedback/", "/en/feedback/", f"/preview/{token}/", f"/en/preview/{token}/", "/feedback/?about=1"):
        for cookie in ("", f"csrftoken={mine}"):
            answer = site.get(address, HTTP_COOKIE=cookie)
            assert answer.status == 200, address
            assert not answer.headers.get("X-Accel-Expires", "0").startswith("@"), address
    assert not site.pages.memory_store.pages
