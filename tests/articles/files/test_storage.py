"""File access: public only while a live publication uses the file (scenario 34)."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone

from articles import drafts
from articles.files.storage import store_picture
from articles.models import File
from ledger.models import Alarm
from tests.images import pasted, picture
from tests.ledger.attacker import refused, run
from tests.ledger.auditor import named, verify
from workflow import services

pytestmark = pytest.mark.usefixtures("media")


def with_picture(colour="red"):
    return {"body": f"<p>示例正文。</p><p>{pasted(picture(colour=colour))}</p>"}


def address():
    return File.objects.get().get_absolute_url()


def status(client, person=None, **headers):
    if person:
        client.force_login(person)
    else:
        client.logout()
    return client.get(address(), headers=headers).status_code


def test_the_picture_of_a_draft_is_not_a_visitors(newsroom, client):
    """Scenario 34."""
    newsroom.draft(**with_picture())
    assert status(client) == 404
    assert status(client, newsroom.stranger) == 404
    for colleague in (newsroom.drafter, newsroom.reviewer, newsroom.admin):
        assert status(client, colleague) == 200


def test_the_picture_of_an_article_in_review_is_not_a_visitors(newsroom, client):
    """Scenario 34."""
    newsroom.reviewed(**with_picture())
    assert status(client) == 404
    assert status(client, newsroom.publisher) == 200


def test_the_picture_of_a_published_article_is_everybodys(newsroom, client):
    """Scenario 34."""
    newsroom.published(**with_picture())
    answer = client.get(address())
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert client.head(address()).status_code == 200
    assert client.post(address()).status_code == 405


def test_the_picture_goes_with_the_article_that_is_withdrawn(newsroom, client):
    """Scenario 31, 34."""
    published = newsroom.published(**with_picture())
    tag = client.get(address())["ETag"]
    assert client.get(address(), headers={"If-None-Match": tag}).status_code == 304
    services.withdraw(published.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert status(client) == 404
    assert status(client, None, **{"If-None-Match": tag}) == 404
    assert status(client, newsroom.drafter) == 200


def test_the_picture_comes_and_goes_with_the_article_at_its_time(newsroom, client):
    """Scenario 34."""
    now = timezone.now()
    newsroom.published(at=now + timedelta(hours=1), **with_picture())
    assert status(client) == 404
    with time_machine.travel(now + timedelta(hours=2), tick=False):
        assert status(client) == 200


def test_a_picture_that_the_next_version_lacks_goes_with_the_one_before(newsroom, client):
    """Scenario 34."""
    published = newsroom.published(**with_picture())
    newsroom.published(newsroom.rewritten(published.article, body="<p>无图</p>"))
    assert status(client) == 404


def test_a_picture_that_another_live_article_uses_stays(newsroom, client):
    first = newsroom.published(**with_picture())
    newsroom.published(**with_picture())
    services.withdraw(first.article, by=newsroom.publisher, reason="有误", notice="")
    assert status(client) == 200


def test_the_cover_of_a_live_article_is_everybodys(newsroom, client):
    """Scenario 34."""
    article = newsroom.draft()
    draft = article.active_draft()
    drafts.save_draft(
        draft, {"cover": store_picture(picture(), newsroom.drafter)}, by=newsroom.drafter, version=draft.version
    )
    assert status(client) == 404
    assert status(client, newsroom.drafter) == 200
    newsroom.published(article)
    assert status(client) == 200
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="")
    assert status(client) == 404


def test_only_the_exact_address_leads_to_a_file(newsroom, client):
    newsroom.published(**with_picture())
    digest = File.objects.get().digest
    for wrong in [f"{'0' * 64}.png", f"{digest}.jpg", digest, f"{digest}.png/", ""]:
        assert client.get(f"/files/{wrong}").status_code == 404, wrong


def test_a_file_is_served_so_that_it_can_run_nothing(newsroom, client):
    """Scenario 46."""
    newsroom.published(**with_picture())
    answer = client.get(address())
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_what_is_public_is_asked_for_again_and_what_is_not_is_kept_by_nobody(newsroom, client):
    article = newsroom.draft(**with_picture())
    client.force_login(newsroom.drafter)
    assert client.get(address())["Cache-Control"] == "private, no-store"
    newsroom.published(article)
    assert client.get(address())["Cache-Control"] == "public, no-cache"


def on_disk():
    return default_storage.path(File.objects.get().path)


@pytest.mark.parametrize("what", ["changed", "gone"])
def test_a_file_that_is_not_what_was_signed_is_not_served_and_named(newsroom, client, what):
    """Scenario 43."""
    newsroom.published(**with_picture())
    assert verify() == []
    if what == "changed":
        other = picture(colour="blue")
        default_storage.delete(File.objects.get().path)
        with open(on_disk(), "wb") as file:  # noqa: PTH123 (an attacker uses what there is)
            file.write(other)
    else:
        default_storage.delete(File.objects.get().path)
    answer = client.get(address())
    assert answer.status_code == 503
    assert b"PNG" not in answer.content
    assert len(named(f"file {File.objects.get().digest}")) == 1
    assert Alarm.objects.get().subject.startswith("file ")


def test_one_changed_byte_of_a_file_is_seen(newsroom, client):
    """Scenario 43."""
    newsroom.published(**with_picture())
    with open(on_disk(), "r+b") as file:  # noqa: PTH123
        file.seek(-5, 2)
        file.write(b"\x00")
    assert client.get(address()).status_code == 503


def test_the_database_refuses_to_make_another_file_of_one(newsroom):
    newsroom.draft(**with_picture())
    others = {"size": 1, "uploaded_by_id": newsroom.stranger.pk, "uploaded_at": timezone.now()}
    for column in ["digest", "size", "media_type", "extension", "uploaded_by_id", "uploaded_at"]:
        refused(f"UPDATE articles_file SET {column} = %s", [others.get(column, "html")])


def test_a_file_that_an_article_uses_is_not_removed(newsroom):
    newsroom.published(**with_picture())
    refused("DELETE FROM articles_attachment")
    assert run("SELECT 1 FROM articles_file") != 0


# Where nginx sends the files (X_ACCEL_REDIRECT), the site goes on saying who may have them and checking what they are.


@pytest.fixture
def behind_nginx(settings):
    settings.X_ACCEL_REDIRECT = "/protected"


def test_nginx_is_told_to_send_a_file_only_to_those_who_may_have_it(newsroom, client, behind_nginx):
    """Scenario 34."""
    article = newsroom.draft(**with_picture())
    refused = client.get(address())
    assert refused.status_code == 404 and "X-Accel-Redirect" not in refused
    published = newsroom.published(article)
    answer = client.get(address())
    assert answer.status_code == 200 and answer.content == b""
    assert answer["X-Accel-Redirect"] == f"/protected/{File.objects.get().path}"
    assert answer["Content-Type"] == "image/png" and answer["Cache-Control"] == "public, no-cache"
    assert client.get(address(), headers={"If-None-Match": answer["ETag"]}).status_code == 304
    services.withdraw(published.article, by=newsroom.publisher, reason="有误", notice="")
    assert client.get(address()).status_code == 404


@pytest.mark.parametrize("how", ["in place", "with the old date put back", "replaced", "gone"])
def test_nginx_is_not_told_to_send_a_file_that_was_changed_after_it_was_found_good(newsroom, client, behind_nginx, how):
    """Scenario 43."""
    newsroom.published(**with_picture())
    assert client.get(address()).status_code == 200
    file = Path(on_disk())
    before, content = file.stat(), file.read_bytes()
    if how == "gone":
        file.unlink()
    elif how == "replaced":
        other = file.with_suffix(".new")
        other.write_bytes(content[:-5] + b"\x00" + content[-4:])
        other.replace(file)
    else:
        with file.open("r+b") as stored:
            stored.seek(-5, 2)
            stored.write(b"\x00")
        if how == "with the old date put back":
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    answer = client.get(address())
    assert answer.status_code == 503 and "X-Accel-Redirect" not in answer
