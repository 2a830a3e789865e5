"""Unreadable pictures are removed and named; the text stays."""

import base64

import pytest

from articles import drafts
from articles.files.storage import MAX_FILE_BYTES
from articles.models import Article, Revision
from articles.text.plain_text import has_words
from articles.text.sanitising import sanitise
from tests.images import pasted, picture

ADD = "/admin/articles/article/add/"
AUTOSAVE = "/admin/articles/article/editing/autosave/"
CODED = base64.b64encode(picture()).decode()

UNREADABLE = {
    "blob:": "blob:https://example.org/0f1e",
    "file:": "file:///C:/Users/a/clip_image001.png",
    "nothing": "",
    "wrong base64": "data:image/png;base64,@@@@",
    "odd base64": "data:image/png;base64,abcde",
    "no data": "data:image/png;base64,",
    "no comma": "data:image/png;base64",
    "words": "data:image/png;base64,aGVsbG8=",
    "words with a charset": "data:image/png;charset=utf-8;base64,aGVsbG8=",
    "cut off": f"data:image/png;base64,{CODED[:60]}",
    "svg": "data:image/svg+xml;base64,PHN2Zy8+",
    "svg as text": "data:image/svg+xml,%3Csvg/%3E",
    "page": "data:text/html,hello",
    "huge": "data:image/png;base64," + base64.b64encode(b"\0" * (MAX_FILE_BYTES + 1)).decode(),
}


def body_with(source):
    return f'<p>前文</p><p>植树现场<img src="{source}" alt="林场">后文</p>'


@pytest.fixture
def client(newsroom, client, media):
    client.force_login(newsroom.drafter)
    return client


def send(client, newsroom, address, body):
    """The answer to a new article with this body."""
    form = {"department": newsroom.department.pk, "title": "植树", "body": body}
    return client.post(address, form, follow=True)


@pytest.mark.parametrize("address", [ADD, AUTOSAVE])
@pytest.mark.parametrize("kind", UNREADABLE)
def test_the_text_stays_and_the_writer_learns_which_picture_is_missing_and_where(newsroom, client, kind, address):
    answer = send(client, newsroom, address, body_with(UNREADABLE[kind]))
    assert Article.objects.get().active_draft().body == "<p>前文</p><p>植树现场后文</p>"
    told = answer.json()["lost"] if address == AUTOSAVE else [str(one) for one in answer.context["messages"]]
    assert any("图片“林场”（位于“前文 植树现场”之后）未能保留：" in one for one in told), told


def test_a_picture_before_all_words_is_said_to_stand_at_the_beginning(newsroom, client):
    answer = send(client, newsroom, AUTOSAVE, '<p><img src="blob:x">后文</p>')
    assert answer.json()["lost"] == ["图片“未命名”（位于正文开头）未能保留：无法读取，请重新插入。"]


def test_the_place_is_told_by_words_and_not_by_the_markup_before_them():
    long = f'<p class="align-center">甲</p><p>{"乙" * 3000}</p>' + '<a href="https://example.org/?a=1">丙</a>' * 20
    told = sanitise(f'{long}<img src="blob:x" alt="林场">').lost
    assert told == ["图片“林场”（位于“丙丙丙丙丙丙丙丙丙丙丙丙”之后）未能保留：无法读取，请重新插入。"]


@pytest.mark.parametrize("quote", "\"'")
def test_a_picture_without_its_closing_quotation_mark_does_not_swallow_the_text_behind_it(quote):
    cut_off = f"<p>前文<img alt={quote}林场{quote} src={quote}data:image/png;base64,{CODED[:40]}"
    result = sanitise(f"{cut_off}<p>后文</p><p>尾</p>")
    assert result.html.replace("<p></p>", "") == "<p>前文</p><p>后文</p><p>尾</p>"
    assert len(result.lost) == 1
    assert sanitise(cut_off).html == "<p>前文</p>"


def test_a_picture_whose_data_is_written_with_percent_signs_is_taken_over(newsroom, client):
    coded = CODED.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    send(client, newsroom, AUTOSAVE, f'<p>前文<img src="data:image/png;base64,{coded}"></p>')
    assert '<img src="/files/' in Article.objects.get().active_draft().body


@pytest.mark.parametrize("address", [ADD, AUTOSAVE])
def test_a_text_of_which_nothing_could_be_kept_is_refused_and_nothing_is_stored(newsroom, client, address):
    answer = send(client, newsroom, address, "<svg><text>植树</text></svg>")
    assert not Article.objects.exists()
    assert "正文无法读取，未保存。" in (answer.json()["errors"]["body"] if address == AUTOSAVE else answer.text)


@pytest.mark.parametrize("sent", ["<svg><text>植树</text></svg>", "<iframe><p>植树</p></iframe>"])
def test_such_a_text_does_not_overwrite_the_draft(newsroom, client, sent):
    draft = newsroom.draft(body="<p>原文</p>").active_draft()
    form = {"article": draft.article_id, "version": draft.version, "title": "植树", "body": sent}
    answer = client.post(AUTOSAVE, form)
    assert answer.status_code == 400 and answer.json()["errors"]["body"]
    assert Revision.objects.get(pk=draft.pk).body == "<p>原文</p>"


def test_a_writer_may_still_empty_the_text(newsroom, client):
    draft = newsroom.draft(body="<p>原文</p>").active_draft()
    drafts.save_draft(draft, {"body": "<p>&nbsp;</p>"}, by=newsroom.drafter, version=draft.version)
    assert draft.body == ""


def test_a_text_that_is_one_unreadable_picture_is_saved_as_empty_and_told(newsroom, client):
    answer = send(client, newsroom, AUTOSAVE, f"<p>{pasted(b'no picture')}</p>")
    assert Article.objects.get().active_draft().body == "" and len(answer.json()["lost"]) == 1


def test_words_are_what_stands_between_tags():
    assert has_words("<div><b>植</b></div>") and has_words("<select><option>1</option></select>")
    for empty in ("", "<p>&nbsp;</p>", '<img alt="林场">', "<p>…</p>", "<!-- 植树 -->", "<" * 1_000_000):
        assert not has_words(empty), empty
