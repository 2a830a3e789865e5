"""Word import and typesetting views of the draft form."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles.models import Article, File, Upload
from tests.articles.word.documents import document, drawing, notice, paragraph
from tests.factories import nothing_changes
from tests.images import pasted, picture

pytestmark = pytest.mark.django_db

WORD = "/admin/articles/article/editing/word/"
TYPESET = "/admin/articles/article/editing/typeset/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def bring(client, data, name="通知.docx"):
    return client.post(WORD, {"file": SimpleUploadedFile(name, data)})


def test_a_word_document_comes_back_as_title_body_and_what_was_lost(newsroom, as_user):
    answer = bring(as_user("drafter"), notice(picture()))
    assert answer.status_code == 200
    said = answer.json()
    assert said["title"] == "关于开展春季义务植树活动的通知"
    assert "<h2>一、总体要求</h2>" in said["html"] and 'id="fn-1"' in said["html"]
    assert len(said["lost"]) == 1 and "image2.emf" in said["lost"][0]
    file = File.objects.get(extension="png")
    assert Upload.objects.filter(file=file, person=newsroom.drafter).exists()
    assert f"/files/{file.digest}.png" in said["html"]
    assert not Article.objects.exists()  # saving is an act of its own


def test_the_pictures_of_a_document_are_its_bringers_alone(newsroom, as_user):
    html = bring(as_user("drafter"), document(paragraph(drawing("r-a.png")), pictures={"a.png": picture()})).json()[
        "html"
    ]
    address = html.split('src="')[1].split('"')[0]
    assert as_user("drafter").get(address).status_code == 200
    assert as_user("stranger").get(address).status_code == 404
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧格式"),
        (b"words", "不是 Word 文档"),
        (document(*[paragraph("字" * 1000)] * 401), "400000"),
        (bytes(20 * 1024 * 1024 + 1), "超过 20 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(newsroom, as_user, data, why):
    client = as_user("drafter")
    with nothing_changes():
        answer = bring(client, data)
    assert answer.status_code == 400 and why in answer.json()["error"]


def test_no_file_is_refused_with_a_sentence(newsroom, as_user):
    assert as_user("drafter").post(WORD).json()["error"] == "没有收到文件，请选择文件。"


@pytest.mark.parametrize("address", [WORD, TYPESET])
def test_only_those_who_write_may_ask(newsroom, as_user, address):
    reviewer, drafter, strict = as_user("reviewer"), as_user("drafter"), Client(enforce_csrf_checks=True)
    strict.force_login(newsroom.drafter)
    with nothing_changes():
        assert reviewer.post(address, {"body": "<p>甲,乙</p>"}).status_code == 403
        assert drafter.get(address).status_code == 405
        assert Client().post(address).status_code == 302
        assert strict.post(address, {"body": "<p>甲,乙</p>"}).status_code == 403


def test_the_text_comes_back_set_with_its_changes(newsroom, as_user):
    body = "<p>　　甲,乙</p><p>&nbsp;</p><script>alert(1)</script>"
    said = as_user("drafter").post(TYPESET, {"body": body}).json()
    assert said["html"] == "<p>甲，乙</p>" and said["lost"] == []
    assert said["changes"][0] == {
        "before": "p",
        "after": "p",
        "pieces": [["-", "　　"], ["=", "甲"], ["-", ","], ["+", "，"], ["=", "乙"]],
    }


def test_pictures_in_a_text_that_is_set_become_files(newsroom, as_user):
    said = as_user("drafter").post(TYPESET, {"body": f"<p>{pasted(picture())}</p>"}).json()
    assert 'src="/files/' in said["html"] and said["lost"] == []


def test_a_text_that_is_too_long_is_not_set_but_refused_with_a_sentence(newsroom, as_user):
    answer = as_user("drafter").post(TYPESET, {"body": "<p>" + "字" * 400_001 + "</p>"})
    assert answer.status_code == 400 and "400000" in answer.json()["error"]
