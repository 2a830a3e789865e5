"""Tampered data is never shown as signed (scenario 43)."""

from datetime import timedelta

import pytest
from django.db import models
from django.utils import timezone

from articles.files.storage import store_picture
from articles.models import Publication, Revision
from articles.models.revision import TEXT_FIELDS
from ledger import seals
from ledger.models import Alarm
from portal import identity
from portal.models import Identity
from tests.factories import SITE_IDENTITY
from tests.images import pasted, picture
from tests.ledger.attacker import Stranger, copied, refused, run, tamper, undone
from tests.ledger.auditor import named, verify
from tests.portal.visitor import visit

pytestmark = pytest.mark.usefixtures("media")
DAY = timedelta(days=1)
HIJACKED = "欢迎访问365体育娱乐"


@pytest.fixture
def live(newsroom):
    """A live article between two others."""
    now = timezone.now()
    newsroom.published(title="更早的一篇", dated=now - 3 * DAY)
    middle = newsroom.published(
        title="签发的标题",
        body=f"<p>签发的正文</p><p>{pasted(picture())}</p>",
        summary="签发的摘要",
        dated=now - 2 * DAY,
        columns=[newsroom.elsewhere],
    )
    newsroom.published(title="更晚的一篇", dated=now - DAY)
    assert verify() == []
    return middle


def places(newsroom):
    """Every page that shows titles of several articles, by its name."""
    newest = Publication.objects.get(title="更晚的一篇")
    return {
        "home": visit("/").html,
        "department": visit(f"/{newsroom.department.slug}/").html,
        "further column": visit(f"/{newsroom.elsewhere.slug}/").html,
        "search": visit("/search/?q=签发的正文").html,
        "feed": visit("/feed/").html,
        "feed of the department": visit(f"/{newsroom.department.slug}/feed/").html,
        "neighbour": visit(newest.get_absolute_url()).html,
    }


def test_the_article_stands_in_all_these_places_while_nothing_was_changed(newsroom, live):
    """So that the tests below are known to look where it would stand."""
    assert [name for name, html in places(newsroom).items() if "签发的标题" not in html] == []
    assert visit(live.get_absolute_url()).status == 200


# The article's own page.


def test_a_page_with_a_changed_word_is_an_error_and_never_the_word(live):
    """Scenario 43."""
    for field in TEXT_FIELDS:
        with undone():
            tamper(f'UPDATE articles_revision SET "{field}" = %s WHERE id = %s', [HIJACKED, live.revision_id])
            page = visit(live.get_absolute_url())
            assert page.status == 503, field
            assert "365体育" not in page.html and "签发的正文" not in page.html
            assert named(f"revision {live.revision_id}")


def test_one_changed_character_of_the_body_is_seen(live):
    """Scenario 43."""
    tamper("UPDATE articles_revision SET body = replace(body, '签发', '签髮') WHERE id = %s", [live.revision_id])
    assert visit(live.get_absolute_url()).status == 503


def test_a_changed_summary_or_date_of_the_revision_is_seen(live):
    """Scenario 43."""
    tamper("UPDATE articles_revision SET dated = %s WHERE id = %s", [timezone.now() - 9 * DAY, live.revision_id])
    assert visit(live.get_absolute_url()).status == 503


def test_a_changed_attachment_is_seen(live):
    """Scenario 43."""
    for statement in [
        "UPDATE articles_attachment SET caption = 'x' WHERE revision_id = %s",
        "UPDATE articles_attachment SET kind = 'download', name = 'x' WHERE revision_id = %s",
        "DELETE FROM articles_attachment WHERE revision_id = %s",
    ]:
        with undone():
            tamper(statement, [live.revision_id])
            assert visit(live.get_absolute_url()).status == 503, statement
            assert named(f"revision {live.revision_id}")


def test_an_attachment_that_was_put_in_is_not_offered(newsroom):
    """Scenario 43."""
    plain = newsroom.published()
    file = store_picture(picture(colour="black"), newsroom.drafter)
    tamper(
        "INSERT INTO articles_attachment (revision_id, file_id, kind, name, caption, position) "
        "VALUES (%s, %s, 'download', %s, '', 0)",
        [plain.revision_id, file.pk, HIJACKED],
    )
    page = visit(plain.get_absolute_url())
    assert "365体育" not in page.html and file.digest not in page.html
    assert named(f"revision {plain.revision_id}")


def test_words_of_another_article_do_not_pass_for_the_signed_ones(newsroom, live):
    """Scenario 43. Everything is signed, only not for this place."""
    other = newsroom.published(title="别处签发的标题", body="<p>别处签发的正文</p>")
    tamper("UPDATE articles_publication SET revision_id = %s WHERE id = %s", [other.revision_id, live.pk])
    page = visit(live.get_absolute_url())
    assert page.status == 503
    assert "别处签发" not in page.html
    assert named(f"publication {live.pk}")


def test_the_seal_of_another_publication_does_not_pass(newsroom, live):
    """Scenario 43."""
    other = newsroom.published(title="别处签发的标题")
    tamper(
        "UPDATE articles_publication SET title = %s, seal_key = %s, seal_signature = %s WHERE id = %s",
        [other.title, other.seal_key, other.seal_signature, live.pk],
    )
    assert visit(live.get_absolute_url()).status == 503


def test_everything_made_anew_with_another_key_does_not_pass(newsroom, live):
    """Scenario 44. Words, digests and seal agree with each other; but who signed is nobody here."""
    stranger, revision = Stranger(), Revision.objects.get(pk=live.revision_id)
    revision.title = live.title = HIJACKED
    live.digest = revision.compute_digest()
    signature = stranger.sign(seals.signing_input("publication", live.manifest()))
    tamper("UPDATE articles_revision SET title = %s, digest = %s WHERE id = %s", [HIJACKED, live.digest, revision.pk])
    tamper(
        "UPDATE articles_publication SET title = %s, digest = %s, seal_key = %s, seal_signature = %s WHERE id = %s",
        [HIJACKED, live.digest, stranger.name, signature, live.pk],
    )
    assert visit(live.get_absolute_url()).status == 503
    assert [name for name, html in places(newsroom).items() if HIJACKED in html] == []
    assert named(f"publication {live.pk}")


# Wherever titles stand.


CHANGES = {
    "title": HIJACKED,
    "summary": HIJACKED,
    "address": "https://evil.example/",
    "dated": "2030-01-01 00:00:00",
    "live_from": "2014-02-07 00:00:00",
    "sign_offs": '[{"step": "签发", "person": 1, "name": "别人", "for": "", "time": ""}]',
    "columns": "[]",
    "cover_digest": "0" * 64,
    "seal_signature": "0" * 128,
    "seal_key": "0" * 16,
}


def test_a_publication_that_was_changed_is_left_out_everywhere(newsroom, live):
    """Scenario 43."""
    for column, value in CHANGES.items():
        with undone():
            if column == "live_from":
                tamper("UPDATE articles_publication SET first_live_from = %s WHERE id = %s", [value, live.pk])
            tamper(f"UPDATE articles_publication SET {column} = %s WHERE id = %s", [value, live.pk])
            page = visit(live.get_absolute_url())
            assert page.status == 503, column
            assert "365体育" not in page.html
            shown = places(newsroom)
            for words in ("签发的标题", HIJACKED, "evil.example"):
                assert [name for name, html in shown.items() if words in html] == [], column
            for name in ("home", "department", "feed"):
                assert "更早的一篇" in shown[name] and "更晚的一篇" in shown[name]
            assert named(f"publication {live.pk}"), column


def test_a_neighbour_that_was_changed_is_passed_over(newsroom, live):
    """Scenario 37, 43."""
    tamper("UPDATE articles_publication SET title = %s WHERE id = %s", [HIJACKED, live.pk])
    newest = Publication.objects.get(title="更晚的一篇")
    older = visit(newest.get_absolute_url()).one("nav", class_="neighbours").all("p")[0]
    assert [words for _, words in older.links()] == ["更早的一篇"]


def test_superusers_are_told_of_what_was_not_shown(newsroom, client, live):
    tamper("UPDATE articles_publication SET title = %s WHERE id = %s", [HIJACKED, live.pk])
    visit("/")
    visit(live.get_absolute_url())
    assert Alarm.objects.get().subject == f"publication {live.pk}"
    client.force_login(newsroom.admin)
    assert visit("/admin/ledger/alarm/", client).words.count(f"发布 {live.pk}") == 1
    client.force_login(newsroom.drafter)
    assert visit("/admin/ledger/alarm/", client).status == 403


# The identity of the site.

FIELDS = [field.name for field in Identity._meta.concrete_fields if isinstance(field, models.CharField)]


@pytest.fixture
def versions(newsroom, site):
    """Two versions of the identity: the older, then the one in force."""
    newer = identity.save_identity(
        Identity(**{**SITE_IDENTITY, "technical_support": "新的技术支持"}), by=newsroom.admin
    )
    assert "新的技术支持" in visit("/").one("footer").words
    return site, newer


def test_a_changed_identity_falls_back_to_the_last_version_that_holds(versions):
    """Scenario 43."""
    older, newer = versions
    for field in set(FIELDS) - {"saved_by_name", "theme"}:  # another theme: tests/portal/test_themes.py
        with undone():
            tamper(f"UPDATE portal_identity SET {field} = %s WHERE id = %s", ["365体育", newer.pk])
            page = visit("/")
            assert "365体育" not in page.html, field
            assert SITE_IDENTITY["technical_support"] in page.one("footer").words, field
            assert named(f"identity {newer.pk}") and not named(f"identity {older.pk}"), field


def test_an_identity_that_was_put_in_is_passed_over_and_named(versions):
    """Scenario 43. The seal of an older version does not pass for other words."""
    _older, newer = versions
    run(*copied(Identity, newer.pk, copyright_holder="365体育娱乐"))
    assert "365体育" not in visit("/").html
    assert "新的技术支持" in visit("/").one("footer").words
    assert len([line for line in verify() if line.startswith("identity ")]) == 1


def test_without_any_identity_that_holds_there_is_no_footer_line_and_still_a_page(versions):
    """Scenario 43."""
    tamper("UPDATE portal_identity SET copyright_holder = '365体育娱乐'")
    page = visit("/")
    assert page.status == 200 and "365体育" not in page.html
    assert SITE_IDENTITY["address"] not in page.html


def test_the_database_keeps_every_version_of_the_identity(versions):
    refused("UPDATE portal_identity SET name = 'x'")
    refused("DELETE FROM portal_identity")
    assert Identity.objects.count() == 2
