"""Uploads over HTTP: what is accepted, and who may use a file."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles import drafts
from articles.files.storage import MAX_FILE_BYTES, store_picture
from articles.models import File, Revision
from tests.articles.files.test_documents import PDF, package
from tests.factories import nothing_changes
from tests.images import picture
from workflow import services

pytestmark = pytest.mark.django_db
UPLOAD = "/admin/articles/article/editing/upload/"
ADD = "/admin/articles/article/add/"


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def bring(client, data, name="图.png", claimed="image/png", **words):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, data, claimed), **words})


def test_a_picture_goes_up_is_encoded_anew_and_named_by_its_content(newsroom, as_user):
    hidden = picture("PNG", pnginfo=None) + b"<script>trailing</script>"
    answer = bring(as_user("drafter"), hidden, name="..\\..\\植树 现场.exe.PNG", claimed="text/html").json()
    file = File.objects.get()
    assert answer["url"] == f"/files/{file.digest}.png"
    assert answer["name"] == "植树 现场.exe"
    assert (answer["width"], answer["height"], answer["media_type"]) == (12, 8, "image/png")
    assert b"script" not in as_user("drafter").get(answer["url"]).content


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "图.svg"),
        (b"<html><script>alert(1)</script></html>", "图.png"),
        (b"GIF89a<script>alert(1)</script>", "图.gif"),
        (b"", "空.pdf"),
        (package("word/document.xml", "word/vbaProject.bin"), "宏.docx"),
        (b"MZ\x90", "程序.pdf"),
    ],
)
def test_what_is_neither_picture_nor_document_is_refused_whatever_it_calls_itself(newsroom, as_user, data, name):
    drafter = as_user("drafter")
    with nothing_changes():
        answer = bring(drafter, data, name)
    assert answer.status_code == 400 and answer.json()["error"]


def test_a_document_is_none_where_a_picture_is_asked_for(newsroom, as_user):
    drafter = as_user("drafter")
    assert bring(drafter, PDF, "通知.pdf", only="picture").status_code == 400
    assert bring(drafter, PDF, "通知.pdf").json()["extension"] == "pdf"


def test_what_is_too_large_is_refused_before_it_is_looked_at(newsroom, as_user):
    drafter = as_user("drafter")
    with nothing_changes():
        answer = bring(drafter, PDF + b" " * MAX_FILE_BYTES, "大.pdf")
    assert answer.status_code == 413 and "10 MB" in answer.json()["error"]


def test_nothing_at_all_is_said_so(newsroom, as_user):
    assert "选择文件" in as_user("drafter").post(UPLOAD).json()["error"]


def test_only_those_who_write_bring_files_and_only_from_our_own_pages(newsroom, as_user, client):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(newsroom.drafter)
    reviewer, drafter = as_user("reviewer"), as_user("drafter")
    with nothing_changes():
        assert bring(reviewer, picture()).status_code == 403
        assert bring(client, picture()).status_code == 302  # to the sign-in page
        assert bring(strict, picture()).status_code == 403
        assert drafter.get(UPLOAD).status_code == 405


def test_nobody_else_can_have_it_until_a_published_text_uses_it(newsroom, as_user, client):
    """Scenario 34."""
    address = bring(as_user("drafter"), picture()).json()["url"]
    assert as_user("drafter").get(address).status_code == 200
    for other in (client, as_user("colleague"), as_user("reviewer"), as_user("stranger")):
        assert other.get(address).status_code == 404
    article = newsroom.draft(body=f'<p>图</p><img src="{address}" alt="现场">')
    assert as_user("reviewer").get(address).status_code == 200
    assert as_user("stranger").get(address).status_code == client.get(address).status_code == 404
    newsroom.published(article)
    assert client.get(address).status_code == 200


@pytest.fixture
def foreign(newsroom):
    """A picture in a draft of the other department, which the drafter has nothing to do with."""
    file = store_picture(picture(colour="blue"), newsroom.stranger)
    words = {"title": "别处的", "body": f'<img src="{file.get_absolute_url()}" alt="密">'}
    drafts.create_article(department=newsroom.elsewhere, content=words, by=newsroom.stranger)
    return file


def form(newsroom, **words):
    return {"department": newsroom.department.pk, "title": "标题", "body": "<p>正文</p>", **words}


def test_somebody_who_only_knows_the_address_of_a_file_cannot_put_it_into_a_text(newsroom, as_user, foreign):
    address = foreign.get_absolute_url()
    body = f'<p>正文</p><img src="{address}" alt="密"><p><a href="{address}">看</a></p>'
    drafter = as_user("drafter")
    page = drafter.post(ADD, form(newsroom, body=body), follow=True)
    draft = Revision.objects.get(title="标题")
    assert foreign.digest not in draft.body and not draft.attachments.exists()
    assert "“密”已略去" in page.content.decode()
    assert drafter.get(address).status_code == 404


@pytest.mark.parametrize("way", ["cover", "attachments"])
def test_nor_attach_it_nor_make_it_the_cover(newsroom, as_user, foreign, way):
    value = foreign.digest if way == "cover" else json.dumps([{"digest": foreign.digest, "name": "密"}])
    drafter = as_user("drafter")
    with nothing_changes():
        page = drafter.post(ADD, form(newsroom, **{way: value}))
    assert page.status_code == 200 and "无权查看" in page.content.decode()


def test_a_colleague_keeps_what_stands_in_the_draft_already(newsroom, as_user):
    address = bring(as_user("drafter"), picture()).json()["url"]
    article = newsroom.draft(body=f'<img src="{address}" alt="现场">', cover=File.objects.first())
    draft = article.active_draft()
    words = form(newsroom, body=draft.body + "<p>又一段</p>", version=draft.version, cover=draft.cover.digest)
    as_user("colleague").post(f"/admin/articles/article/{article.pk}/change/", words)
    draft.refresh_from_db()
    assert address in draft.body and "又一段" in draft.body and draft.cover


def test_attachments_are_named_ordered_and_removed_in_the_form(newsroom, as_user, client):
    drafter = as_user("drafter")
    first, second = (bring(drafter, PDF + mark, f"{name}.pdf").json() for name, mark in (("甲", b"1"), ("乙", b"2")))
    rows = [{**second, "caption": "共两页"}, {**first, "name": "改名"}]
    drafter.post(ADD, form(newsroom, attachments=json.dumps(rows)))
    draft = Revision.objects.get(title="标题")
    assert [(one.name, one.caption) for one in draft.attachments.all()] == [("乙", "共两页"), ("改名", "")]
    change = f"/admin/articles/article/{draft.article_id}/change/"
    drafter.post(change, form(newsroom, version=draft.version, attachments=json.dumps(rows[1:])))
    assert [one.name for one in draft.attachments.all()] == ["改名"]
    draft.refresh_from_db()
    # A form without the field, such as an older page that is open still, leaves them alone.
    drafter.post(change, form(newsroom, version=draft.version))
    assert [one.name for one in draft.attachments.all()] == ["改名"]


@pytest.mark.parametrize(
    "value",
    [
        "not json",
        '{"digest": "x"}',
        '["x"]',
        '[{"digest": "0"}]',
        "[" * 5000,
        json.dumps([{"digest": "0" * 64, "name": "长" * 201}]),
        json.dumps([{"digest": "0" * 64}] * 51),
    ],
)
def test_a_list_of_attachments_that_no_page_of_ours_sends_is_refused_with_words(newsroom, as_user, value):
    drafter = as_user("drafter")
    with nothing_changes():
        page = drafter.post(ADD, form(newsroom, attachments=value))
    assert set(page.context["form"].errors) == {"attachments"}


def test_the_same_file_twice_is_refused_and_the_list_stays_in_the_form(newsroom, as_user):
    drafter = as_user("drafter")
    row = bring(drafter, PDF, "甲.pdf").json()
    with nothing_changes():
        page = drafter.post(ADD, form(newsroom, attachments=json.dumps([row, row])))
    assert "同一文件" in page.content.decode()
    assert page.context["form"]["attachments"].value() == json.dumps([row, row])


def test_the_cover_is_a_picture_that_is_there(newsroom, as_user):
    drafter = as_user("drafter")
    document = bring(drafter, PDF, "甲.pdf").json()["digest"]
    for wrong in (document, "0" * 64, "x"):
        with nothing_changes():
            assert set(drafter.post(ADD, form(newsroom, cover=wrong)).context["form"].errors) == {"cover"}
    right = bring(drafter, picture()).json()["digest"]
    drafter.post(ADD, form(newsroom, cover=right))
    draft = Revision.objects.get(title="标题")
    assert draft.cover.digest == right
    services.submit(draft.article, by=newsroom.drafter)
