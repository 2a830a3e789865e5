"""Files are sealed: SQL shows nobody another type, size or private file (scenario 56)."""

import pytest

from articles import drafts
from articles.files.storage import store_document, store_picture
from articles.models import Attachment, File
from tests.articles.files.test_documents import PDF
from tests.images import pasted, picture
from tests.ledger.attacker import run, tamper, undone
from tests.ledger.auditor import named, verify
from tests.portal.visitor import visit

pytestmark = pytest.mark.usefixtures("media")
CHANGES = {
    "size": 7,
    "extension": "html",
    "media_type": "text/html",
    "uploaded_at": "2020-01-01 00:00:00+00:00",
    "seal_signature": "0" * 128,
}


@pytest.fixture
def article(newsroom):
    """An article with a picture in its body, a cover and a document."""
    cover = store_picture(picture(size=(900, 300), colour="#888"), newsroom.drafter)
    body = f"<p>正文</p>{pasted(picture(size=(1400, 300)))}"
    article = newsroom.draft(body=body, cover=cover)
    document = store_document(PDF, newsroom.drafter)
    draft = article.active_draft()
    Attachment.objects.create(revision=draft, file=document, name="名额分配表")
    drafts.seal_draft(draft)
    return newsroom.published(article)


def test_an_article_whose_file_was_changed_in_the_database_is_an_error(article):
    """Scenario 56."""
    address = article.get_absolute_url()
    assert visit(address).status == 200 and verify() == []
    attached = [*article.revision.attachments.select_related("file"), Attachment(file=article.revision.cover)]
    assert len(attached) == 3
    for file in (one.file for one in attached):
        for column, value in {**CHANGES, "width": 9999}.items():
            with undone():
                tamper(f"UPDATE articles_file SET {column} = %s WHERE id = %s", [value, file.pk])
                assert visit(address).status == 503, (file, column)
                assert named(f"file {file.digest}"), (file, column)


def test_a_file_that_was_changed_in_the_database_is_not_served(article, client):
    """Scenario 56. Its type would have a browser run what it holds."""
    document = File.objects.get(extension="pdf")
    assert client.get(document.get_absolute_url()).status_code == 200
    for column, value in CHANGES.items():
        with undone():
            tamper(f"UPDATE articles_file SET {column} = %s WHERE id = %s", [value, document.pk])
            for ending in ("pdf", "html"):
                answer = client.get(f"/files/{document.digest}.{ending}")
                assert answer.status_code in (404, 503), (column, ending)


def test_who_brought_a_file_first_is_sealed_and_stays_when_somebody_else_brings_it_again(newsroom, article):
    document = File.objects.get(extension="pdf")
    assert store_document(PDF, newsroom.colleague) == document
    after = File.objects.get(pk=document.pk)
    assert (after.uploaded_by, after.seal_signature) == (newsroom.drafter, document.seal_signature) and verify() == []
    tamper("UPDATE articles_file SET uploaded_by_id = %s WHERE id = %s", [newsroom.colleague.pk, document.pk])
    assert verify() == named(f"file {document.digest}") != []


def test_a_picture_on_the_home_page_that_was_changed_is_left_out(article):
    """Scenario 56."""
    cover = article.revision.cover
    assert visit("/").all("article", class_="has-picture")
    tamper("UPDATE articles_file SET width = 9999 WHERE id = %s", [cover.pk])
    page = visit("/")
    assert not page.all("article", class_="has-picture") and "9999" not in page.html


def test_a_rendition_whose_file_was_changed_is_not_offered(article):
    """Scenario 56."""
    address = article.get_absolute_url()
    assert "srcset" in visit(address).html
    tamper("UPDATE articles_file SET width = 9999 WHERE extension = 'webp'")
    page = visit(address)
    assert page.status == 200 and "srcset" not in page.html and "9999" not in page.html


def test_a_private_file_does_not_become_public_by_a_row_in_the_database(newsroom, article, client):
    """Scenario 56. Which files an article has is in its seal."""
    secret = store_picture(picture(colour="black"), newsroom.drafter)
    address = secret.get_absolute_url()
    assert client.get(address).status_code == 404
    with undone():
        tamper("UPDATE articles_attachment SET file_id = %s WHERE kind = 'download'", [secret.pk])
        assert client.get(address).status_code == 404
    with undone():
        tamper("UPDATE articles_publication SET cover_digest = %s", [secret.digest])
        assert client.get(address).status_code == 404
    run(
        "INSERT INTO articles_rendition (original_id, name, file_id, seal_key, seal_signature) "
        "SELECT id, 'huge', %s, '', '' FROM articles_file WHERE extension = 'pdf'",
        [secret.pk],
    )
    assert client.get(address).status_code == 404
