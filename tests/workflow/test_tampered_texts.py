"""A submitted text whose stored words were changed is neither shown nor decided on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import drafts
from articles.files.attachments import AttachmentSpec
from articles.files.storage import store_document, store_picture
from articles.models import DraftSave
from articles.models.frozen_text import TamperedText
from articles.text.passages import Quote
from departments.exceptions import TamperedRow
from ledger.canonical_json import sha256
from ledger.models import Alarm
from ledger.monitoring import alarms
from tests.desk_screens import every_screen
from tests.images import picture
from tests.ledger.attacker import run, tamper, undone
from tests.workflow.action_calls import approve, edit, give_back
from workflow import services
from workflow.actions import openings, preview_links, remarks
from workflow.actions.restoring import find_text_version
from workflow.models import Round
from workflow.notifications import messages

pytestmark = pytest.mark.usefixtures("media")

FOREIGN = "别处写来的话"
BODY = "<p>改过的正文，请看附件。</p>"
# What the owner of the database changes for a minute. %(revision)s: id of the revision.
SWAPS = {
    "body": f"UPDATE articles_revision SET body = '<p>{FOREIGN}</p>' WHERE id = %(revision)s",
    "title": f"UPDATE articles_revision SET title = '{FOREIGN}' WHERE id = %(revision)s",
    "summary": f"UPDATE articles_revision SET summary = '{FOREIGN}' WHERE id = %(revision)s",
    "subtitle": f"UPDATE articles_revision SET subtitle = '{FOREIGN}' WHERE id = %(revision)s",
    "date": "UPDATE articles_revision SET dated = NULL WHERE id = %(revision)s",
    "cover": "UPDATE articles_revision SET cover_id = NULL WHERE id = %(revision)s",
    "attachment": f"UPDATE articles_attachment SET name = '{FOREIGN}' WHERE revision_id = %(revision)s",
    "attachment gone": "DELETE FROM articles_attachment WHERE revision_id = %(revision)s",
    "column": "DELETE FROM articles_furthercolumn WHERE revision_id = %(revision)s",
    "file": "UPDATE articles_file SET digest = 'x' || SUBSTR(digest, 2) WHERE media_type = 'application/pdf'",
    "body and its digest": f"UPDATE articles_revision SET body = '<p>{FOREIGN}</p>', body_digest = '"
    + sha256(f"<p>{FOREIGN}</p>")
    + "' WHERE id = %(revision)s",
    "back to a draft": f"UPDATE articles_revision SET body = '<p>{FOREIGN}</p>', state = 'draft', frozen_at = NULL, "
    "digest = '', body_digest = '', seal_key = '', seal_signature = '' WHERE id = %(revision)s",
}


def swap(name: str, revision) -> None:
    tamper(SWAPS[name].replace("%(revision)s", str(revision.pk)))


IN_EVERY_RUN = {"body", "body and its digest"}  # the rest is for --all
EVERY_SWAP = [name if name in IN_EVERY_RUN else pytest.param(name, marks=pytest.mark.slow) for name in SWAPS]


@contextmanager
def swapped(name: str, revision) -> Iterator[None]:
    """The words are others inside, and afterwards as they were."""
    with undone():
        alarms.reset_throttling()
        swap(name, revision)
        yield


@pytest.fixture
def waiting(newsroom):
    """A round at its last step, on a text that says something in every place, over a text that is public."""
    article = newsroom.published(title="现行的标题").article
    draft = services.revise(article, by=newsroom.drafter)
    content = {
        "title": "改过的标题",
        "subtitle": "副题",
        "summary": "摘要",
        "body": BODY,
        "dated": timezone.now(),
        "cover": store_picture(picture(), newsroom.drafter),
        "columns": [newsroom.elsewhere],
        "attachments": [AttachmentSpec(store_document(b"%PDF-1.7\n%%EOF\n", newsroom.drafter), "附件一", "")],
    }
    drafts.save_draft(draft, content, by=newsroom.drafter, version=draft.version)
    opened = services.submit(article, by=newsroom.drafter)
    approve(opened, newsroom.reviewer)
    return Round.objects.with_related_rows_and_article().get(pk=opened.pk)


# The round's seal covers the digest: where the digest was swapped too, the round is refused before its text is read.
REFUSED = (TamperedText, TamperedRow)


def alarmed(waiting) -> bool:
    subjects = [f"revision {waiting.revision_id}", f"round {waiting.pk}"]
    return Alarm.objects.filter(subject__in=subjects, cleared_at=None).exists()


@pytest.mark.parametrize("name", EVERY_SWAP)
def test_no_page_that_leads_to_a_decision_shows_the_swapped_words(newsroom, as_user, waiting, name):
    """Scenario 51."""
    publisher, drafter, revision = as_user("publisher"), as_user("drafter"), waiting.revision
    article = f"/admin/articles/article/{waiting.article_id}/"
    review = reverse("admin:workflow_round_review", args=[waiting.pk])
    assert publisher.get(review).status_code == 200
    token = preview_links.create_link(waiting.article, by=newsroom.drafter)[1]
    screens = {
        "review": (publisher, review, 503),
        "preview": (publisher, f"{article}revisions/{revision.number}/", 503),
        "preview of the review": (publisher, f"{article}revisions/{revision.number}/?digest={revision.digest}", 503),
        "comparison": (publisher, f"{article}compare/?from=1&to={revision.number}", 503),
        "other way round": (drafter, f"{article}compare/?from={revision.number}&to=1&part=1", 503),
        "sheet": (publisher, reverse("admin:workflow_round_sheet", args=[waiting.pk]), 503),
        "preview link": (Client(), reverse("shared-preview", args=[token]), 503),
        "overview": (drafter, f"{article}overview/", 200),
        "queue": (publisher, "/admin/workflow/round/", 200),
    }
    for client, address, _status in screens.values():
        assert client.get(address).status_code == 200, address
    for screen, (client, address, status) in screens.items():
        with swapped(name, revision):
            response = client.get(address)
            assert FOREIGN not in response.content.decode(), screen
            assert response.status_code == status, screen
            assert status == 200 or alarmed(waiting), screen
    for client, address, _status in screens.values():
        assert client.get(address).status_code == 200, address


@pytest.mark.both_databases("the owner's statements, and what a rolled back transaction leaves, differ")
@pytest.mark.parametrize("name", EVERY_SWAP)
def test_nothing_is_decided_on_swapped_words_and_all_works_once_they_are_back(newsroom, waiting, name):
    """Scenario 51."""
    revision = waiting.revision
    decisions = {
        "approve": lambda: services.approve(waiting, by=newsroom.publisher, seen=revision.digest),
        "return": lambda: services.return_for_changes(
            waiting, by=newsroom.publisher, seen=revision.digest, reason="请改"
        ),
        "take back": lambda: services.take_back(waiting, by=newsroom.drafter),
        "copy": lambda: services.copy_as_new(
            waiting.article.revisions.get(pk=revision.pk), by=newsroom.drafter, department=newsroom.department
        ),
        "remark": lambda: remarks.add_remark(
            Round.objects.get(pk=waiting.pk), newsroom.publisher, Quote(FOREIGN[:2], "", ""), text="好"
        ),
        "emergency": lambda: services.publish_in_emergency(
            waiting.article, by=newsroom.publisher, seen=revision.digest, reason="急"
        ),
    }
    before = waiting.article.publications.count(), waiting.article.revisions.count()
    for service, decide in decisions.items():
        with swapped(name, revision):
            with pytest.raises(REFUSED):
                decide()
            assert alarmed(waiting), service
            assert before == (waiting.article.publications.count(), waiting.article.revisions.count()), service
            assert not waiting.decisions.filter(person=newsroom.publisher).exists(), service
    publication = decisions["approve"]()
    assert publication.title == "改过的标题" and publication.seal_holds()


def test_words_and_digest_swapped_together_are_refused_too(newsroom, as_user, waiting):
    """Scenario 51. The row is then right in itself, but nobody can seal it."""
    revision = waiting.revision
    foreign = revision.article.revisions.get(pk=revision.pk)
    foreign.body = f"<p>{FOREIGN}</p>"
    foreign.body_digest, foreign.digest = sha256(foreign.body), foreign.compute_digest()
    tamper(
        "UPDATE articles_revision SET body = %s, body_digest = %s, digest = %s WHERE id = %s",
        [foreign.body, foreign.body_digest, foreign.digest, revision.pk],
    )
    assert as_user("publisher").get(reverse("admin:workflow_round_review", args=[waiting.pk])).status_code == 503
    for digest in (revision.digest, foreign.digest):
        with pytest.raises(REFUSED):
            services.approve(waiting, by=newsroom.publisher, seen=digest)


def test_the_seal_of_another_revision_does_not_vouch_for_this_one(newsroom, waiting):
    """Scenario 51. A whole row is put in place of another, with its good digest and seal."""
    other = newsroom.submitted(title="另一篇").revision
    names = ("title", "summary", "body", "digest", "body_digest", "seal_key", "seal_signature")
    values = [getattr(other, name) for name in names]
    changed = ", ".join(f'"{name}" = %s' for name in names)
    tamper("DELETE FROM articles_attachment WHERE revision_id = %s", [waiting.revision_id])
    tamper("DELETE FROM articles_furthercolumn WHERE revision_id = %s", [waiting.revision_id])
    tamper(
        f"UPDATE articles_revision SET {changed}, subtitle = '', cover_id = NULL, dated = NULL WHERE id = %s",
        [*values, waiting.revision_id],
    )
    stored = waiting.article.revisions.get(pk=waiting.revision_id)
    assert stored.compute_digest() == stored.digest
    with pytest.raises(TamperedText):
        stored.check_text()


def test_an_earlier_approval_of_other_words_counts_for_nothing(newsroom, waiting):
    """Scenario 51. The reviewer approved while other words, digest included, stood there."""
    tamper("UPDATE workflow_decision SET digest = %s WHERE round_id = %s", ["a" * 64, waiting.pk])
    with pytest.raises(TamperedRow):
        approve(waiting, newsroom.publisher)


def test_bulk_approval_leaves_out_a_text_that_was_swapped(newsroom, as_user, waiting):
    """Scenario 51."""
    publisher = as_user("publisher")
    publisher.get(reverse("admin:workflow_round_review", args=[waiting.pk]))
    tick = f"{waiting.pk}:{waiting.revision.digest}"
    for name in SWAPS:
        with swapped(name, waiting.revision):
            page = publisher.post("/admin/workflow/round/", {"chosen": [tick]}, follow=True).content.decode()
            assert FOREIGN not in page and 'name="confirmed"' not in page, name
    assert 'name="confirmed"' in publisher.post("/admin/workflow/round/", {"chosen": [tick]}).content.decode()


@pytest.mark.parametrize("name", ["body", "title", "attachment"])
def test_published_words_that_were_swapped_go_into_no_draft(newsroom, name):
    """Scenario 51: revising and restoring copy a text; the copy would carry foreign words as the author's."""
    article = newsroom.published(attachments=[], title="原题").article
    revision = article.revisions.get()
    if name == "attachment":
        statement = (
            "INSERT INTO articles_attachment (revision_id, file_id, kind, name, caption, position) "
            f"SELECT {revision.pk}, id, 'download', '{FOREIGN}', '', 1 FROM articles_file"
        )
        store_document(b"%PDF-1.7\n%%EOF\n", newsroom.drafter)
    else:
        statement = SWAPS[name].replace("%(revision)s", str(revision.pk))
    for copy in (
        lambda: services.revise(article, by=newsroom.drafter),
        lambda: services.restore(article, by=newsroom.drafter, source=find_text_version(article, "1")),
    ):
        with undone():
            tamper(statement)
            with pytest.raises(TamperedText):
                copy()
            assert article.revisions.count() == 1
        with undone():
            copy()
            assert article.revisions.count() == 2


def test_a_scheduled_text_whose_digest_was_swapped_opens_no_round(newsroom):
    article = newsroom.published(at=timezone.now() + timedelta(days=1)).article
    revision = article.revisions.get()
    with undone():
        tamper("UPDATE articles_revision SET digest = %s WHERE id = %s", ["a" * 64, revision.pk])
        with pytest.raises(TamperedText):
            services.unschedule(article, by=newsroom.publisher, reason="缓")
    assert services.unschedule(article, by=newsroom.publisher, reason="缓").revision == revision


def test_a_withdrawal_goes_through_although_the_text_was_swapped(newsroom):
    """What was tampered with can always be taken down; the desk's search does not take the foreign words in."""
    publication = newsroom.published()
    swap("body", publication.revision)
    services.withdraw(publication.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert not publication.article.publications.live().exists()


def test_mails_and_group_chats_do_not_carry_a_swapped_title(newsroom, waiting):
    """Scenario 51."""
    told = waiting.notifications.filter(person=newsroom.publisher).first()
    group = waiting.notifications.filter(person=None).first()
    for unfrozen in ("", ", state = 'draft', frozen_at = NULL, digest = '', body_digest = ''"):
        with undone():
            tamper(f"UPDATE articles_revision SET title = '{FOREIGN}'{unfrozen} WHERE id = %s", [waiting.revision_id])
            assert FOREIGN not in "".join(messages.email_message(told))
            assert group is None or FOREIGN not in messages.chat_message(group)
    assert "改过的标题" in "".join(messages.email_message(told))


def test_an_alarm_outlives_the_transaction_that_a_swapped_text_ended(newsroom, waiting):
    """The refusal rolls the decision back; superusers still find the alarm on their desk."""
    swap("body", waiting.revision)
    with pytest.raises(TamperedText):
        approve(waiting, newsroom.publisher)
    assert alarmed(waiting)
    assert f"revision {waiting.revision_id}" in {alarm.subject for alarm in alarms.open_alarms()}


@pytest.mark.slow
def test_no_screen_of_the_desk_shows_words_that_were_swapped(newsroom, as_user):
    """Scenario 51, for every screen there is: all submitted titles, bodies and summaries are others."""
    screens = every_screen(newsroom)
    tamper(
        f"UPDATE articles_revision SET title = '{FOREIGN}', body = '<p>{FOREIGN}</p>', summary = '{FOREIGN}' "
        "WHERE state = 'frozen'"
    )
    refused = set()
    for name, screen in screens.items():
        client = as_user(screen.who) if screen.who else Client()
        response = client.get(screen.address)
        assert response.status_code in (200, 302, 503), name  # nobody copies by looking
        assert FOREIGN not in response.content.decode(), name
        refused |= {name} if response.status_code == 503 else set()
    assert refused == {"comparison", "review", "last review", "review of a change", "review by who may not decide"} | {
        "approval sheet"
    }
    export = as_user("drafter").get("/admin/articles/article/export.csv")
    assert FOREIGN not in b"".join(export.streaming_content).decode()


def test_a_submission_is_about_the_words_that_stood_on_the_page(newsroom, as_user):
    article = newsroom.draft(body="<p>看到的话。</p>")
    drafter = as_user("drafter")
    page = drafter.get(reverse("admin:articles_article_overview", args=[article.pk])).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert f"?digest={seen}" in page  # the frame shows these words or none
    submit = reverse("admin:articles_article_act", args=[article.pk, "submit"])
    with undone():
        run("UPDATE articles_revision SET body = %s WHERE article_id = %s", ["<p>别的</p>", article.pk])
        number = article.active_draft().number
        frame = reverse("admin:articles_article_preview", args=[article.pk, number])
        assert drafter.get(frame, {"digest": seen}).status_code == 409
        drafter.post(submit, {"seen": seen})
        assert article.active_draft() is not None
    drafter.post(submit)  # a page that says nothing of what it showed
    assert article.active_draft() is not None
    drafter.post(submit, {"seen": seen})
    assert article.rounds.open().get().revision.body == "<p>看到的话。</p>"


def test_an_earlier_wording_is_put_back_as_it_stood_on_the_page(newsroom, as_user):
    article = newsroom.draft(body="<p>第一稿。</p>")
    first = article.active_draft()
    edit(article, newsroom.drafter, body="<p>第二稿。</p>")
    key = f"1.{first.version}"
    drafter = as_user("drafter")
    page = drafter.get(reverse("admin:articles_article_compare", args=[article.pk]), {"from": key, "to": "1"})
    seen = page.content.decode().split('name="seen" value="')[1].split('"')[0]
    put_back = reverse("admin:articles_article_restore", args=[article.pk])
    with undone():
        kept = DraftSave.objects.get(version=first.version)
        DraftSave.objects.filter(pk=kept.pk).update(content={**kept.content, "body": f"<p>{FOREIGN}</p>"})
        drafter.post(put_back, {"wording": key, "seen": seen})
        assert article.active_draft().body == "<p>第二稿。</p>"
    drafter.post(put_back, {"wording": key, "seen": seen})
    assert article.active_draft().body == "<p>第一稿。</p>"


def test_an_opening_is_noted_for_checked_words_alone(newsroom, as_user, waiting):
    with swapped("body", waiting.revision):
        as_user("publisher").get(reverse("admin:workflow_round_review", args=[waiting.pk]))
        assert not openings.opened_by(newsroom.publisher, [waiting])
    as_user("publisher").get(reverse("admin:workflow_round_review", args=[waiting.pk]))
    assert openings.opened_by(newsroom.publisher, [waiting])


def test_a_returned_text_is_copied_as_it_was_submitted(newsroom, waiting):
    draft = give_back(waiting, newsroom.publisher)
    assert (draft.title, draft.body) == ("改过的标题", BODY)
    assert [row["name"] for row in draft.attachment_contents()] == ["附件一"]
    assert draft.column_ids() == [newsroom.elsewhere.pk]
