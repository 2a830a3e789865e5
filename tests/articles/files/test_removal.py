"""Expunging while the same file is uploaded again leaves the file with its content, or neither."""

import threading
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connections

from articles import drafts, expunging
from articles.files import storage
from articles.files.removal import remove_unused_files
from articles.models import Attachment, File, Rendition, Upload
from ledger.models import Alarm
from ledger.verification.checks import mismatches
from tests.articles.files.test_renditions import photograph
from tests.images import pasted, picture
from tests.ledger.threads import at_once
from workflow import services

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases("row locks and isolation differ"),
    pytest.mark.usefixtures("media"),
]
PICTURE, PDF = picture(), b"%PDF-1.4 names"


def withdrawn_with(newsroom, data, **words):
    """An article that was public, with the file in it."""
    article = newsroom.draft(**words)
    draft = article.active_draft()
    if data.startswith(b"%PDF"):
        drafts.attach_file(
            draft, storage.store_document(data, newsroom.drafter), name="名单", by=newsroom.drafter, version=2
        )
    else:
        drafts.save_draft(draft, {"body": f"<p>正文</p>{pasted(data)}"}, by=newsroom.drafter, version=2)
    newsroom.published(article)
    services.withdraw(article, by=newsroom.publisher, reason="泄露", notice="已撤稿")
    return article


def expunge(newsroom, article):
    services.expunge(article, by=newsroom.publisher, seconded_by=newsroom.admin, reason="泄露个人信息")


def assert_rows_and_contents_agree(media):
    """Each row has its content, and no content is left without a row."""
    rows = list(File.objects.all())
    assert [file.digest for file in rows if storage.read_verified(file) is None] == []
    on_disk = {file.name for file in Path(media, "files").rglob("*") if file.is_file()}
    assert on_disk == {file.digest for file in rows}
    assert list(mismatches()) == []


def in_a_thread(act, outcomes):
    """Begin the act with a connection of its own, and give it the time that it takes if nothing stops it."""

    def run():
        try:
            outcomes.append(act())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=1.5)
    return thread


class UploadDuringDeletion(FileSystemStorage):
    """The disk. In the moment before a content is deleted, `act` begins."""

    act, threads, outcomes = None, [], []

    def delete(self, name):
        if act := type(self).act:
            type(self).act = None
            self.threads.append(in_a_thread(act, self.outcomes))
        super().delete(name)


@pytest.fixture
def during_deletion(settings):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.UploadDuringDeletion"}}
    UploadDuringDeletion.act, UploadDuringDeletion.threads, UploadDuringDeletion.outcomes = None, [], []
    return UploadDuringDeletion


@pytest.mark.parametrize("data", [PICTURE, PDF, photograph()], ids=["picture", "document", "picture with renditions"])
@pytest.mark.slow
def test_who_uploads_while_the_content_is_deleted_has_the_file_with_its_content(newsroom, media, during_deletion, data):
    article = withdrawn_with(newsroom, data)
    during_deletion.act = lambda: storage.store_upload(data, newsroom.colleague)
    expunge(newsroom, article)
    for thread in during_deletion.threads:
        thread.join()
    (file,) = during_deletion.outcomes
    assert File.objects.filter(digest=file.digest, uploads__person=newsroom.colleague).exists()
    assert_rows_and_contents_agree(media)


@pytest.mark.parametrize("who", ["drafter", "colleague"])
@pytest.mark.slow
def test_who_uploads_while_the_expunging_is_not_committed_yet_has_both_or_neither(newsroom, media, who, monkeypatch):
    article = withdrawn_with(newsroom, PICTURE)
    outcomes, threads = [], []

    def upload():
        return storage.store_picture(PICTURE, newsroom.people[who])

    monkeypatch.setattr(expunging, "erase_hooks", [lambda _article: threads.append(in_a_thread(upload, outcomes))])
    expunge(newsroom, article)
    threads[0].join()
    assert len(outcomes) == 1, "the upload failed"
    assert_rows_and_contents_agree(media)


def test_a_save_and_uploads_at_once_with_an_expunging_leave_rows_and_contents_that_agree(newsroom, media):
    for number in range(4):
        data = picture(size=(12 + number, 8))
        article = withdrawn_with(newsroom, data)
        draft = newsroom.draft(title="另一篇").active_draft()
        body = {"body": f"<p>正文</p>{pasted(data)}"}
        outcomes = at_once(
            [
                lambda: expunge(newsroom, article),  # noqa: B023 (all end within this turn)
                lambda: drafts.save_draft(draft, body, by=newsroom.colleague, version=2),  # noqa: B023
                *[lambda who=who: storage.store_upload(data, who) for who in (newsroom.drafter, newsroom.reviewer)],  # noqa: B023
            ]
        )
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        assert Attachment.objects.filter(revision=draft).exists(), "the saved text has lost its picture"
        assert_rows_and_contents_agree(media)


def test_a_file_that_another_text_or_a_cover_uses_stays(newsroom, media):
    article = withdrawn_with(newsroom, PICTURE)
    file = File.objects.get()
    other = newsroom.draft(title="另一篇").active_draft()
    drafts.save_draft(other, {"cover": file}, by=newsroom.drafter, version=2)
    expunge(newsroom, article)
    assert File.objects.get() == file and Upload.objects.filter(file=file).exists()
    assert_rows_and_contents_agree(media)


def test_a_rendition_that_two_pictures_share_stays_for_the_other_one(newsroom, media):
    article = withdrawn_with(newsroom, photograph())
    first = File.objects.get(attachments__revision__article=article, renditions__name="small")
    shared = first.renditions.get(name="small").file
    other = storage.store_picture(PICTURE, newsroom.drafter)
    Rendition.objects.create(original=other, name="small", file=shared, seal_key="", seal_signature="")
    expunge(newsroom, article)
    assert set(File.objects.values_list("pk", flat=True)) == {other.pk, shared.pk}
    assert storage.read_verified(shared)


class ReadOnlyDisk(FileSystemStorage):
    def delete(self, name):
        raise OSError(30, "Read-only file system")


def test_content_that_cannot_be_deleted_raises_an_alarm_and_goes_with_the_next_removal(newsroom, media, settings):
    article = withdrawn_with(newsroom, PICTURE)
    storages = settings.STORAGES
    settings.STORAGES = {**storages, "default": {"BACKEND": f"{__name__}.ReadOnlyDisk"}}
    expunge(newsroom, article)
    file = File.objects.get()
    assert Alarm.objects.get().subject == f"file {file.digest[:12]}"
    assert not file.uploads.exists()  # so that nobody may have it
    settings.STORAGES = storages
    assert default_storage.exists(file.path)
    remove_unused_files()
    assert not File.objects.exists() and not default_storage.exists(file.path)
