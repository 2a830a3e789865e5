"""The shipped nginx configuration: what it caches, how long, what it refuses."""

import gzip
import re
import time
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.test import Client, override_settings

from articles.caching import versions
from articles.models import File
from portal.page_cache.middleware import PageCacheMiddleware
from tests.deploy.nginx_server import PROJECT, Upstream, nginx
from tests.images import pasted, picture
from workflow import services

pytestmark = [pytest.mark.nginx, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def upstream():
    served = Upstream(PageCacheMiddleware(WSGIHandler()))
    yield served
    served.go_away()


@pytest.fixture
def front(upstream, tmp_path, settings):
    settings.X_ACCEL_REDIRECT = "/protected"
    with nginx(tmp_path, upstream.port, settings.VAR_DIR) as found:
        yield found


def in_one_second(ask):
    """What `ask` gives when it begins and ends in one second of the clock, a little after its beginning."""
    while True:
        while not 0.1 < time.time() % 1 < 0.5:
            time.sleep(0.01)
        begun = int(time.time())
        found = ask()
        if int(time.time()) == begun:
            return found


def a_second_after(moment):
    """Waits until a second has gone by: what is promised for then can be asked for."""
    time.sleep(max(0.0, moment + 1 - time.time()))


def test_within_a_second_a_page_is_asked_for_once(newsroom, front, upstream):
    address = newsroom.published(title="热门的一篇").get_absolute_url()
    front.get(address)

    def ask():
        upstream.asked.clear()
        pages = [front.get(address) for _ in range(3)]
        return pages, list(upstream.asked)

    pages, asked = in_one_second(ask)
    assert all("热门的一篇" in page.text for page in pages)
    assert len(asked) <= 1
    assert "X-Accel-Expires" not in pages[0].headers


def test_a_publication_and_a_withdrawal_show_after_a_second_at_most(newsroom, front):
    """Scenarios 31 and 41."""
    place = f"/{newsroom.department.slug}/"
    for _ in range(3):
        first = newsroom.published(title="要撤下的一篇")
        address = first.get_absolute_url()
        front.get("/"), front.get(place)
        assert front.get(address).status == 200
        services.withdraw(first.article, by=newsroom.publisher, reason="有误", notice="本文有误。")
        newsroom.published(title="新的一篇")
        done = time.time()
        a_second_after(done)
        gone = front.get(address)
        assert gone.status == 410 and "本文有误。" in gone.text
        for page in (front.get("/").text, front.get(place).text):
            assert "新的一篇" in page and "要撤下的一篇" not in page


def test_while_the_application_is_away_pages_are_shown_and_what_was_withdrawn_is_not(newsroom, front, upstream):
    kept, gone = newsroom.published(title="留着的一篇"), newsroom.published(title="撤下的一篇")
    addresses = [publication.get_absolute_url() for publication in (kept, gone)]
    assert [front.get(address).status for address in addresses] == [200, 200]
    services.withdraw(gone.article, by=newsroom.publisher, reason="有误", notice="")
    a_second_after(time.time())
    assert [front.get(address).status for address in addresses] == [200, 410]
    upstream.go_away()
    a_second_after(time.time())
    shown, withdrawn, unknown = (front.get(address) for address in (*addresses, "/feed/"))
    assert shown.status == 200 and "留着的一篇" in shown.text
    for away in (withdrawn, unknown):
        assert away.status == 503 and "撤下的一篇" not in away.text
        assert "网站正在维护" in away.text and away.headers["Retry-After"]


def test_staff_get_their_own_pages_and_nobody_gets_theirs(newsroom, front, upstream):
    client = Client()
    client.force_login(newsroom.drafter)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    address = newsroom.published().get_absolute_url()
    front.get(address)

    def ask():
        upstream.asked.clear()
        statuses = [front.get(address, Cookie=cookie).status for _ in range(2)]
        return statuses, list(upstream.asked)

    assert in_one_second(ask) == ([200, 200], [address, address])


def test_a_page_comes_compressed_as_the_browser_can_take_it(newsroom, front):
    plain = front.get("/").body
    versions.expire_versions()
    for accepted, encoding, unpack in [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("deflate, gzip;q=0.8", "gzip", gzip.decompress),
        ("br;q=0, gzip", "gzip", gzip.decompress),
    ]:
        page = front.get("/", Accept_Encoding=accepted)
        assert page.headers["Content-Encoding"] == encoding
        assert unpack(page.body) == plain
    assert "Content-Encoding" not in front.get("/", Accept_Encoding="identity").headers


def test_a_file_goes_out_by_nginx_while_a_live_publication_uses_it(newsroom, front):
    """Scenarios 31 and 34."""
    published = newsroom.published(body=f"<p>正文</p>{pasted(picture())}")
    file = File.objects.get()
    address = file.get_absolute_url()
    answer = front.get(address)
    assert answer.status == 200 and answer.body == Path(default_storage.path(file.path)).read_bytes()
    assert answer.headers["Content-Type"] == "image/png" and answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert front.get(f"/protected/{file.path}").status == 404
    services.withdraw(published.article, by=newsroom.publisher, reason="有误", notice="")
    assert front.get(address).status == 404
    assert front.get(address, If_None_Match=answer.headers["ETag"]).status == 404


def test_static_files_come_compressed_beforehand_and_are_kept_for_good(front, settings, tmp_path):
    with override_settings(
        STATIC_ROOT=settings.VAR_DIR / "static",
        STORAGES={
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
    name = next(
        file.name
        for file in (settings.VAR_DIR / "static" / "public").iterdir()
        if re.fullmatch(r"site\.[0-9a-f]{12}\.css", file.name)
    )
    plain = (settings.VAR_DIR / "static" / "public" / name).read_bytes()
    for accepted, encoding, unpack in [
        ("br, gzip", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("identity", None, bytes),
    ]:
        answer = front.get(f"/static/public/{name}", Accept_Encoding=accepted)
        assert answer.status == 200 and unpack(answer.body) == plain
        assert answer.headers["Content-Encoding"] == encoding
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Accept-Encoding"
    assert front.get("/static/public/site.css").headers["Cache-Control"] == "public, max-age=60"
    picture_of_pointer = front.get("/static/public/pointer-hand.png", Accept_Encoding="br")
    assert picture_of_pointer.status == 200 and picture_of_pointer.headers["Content-Type"] == "image/png"
    for outside in ("/static/../secret-key", "/static/%2e%2e/keys/signing.pem", "/static/public/", "/static/none.css"):
        assert front.get(outside).status in (400, 403, 404), outside


def test_bodies_and_rates_are_bounded(newsroom, front, upstream):
    assert front.get("/feedback/", "POST", b"x" * (1024 * 1024 + 1)).status == 413
    statuses = [front.get("/search/?q=a").status for _ in range(60)]
    assert statuses[0] == 200 and 429 in statuses


def test_what_a_visitor_says_of_proxies_is_not_passed_on(newsroom, tmp_path):
    told = []

    def application(environ, start):
        told.append({name: environ.get(name) for name in ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")})
        start("200 OK", [("Content-Length", "2"), ("Content-Type", "text/plain")])
        return [b"ok"]

    upstream = Upstream(application)
    try:
        with nginx(tmp_path, upstream.port, settings.VAR_DIR) as front:
            front.get("/", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")
    finally:
        upstream.go_away()
    assert told == [{"HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "http"}]


def test_every_folder_that_the_configuration_names_stands_in_its_head_or_in_the_handbook():
    named = set(re.findall(r"/(?:srv|var)/[a-z/]+[a-z]", (PROJECT / "deploy" / "nginx.conf").read_text()))
    handbook = (PROJECT / "docs" / "operations.md").read_text()
    assert named and not {one for one in named if "/".join(one.split("/")[:3]) not in handbook}
