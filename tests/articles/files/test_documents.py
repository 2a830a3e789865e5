"""Attachments: recognised by content, and part of what is signed off."""

import io
import zipfile

import pytest
from django.core.exceptions import ValidationError

from articles import drafts
from articles.files.storage import MAX_FILE_BYTES, UnusableFile, store_document
from articles.models import DraftSave
from tests.factories import nothing_changes
from tests.images import picture
from workflow import services

PDF = b"%PDF-1.7\n%%EOF\n"


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name in names:
            written.writestr(name, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (PDF, "pdf"),
        (package("[Content_Types].xml", "word/document.xml"), "docx"),
        (package("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (package("[Content_Types].xml", "ppt/presentation.xml"), "pptx"),
        (package("OFD.xml", "Doc_0/Document.xml"), "ofd"),
    ],
)
def test_a_document_is_known_by_its_content(newsroom, media, data, ending):
    file = store_document(data, newsroom.drafter)
    assert (file.extension, file.size, file.width) == (ending, len(data), None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ\x90\x00",
        picture(),
        package("evil.exe"),
        package("word/document.xml")[:-10],
        b"PK\x03\x04 not a package",
    ],
)
def test_whatever_else_it_is_is_refused_and_nothing_is_stored(newsroom, media, data):
    with nothing_changes(), pytest.raises(UnusableFile, match="PDF"):
        store_document(data, newsroom.drafter)


def test_a_document_with_macros_is_refused(newsroom, media):
    with nothing_changes(), pytest.raises(UnusableFile, match="宏"):
        store_document(package("word/document.xml", "word/vbaProject.bin"), newsroom.drafter)


def test_a_document_that_is_too_large_is_refused(newsroom, media):
    with nothing_changes(), pytest.raises(UnusableFile, match="10 MB"):
        store_document(PDF + b" " * MAX_FILE_BYTES, newsroom.drafter)


@pytest.fixture
def draft(newsroom, media):
    return newsroom.draft().active_draft()


def attached(draft, newsroom, name="报名表", data=PDF, **words):
    file = store_document(data, newsroom.drafter)
    return drafts.attach_file(draft, file, name=name, by=newsroom.drafter, version=draft.version, **words)


def test_attaching_is_a_save_with_its_hand_in_the_text_and_its_place_in_the_history(draft, newsroom):
    before = draft.compute_digest()
    file = store_document(PDF, newsroom.colleague)
    drafts.attach_file(draft, file, name="报名表", by=newsroom.colleague, version=draft.version)
    draft.refresh_from_db()
    assert draft.saved_by == newsroom.colleague and draft.compute_digest() != before
    assert newsroom.colleague.pk in draft.contributor_ids()
    assert DraftSave.objects.order_by("version").last().content["files"][0]["name"] == "报名表"


def test_attachments_stand_in_the_order_in_which_they_came(draft, newsroom):
    names = ["一", "二", "三"]
    for number, name in enumerate(names):
        attached(draft, newsroom, name, PDF + b"%" * number)
    assert [found.name for found in draft.attachments.all()] == names


def test_a_save_in_between_stops_the_attaching(draft, newsroom):
    drafts.save_draft(draft, {"title": "别人的"}, by=newsroom.colleague, version=draft.version)
    draft.version -= 1
    with pytest.raises(drafts.StaleDraft):
        attached(draft, newsroom)
    assert not draft.attachments.exists()


def test_a_submitted_text_takes_no_attachment_any_more(draft, newsroom):
    services.submit(draft.article, by=newsroom.drafter)
    with pytest.raises(drafts.StaleDraft):
        attached(draft, newsroom)
    assert not draft.attachments.exists()


def test_the_same_file_twice_or_a_name_that_is_too_long_is_refused(draft, newsroom):
    attached(draft, newsroom)
    for name in ["又一次", "长" * 201]:
        with nothing_changes(), pytest.raises(ValidationError):
            attached(draft, newsroom, name)


def test_visitors_get_it_under_its_name_once_it_is_published(draft, newsroom, client):
    """Scenario 34."""
    found = attached(draft, newsroom, caption="请于周五前交")
    assert client.get(found.file.get_absolute_url()).status_code == 404
    publication = newsroom.published(draft.article)
    page = client.get(publication.get_absolute_url()).content.decode()
    assert 'download="报名表.pdf"' in page and "请于周五前交" in page
    answer = client.get(found.file.get_absolute_url())
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == "attachment"
