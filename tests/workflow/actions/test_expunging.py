"""Expunging: texts and files go, the record stays whole."""

import base64
import io

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from PIL import Image

from articles.models import Article, Attachment, DraftSave, File, Publication, Revision
from articles.models.revision import TEXT_FIELDS, RevisionState
from articles.search import index
from departments.exceptions import NotAllowed, WrongState
from ledger.verification.checks import mismatches
from tests.factories import nothing_changes
from tests.workflow.action_calls import edit
from tests.workflow.action_factories import DAY, disable, entries, somebody
from tests.workflow.confirmation_factories import confirm
from workflow import services
from workflow.exceptions import ReasonMissing
from workflow.models import ExpungingRequest
from workflow.rules.states import TextState, state_of

pytestmark = pytest.mark.django_db

WORDS = "误登的身份证号码"


def picture(colour="red"):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return f'<p><img src="data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"></p>'


def expunge(article, by, seconded_by, reason="泄露个人信息"):
    services.expunge(article, by=by, seconded_by=seconded_by, reason=reason)


@pytest.fixture
def withdrawn(newsroom):
    """Published with a picture, withdrawn, and a parked draft besides."""
    article = newsroom.published(title=WORDS, body=f"<p>{WORDS}。</p>{picture()}").article
    newsroom.rewritten(article, body=f"<p>{WORDS}，新稿。</p>")
    services.park(article, by=newsroom.drafter)
    services.discard(newsroom.rewritten(article, body=f"<p>{WORDS}，弃稿。</p>"), by=newsroom.drafter)
    services.resume(article, by=newsroom.drafter)
    services.discard(article, by=newsroom.drafter)
    services.withdraw(article, by=newsroom.publisher, reason="泄露", notice="已撤稿")
    return article


def rows_of_search():
    """In both indexes."""
    count = 0
    with connection.cursor() as cursor:
        for table in (index.PUBLIC_INDEX.table, index.DESK_INDEX.table):
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            count += cursor.fetchone()[0]
    return count


def test_two_people_destroy_every_word_file_and_saved_draft_and_the_record_still_holds(
    newsroom, withdrawn, client, django_capture_on_commit_callbacks
):
    """Scenario 49."""
    file = File.objects.get()
    digests = list(withdrawn.revisions.exclude(digest="").order_by("number").values_list("digest", flat=True))
    assert default_storage.exists(file.path) and DraftSave.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        expunge(withdrawn, newsroom.publisher, newsroom.admin)
    for revision in Revision.objects.filter(article=withdrawn):
        assert not any(getattr(revision, name) for name in TEXT_FIELDS) and revision.expunged_at
    assert not DraftSave.objects.exists() and not Attachment.objects.exists() and not File.objects.exists()
    assert not default_storage.exists(file.path)
    assert rows_of_search() == 0
    assert not Publication.objects.exclude(title="").exists()
    # What is left: digests, the tombstone, an entry with both names.
    assert list(withdrawn.revisions.exclude(digest="").order_by("number").values_list("digest", flat=True)) == digests
    entry = entries(withdrawn)[-1]
    assert (entry.verb, entry.actor_id, entry.data["seconded_by"]) == (
        "article.expunged",
        newsroom.publisher.pk,
        newsroom.admin.pk,
    )
    assert entry.data["digests"] == digests
    response = client.get(f"/{newsroom.department.slug}/{withdrawn.pk}/")
    assert response.status_code == 410 and WORDS not in response.content.decode()
    assert client.get(file.get_absolute_url()).status_code == 404
    assert list(mismatches()) == []


def test_no_word_of_it_is_left_in_any_table(newsroom, withdrawn):
    """Scenario 49."""
    expunge(withdrawn, newsroom.publisher, newsroom.admin)
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert WORDS not in repr(cursor.fetchall()), table


def test_a_file_that_another_article_uses_stays(newsroom, withdrawn, django_capture_on_commit_callbacks):
    """Scenario 49."""
    newsroom.draft(body=picture())
    with django_capture_on_commit_callbacks(execute=True):
        expunge(withdrawn, newsroom.publisher, newsroom.admin)
    assert default_storage.exists(File.objects.get().path)


def test_one_person_alone_does_not_expunge(newsroom, withdrawn):
    """Scenario 49."""
    for alone in (newsroom.publisher, newsroom.admin):
        with nothing_changes(), pytest.raises(NotAllowed):
            expunge(withdrawn, alone, alone)


@pytest.mark.parametrize("name", ["drafter", "reviewer", "stranger"])
def test_somebody_who_may_not_is_neither_the_first_nor_the_second(newsroom, withdrawn, name):
    """Scenario 49."""
    other = newsroom.people[name]
    for pair in ((other, newsroom.admin), (newsroom.admin, other)):
        with nothing_changes(), pytest.raises(NotAllowed):
            expunge(withdrawn, *pair)


@pytest.mark.parametrize("reason", ["", " "])
def test_expunging_needs_a_reason(newsroom, withdrawn, reason):
    with nothing_changes(), pytest.raises(ReasonMissing):
        expunge(withdrawn, newsroom.publisher, newsroom.admin, reason)
    with nothing_changes(), pytest.raises(ReasonMissing):
        services.ask_to_expunge(withdrawn, by=newsroom.publisher, reason=reason)


def test_what_is_public_or_in_review_or_being_written_is_not_expunged(newsroom):
    """Scenario 49."""
    articles = [newsroom.published().article, newsroom.submitted().article, newsroom.draft()]
    articles.append(newsroom.published(at=timezone.now() + DAY).article)
    for article in articles:
        with nothing_changes(), pytest.raises(WrongState):
            expunge(article, newsroom.publisher, newsroom.admin)


def test_what_was_discarded_unpublished_can_be_expunged(newsroom):
    article = newsroom.draft(title=WORDS)
    services.discard(article, by=newsroom.drafter)
    expunge(article, newsroom.publisher, newsroom.admin)
    assert Revision.objects.get().title == ""
    assert state_of(Article.objects.get(pk=article.pk)).text == TextState.DISCARDED
    assert list(mismatches()) == []


def test_on_the_desk_the_first_press_asks_and_the_second_by_another_person_does_it(newsroom, withdrawn, as_user):
    """Scenario 49."""
    url = f"/admin/articles/article/{withdrawn.pk}/act/expunge/"
    form = {"expunge-reason": "泄露个人信息"}
    assert as_user("publisher").post(url, form).status_code == 302
    assert Revision.objects.filter(article=withdrawn, expunged_at=None).exists()
    before = entries(withdrawn)
    as_user("publisher").post(url, form)  # pressing twice is not two people
    assert entries(withdrawn) == before and before[-1].verb == "article.expunging_asked"
    assert as_user("drafter").post(url, form).status_code == 403
    as_user("admin").post(url, form)
    assert not Revision.objects.filter(article=withdrawn, expunged_at=None).exists()
    last = entries(withdrawn)[-1]
    assert (last.actor_id, last.data["seconded_by"]) == (newsroom.publisher.pk, newsroom.admin.pk)


def test_words_that_vanish_without_an_expunging_are_named(newsroom):
    """Scenarios 43 and 49."""
    revision = newsroom.published().revision
    words = (*TEXT_FIELDS, "seal_key", "seal_signature")
    emptied = {**dict.fromkeys(words, ""), "expunged_at": timezone.now()}
    assert list(mismatches()) == []
    Revision.objects.filter(pk=revision.pk).update(**emptied)
    named = list(mismatches())
    assert any(f"revision {revision.pk} " in line and "without an expunging" in line for line in named)


def test_drafts_emptied_without_an_expunging_are_named_too(newsroom):
    """Scenario 49."""
    draft = newsroom.draft().active_draft()
    Revision.objects.filter(pk=draft.pk).update(
        title="", state=RevisionState.DISCARDED, body="", expunged_at=timezone.now(), seal_key="", seal_signature=""
    )
    assert any(f"revision {draft.pk} " in line for line in mismatches())


def test_another_person_can_take_over_the_request_of_somebody_who_has_left(newsroom, withdrawn, as_user):
    """Scenario 49."""
    second = somebody(newsroom, "second", "publisher")
    confirm(second, newsroom.reviewer)  # the superuser who granted the role asks, so the account must be confirmed
    services.ask_to_expunge(withdrawn, by=newsroom.publisher, reason="泄露")
    disable(newsroom.publisher, newsroom.admin)
    url = f"/admin/articles/article/{withdrawn.pk}/act/expunge/"
    as_user("admin").post(url, {"expunge-reason": "泄露"})
    as_user(second).post(url, {"expunge-reason": "泄露"})
    assert entries(withdrawn)[-1].verb == "article.expunged"
    assert ExpungingRequest.objects.count() <= 1


def test_an_expunged_article_comes_back_by_no_act(newsroom, withdrawn):
    """Scenario 49."""
    expunge(withdrawn, newsroom.publisher, newsroom.admin)
    withdrawn.refresh_from_db()
    for act in (services.revise, services.resume, services.submit):
        with nothing_changes(), pytest.raises(WrongState):
            act(withdrawn, by=newsroom.drafter)
    assert withdrawn.active_draft() is None
    with pytest.raises(AttributeError):
        edit(withdrawn, newsroom.drafter)
