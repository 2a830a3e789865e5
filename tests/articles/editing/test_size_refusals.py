"""Views of the draft form answer a text of hostile size with a sentence, and store nothing."""

import pytest
from django.urls import reverse

from articles.files import storage
from articles.models import File, Revision
from tests.images import pasted, picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

DEEP = "<div>" * 300


@pytest.mark.parametrize("name", ["keywords", "typeset"])
def test_a_text_that_is_too_deep_is_answered_with_what_to_do(newsroom, as_user, english, name):
    address = reverse(f"admin:articles_editing_{name}")
    answer = as_user("drafter").post(address, {"title": "甲", "body": DEEP}, headers={"accept-language": "en"})
    assert answer.status_code == 400
    assert "200" in answer.json()["error"]
    assert as_user("drafter").post(address, {"title": "甲", "body": "<p>甲</p>"}).status_code == 200


def test_autosave_names_the_body_that_is_too_deep_and_keeps_the_rest(newsroom, as_user):
    article = newsroom.draft()
    draft = article.active_draft()
    form = {"article": article.pk, "title": "新标题", "body": DEEP, "version": draft.version}
    answer = as_user("drafter").post(reverse("admin:articles_editing_autosave"), form)
    assert "body" in answer.json()["errors"]
    saved = Revision.objects.get(pk=draft.pk)
    assert (saved.title, saved.body) == ("新标题", draft.body)


def test_a_text_brings_only_so_many_pictures_at_once(newsroom, monkeypatch):
    monkeypatch.setattr(storage, "MAX_PICTURES_AT_ONCE", 2)
    monkeypatch.setattr(storage, "MAX_PIXELS_AT_ONCE", 10**9)
    body = "".join(pasted(picture(size=(20 + n, 20))) for n in range(4))
    assert newsroom.draft(body=body).active_draft().body.count("<img") == 2
    assert File.objects.filter(media_type__startswith="image/").count() == 2


def test_a_text_brings_only_so_many_pixels_at_once(newsroom, monkeypatch):
    monkeypatch.setattr(storage, "MAX_PIXELS_AT_ONCE", 1000)
    body = "".join(pasted(picture(size=(20 + n, 20))) for n in range(4))
    assert newsroom.draft(body=body).active_draft().body.count("<img") == 2
