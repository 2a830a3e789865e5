"""Preview links over HTTP: what they show, and when they stop."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import change_user
from articles.files.storage import store_picture
from articles.models import Attachment, File
from articles.reads import counting
from ledger.canonical_json import sha256
from ledger.models import Alarm, Entry
from ledger.monitoring.alarms import reset_throttling
from ledger.verification.checks import mismatches
from tests.factories import everything, nothing_changes
from tests.images import pasted, picture
from tests.ledger.attacker import run, undone
from tests.portal.visitor import visit
from tests.workflow.action_calls import edit, give_back
from tests.workflow.action_factories import entries
from workflow import services
from workflow.models import PreviewLink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

WORDS = "尚未公开的一段话。"
ADDRESS = re.compile(r"http://testserver(/preview/[^/\s<]+/)")


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def overview(article):
    return f"/admin/articles/article/{article.pk}/overview/"


def share(article, client):
    """The address that the page shows after the button has been pressed."""
    response = client.post(f"/admin/articles/article/{article.pk}/share/", follow=True)
    assert response.redirect_chain == [(overview(article), 302)]
    return ADDRESS.search(response.content.decode())[1]


def revoke(article, client):
    return client.post(f"/admin/articles/article/{article.pk}/share/", {"revoke": "1"})


def shows(address):
    """Whether somebody who never signed in reads the text behind the address."""
    response = Client().get(address)
    shown = WORDS in response.content.decode()
    assert response.status_code == (200 if shown else 404)
    return shown


@pytest.fixture
def article(newsroom):
    return newsroom.draft(title="征求意见稿", body=f"<p>{WORDS}</p>")


@pytest.fixture
def address(article, as_user):
    return share(article, as_user("drafter"))


def test_its_holder_reads_the_text_in_hand_without_signing_in(newsroom, article, address):
    """Scenario 35."""
    page = visit(address)
    assert page.status == 200
    assert page.one("h1").words == "征求意见稿" and WORDS in page.words
    assert "未公开" in page.one(class_="notice").words or "尚未" in page.one(class_="notice").words
    assert not page.all("form") and not page.all("script")
    assert not any("/admin/" in link for link, _words in page.links())
    edit(article, newsroom.drafter, body="<p>改过的一段话。</p>")
    assert "改过的一段话。" in visit(address).words
    services.submit(article, by=newsroom.drafter)
    assert "改过的一段话。" in visit(address).words
    assert newsroom.reviewer.full_name not in visit(address).words


def test_it_stops_when_it_is_revoked(newsroom, article, address, as_user):
    """Scenario 35."""
    second = share(article, as_user("drafter"))
    assert shows(address) and shows(second)
    revoke(article, as_user("drafter"))
    assert not shows(address) and not shows(second)
    third = share(article, as_user("drafter"))
    assert shows(third) and not shows(address)
    assert [entry.data.get("count") for entry in entries(article, "preview.revoked")] == [2]
    assert len(entries(article, "preview.shared")) == 3


def test_it_stops_when_the_article_is_published(newsroom, article, address, as_user):
    """Scenario 35."""
    waiting = newsroom.reviewed(article)
    assert shows(address)
    services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    assert not shows(address)
    services.revise(article, by=newsroom.drafter)
    assert not shows(address)  # nor does the next draft open under it
    assert shows(share(article, as_user("drafter")))


def test_it_stops_when_the_article_is_signed_off_for_later_and_in_an_emergency(newsroom, as_user):
    """Scenario 35."""
    body = f"<p>{WORDS}</p>"
    scheduled, urgent = newsroom.draft(body=body), newsroom.draft(body=body)
    addresses = [share(one, as_user("drafter")) for one in (scheduled, urgent)]
    assert all(map(shows, addresses))
    newsroom.published(scheduled, at=timezone.now() + timedelta(days=1))
    digest = urgent.active_draft().compute_digest()
    services.publish_in_emergency(urgent, by=newsroom.publisher, seen=digest, reason="防汛")
    assert not any(map(shows, addresses))


def test_it_stops_when_the_text_is_discarded(newsroom, article, address):
    """Scenario 35."""
    assert shows(address)
    services.discard(article, by=newsroom.drafter)
    assert not shows(address)


def test_the_draft_after_a_discarded_one_does_not_open_under_the_old_link(newsroom, as_user):
    """Scenario 35."""
    article = newsroom.rewritten(newsroom.published(body=f"<p>{WORDS}</p>").article)
    address = share(article, as_user("drafter"))
    assert shows(address)
    services.discard(article, by=newsroom.drafter)
    services.revise(article, by=newsroom.drafter)
    assert not shows(address)


def test_it_stops_when_who_made_it_has_left(newsroom, article, address):
    """Scenario 35."""
    assert shows(address)
    leaver = User.objects.get(pk=newsroom.drafter.pk)
    leaver.is_active = False
    change_user(leaver, by=newsroom.admin)
    assert not shows(address)


def test_it_goes_on_while_the_text_is_returned_and_taken_back(newsroom, article, address):
    """Scenario 35."""
    give_back(newsroom.submitted(article), newsroom.reviewer)
    assert shows(address)
    services.take_back(newsroom.submitted(article), by=newsroom.drafter)
    assert shows(address)


def test_it_runs_out_after_two_weeks(article, address):
    """Scenario 35."""
    with time_machine.travel(timezone.now() + timedelta(days=13, hours=23)):
        assert shows(address)
    with time_machine.travel(timezone.now() + timedelta(days=14, seconds=1)):
        assert not shows(address)


@pytest.mark.parametrize(
    "token", ["x", "0", "x" * 32, "x" * 60_000, "%00", "%ff%fe", "..", "%2e%2e%2f", "' OR 1=1 --", "<script>x", "签发"]
)
def test_a_token_that_was_never_given_out_is_not_found(newsroom, address, token):
    """Scenario 35."""
    assert shows(address)
    with nothing_changes():
        for tail in ("", f"files/{'0' * 64}.png"):
            response = Client().get(f"/preview/{token}/{tail}")
            assert response.status_code == 404
            assert WORDS not in response.content.decode() and "<script>x" not in response.content.decode()


def test_a_link_that_ended_answers_as_one_that_never_was_and_says_whom_to_ask(article, address, as_user):
    """Scenario 35."""
    revoke(article, as_user("drafter"))
    ended, invented = visit(address), visit("/preview/abc/")
    assert ended.status == invented.status == 404
    assert ended.words == invented.words
    assert "预览链接" in ended.one("h1").words


def test_the_digest_of_the_secret_opens_nothing(article, address):
    """Scenario 35."""
    assert shows(address)
    assert not shows(f"/preview/{PreviewLink.objects.get().token_digest}/")


def test_the_secret_is_shown_once_and_kept_nowhere(article, address, as_user):
    """Scenario 35."""
    token = address.split("/")[2]
    assert len(token) >= 32
    assert PreviewLink.objects.get().token_digest == sha256(token)
    rows = {name: found for name, found in everything().items() if name != "sessions.Session"}
    assert token not in str(rows)
    for who in ("drafter", "admin"):
        assert token not in as_user(who).get(overview(article)).content.decode()


@pytest.mark.parametrize("ended", [False, True])
def test_it_is_neither_indexed_nor_kept_nor_named_to_other_sites(article, address, as_user, ended):
    """Scenario 35."""
    if ended:
        revoke(article, as_user("drafter"))
    page = visit(address)
    assert page.status == (404 if ended else 200)
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.one("meta", name="robots").attributes["content"] == "noindex"
    assert "ETag" not in page.headers and "Set-Cookie" not in page.headers
    assert ended or "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_looking_is_no_read_and_changes_nothing(newsroom, article, address):
    """Scenarios 35 and 38."""
    client = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"})
    with nothing_changes():
        assert client.get(address).status_code == 200
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(address).status_code == 405, method
    assert counting.total(article.pk) == 0
    assert not visit(address).all(id="reads")


def test_its_pictures_and_attachments_are_the_holders_and_nobody_elses(newsroom, as_user):
    """Scenarios 34 and 35."""
    body = f"<p>{WORDS}</p><p>{pasted(picture())}</p>"
    article = newsroom.draft(body=body)
    other = newsroom.draft(body=f"<p>{pasted(picture(colour='blue'))}</p>")
    red, blue = (one.active_draft().attachments.get().file for one in (article, other))
    address = share(article, as_user("drafter"))
    source = visit(address).one("img").attributes["src"]
    assert source == f"{address}files/{red.digest}.{red.extension}"

    shown = Client().get(source)
    assert shown.status_code == 200
    assert (shown["Content-Type"], shown.content[:4]) == ("image/png", b"\x89PNG")
    assert shown["Cache-Control"] == "private, no-store"
    assert (shown["X-Robots-Tag"], shown["Referrer-Policy"]) == ("noindex", "no-referrer")
    assert Client().head(source).status_code == 200
    assert Client().post(source).status_code == 405

    for closed in (
        f"{address}files/{blue.digest}.{blue.extension}",  # of another draft
        source.replace(".png", ".html"),
        source.replace(address, "/preview/abc/"),
        red.get_absolute_url(),
    ):
        assert Client().get(closed).status_code == 404, closed
    revoke(article, as_user("drafter"))
    assert Client().get(source).status_code == 404
    # The address stands on the shared page alone: neither in what is kept nor on the desk.
    assert "/preview/" not in article.active_draft().body
    desk = as_user("drafter").get(f"/admin/articles/article/{article.pk}/revisions/1/").content.decode()
    assert f'src="/files/{red.digest}.png"' in desk


def test_what_is_attached_can_be_fetched_through_the_link_too(newsroom, article, as_user):
    """Scenarios 34 and 35."""
    attached = store_picture(picture(colour="green"), newsroom.drafter)
    Attachment.objects.create(revision=article.active_draft(), file=attached, kind="download", name="附件.png")
    address = share(article, as_user("drafter"))
    (source,) = [link for link, words in visit(address).links() if words == "附件.png"]
    assert Client().get(source).status_code == 200
    assert Client().get(attached.get_absolute_url()).status_code == 404


def test_a_picture_that_was_taken_out_of_the_text_is_no_longer_the_holders(newsroom, as_user):
    """Scenarios 34 and 35."""
    article = newsroom.draft(body=f"<p>{pasted(picture())}</p>")
    address = share(article, as_user("drafter"))
    source = visit(address).one("img").attributes["src"]
    assert Client().get(source).status_code == 200
    edit(article, newsroom.drafter, body=f"<p>{WORDS}</p>")
    assert File.objects.count() == 1
    assert Client().get(source).status_code == 404


@pytest.mark.parametrize("who", ["drafter", "colleague", "reviewer", "publisher", "admin"])
def test_who_may_see_the_draft_may_share_it_and_revoke(newsroom, article, as_user, who):
    """Scenario 35."""
    client = as_user(who)
    assert "生成预览链接" in client.get(overview(article)).content.decode()
    address = share(article, client)
    assert shows(address)
    shared = Entry.objects.get(verb="preview.shared")
    assert (shared.actor_name, shared.object_id) == (newsroom.people[who].full_name, str(article.pk))
    revoke(article, client)
    assert not shows(address)


def test_who_may_not_see_the_draft_neither_shares_nor_revokes(newsroom, article, address, as_user):
    """Scenario 35."""
    where = f"/admin/articles/article/{article.pk}/share/"
    stranger, drafter = as_user("stranger"), as_user("drafter")
    with nothing_changes():
        for words in ({}, {"revoke": "1"}):
            assert stranger.post(where, words).status_code == 403
            assert Client().post(where, words)["Location"].startswith("/admin/login/")
        assert drafter.get(where)["Location"] == overview(article)
        assert drafter.get(where, {"revoke": "1"})["Location"] == overview(article)
    assert shows(address)


def test_there_is_nothing_to_share_once_all_is_published(newsroom, as_user):
    """Scenario 35."""
    article = newsroom.published().article
    client = as_user("drafter")
    assert "生成预览链接" not in client.get(overview(article)).content.decode()
    with nothing_changes():
        client.post(f"/admin/articles/article/{article.pk}/share/")
    assert not PreviewLink.objects.exists()


# Behind the application's back.


def put_in(article, newsroom, token="x" * 32, **changes):
    """A link that somebody wrote into the database."""
    now = timezone.now()
    facts = {"made_at": now, "made_by_id": newsroom.drafter.pk, "made_by_name": "x", "ends_at": now + timedelta(days=9)}
    row = {"article_id": article.pk, "token_digest": sha256(token), "seal_key": "", "seal_signature": "", **facts}
    row |= changes
    columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    run(f"INSERT INTO workflow_previewlink ({columns}) VALUES ({marks})", list(row.values()))
    return f"/preview/{token}/"


def test_a_link_that_was_put_in_by_sql_opens_nothing_and_is_named(newsroom, article, address):
    """Scenarios 35 and 62."""
    good = PreviewLink.objects.get()
    seals = {"seal_key": good.seal_key, "seal_signature": good.seal_signature}
    for changes in ({}, seals, {**seals, "made_at": good.made_at, "ends_at": good.ends_at}):
        with undone():
            reset_throttling()
            assert not shows(put_in(article, newsroom, **changes))
            assert Alarm.objects.filter(subject__startswith="preview link ").exists()
            [line] = [line for line in mismatches() if line.startswith("preview link ")]
            assert line.endswith("made or changed outside the site")
    assert shows(address)
    assert not [line for line in mismatches() if line.startswith("preview link ")]


@pytest.mark.parametrize("change", ["ends_at = ends_at_later", "article_id = other"])
def test_a_link_whose_row_was_changed_opens_nothing(newsroom, article, address, change):
    """Scenarios 35 and 62."""
    other = newsroom.draft(body=f"<p>{WORDS}</p>")
    column, value = {
        "ends_at = ends_at_later": ("ends_at", timezone.now() + timedelta(days=99)),
        "article_id = other": ("article_id", other.pk),
    }[change]
    run(f"UPDATE workflow_previewlink SET {column} = %s", [value])
    assert not shows(address)
    assert Client().get(f"{address}files/{'0' * 64}.png").status_code == 404


def test_a_revoked_link_that_was_opened_again_by_sql_stays_closed_and_is_named(newsroom, article, address, as_user):
    """Scenarios 35 and 62."""
    revoke(article, as_user("drafter"))
    run("UPDATE workflow_previewlink SET revoked_at = NULL")
    assert PreviewLink.objects.get().seal_holds()
    assert not shows(address)
    assert [line for line in mismatches() if line.endswith("revoked or opened again outside the site")]


def test_a_link_of_a_discarded_draft_that_was_opened_again_by_sql_stays_closed(newsroom, as_user):
    """Scenarios 35 and 62."""
    article = newsroom.rewritten(newsroom.published(body=f"<p>{WORDS}</p>").article)
    address = share(article, as_user("drafter"))
    services.discard(article, by=newsroom.drafter)
    services.revise(article, by=newsroom.drafter)
    run("UPDATE workflow_previewlink SET revoked_at = NULL")
    assert not shows(address)
