"""The form and autosave save on one path: one sanitising, the same three outcomes."""

import pytest

from articles.files import storage
from articles.models import Article, File
from articles.text import sanitising
from tests.factories import nothing_changes
from tests.images import pasted, picture
from workflow import services

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/article/add/"
AUTOSAVE = "/admin/articles/article/editing/autosave/"


class CountingCleaner:
    """Passes HTML on to the sanitiser's library, and keeps it."""

    def __init__(self, cleaner):
        self.cleaner, self.seen = cleaner, []

    def clean(self, html):
        self.seen.append(html)
        return self.cleaner.clean(html)


@pytest.fixture
def cleaner(monkeypatch):
    counting = CountingCleaner(sanitising._cleaner)
    monkeypatch.setattr(sanitising, "_cleaner", counting)
    return counting


@pytest.fixture
def encoded(monkeypatch):
    """The pictures that were decoded and encoded."""
    sizes = []
    encode = storage.ImageOps.exif_transpose
    monkeypatch.setattr(storage.ImageOps, "exif_transpose", lambda image: sizes.append(image.size) or encode(image))
    return sizes


def change(article):
    return f"/admin/articles/article/{article.pk}/change/"


@pytest.mark.parametrize("is_automatic", [False, True], ids=["by hand", "automatic"])
def test_the_body_is_sanitised_once_and_each_picture_stored_once(
    newsroom, as_user, media, cleaner, encoded, is_automatic
):
    drafter = as_user("drafter")
    words = {"department": newsroom.department.pk, "title": "植树", "body": f"<p>一<b>二</b></p>{pasted(picture())}"}
    drafter.post(AUTOSAVE if is_automatic else ADD, words)
    article = Article.objects.get()
    assert len(cleaner.seen) == len(encoded) == File.objects.count() == 1
    draft = article.active_draft()
    assert draft.body.startswith('<p>一<b>二</b></p><img src="/files/')
    changed = {"article": article.pk, "version": draft.version, "title": "植树", "body": f"{draft.body}<p>三</p>"}
    drafter.post(AUTOSAVE if is_automatic else change(article), changed)
    assert len(cleaner.seen) == 2 and len(encoded) == 1
    assert article.active_draft().body.endswith("<p>三</p>")


def test_submitting_does_not_sanitise_again(newsroom, as_user, cleaner):
    article = newsroom.draft()
    draft, before = article.active_draft(), len(cleaner.seen)
    words = {"version": draft.version, "title": "植树", "body": "<p>定稿</p>", "_submit": "1"}
    as_user("drafter").post(change(article), words)
    assert len(cleaner.seen) == before + 1
    assert article.revisions.get().body == "<p>定稿</p>" and article.rounds.open().exists()


@pytest.mark.parametrize("is_automatic", [False, True], ids=["by hand", "automatic"])
@pytest.mark.parametrize("happened", ["saved", "submitted", "discarded"])
def test_over_a_newer_text_nothing_is_saved(newsroom, as_user, is_automatic, happened):
    article = newsroom.draft()
    draft = article.active_draft()
    if happened == "saved":
        old = draft.version - 1
    else:
        old = draft.version
        (services.submit if happened == "submitted" else services.discard)(article, by=newsroom.colleague)
    words = {"article": article.pk, "version": old, "title": "我的", "body": "<p>我的</p>"}
    drafter = as_user("drafter")
    with nothing_changes():
        answer = drafter.post(AUTOSAVE if is_automatic else change(article), words)
    assert answer.status_code == 409


def test_a_body_that_is_too_long_holds_up_a_save_by_hand_and_is_left_out_of_an_automatic_one(newsroom, as_user, media):
    article = newsroom.draft(body="<p>原文</p>")
    draft, drafter = article.active_draft(), as_user("drafter")
    long = f"<p>{'长' * 400_000}</p>{pasted(picture())}"
    words = {"article": article.pk, "version": draft.version, "title": "改题", "body": long}
    with nothing_changes():
        assert set(drafter.post(change(article), words).context["form"].errors) == {"body"}
    assert set(drafter.post(AUTOSAVE, words).json()["errors"]) == {"body"}
    draft.refresh_from_db()
    assert (draft.title, draft.body) == ("改题", "<p>原文</p>")
    assert not File.objects.exists()


@pytest.mark.slow
def test_a_body_is_as_long_as_it_is_once_its_pictures_are_files(newsroom, as_user, media):
    article = newsroom.draft()
    words = {"version": article.active_draft().version, "title": "植树"}
    heavy = pasted(picture("BMP", size=(40, 40)))
    assert len(heavy) > 5000
    words["body"] = f"<p>{'长' * 399_800}</p>{heavy}"
    as_user("drafter").post(change(article), words)
    assert "/files/" in article.active_draft().body


@pytest.mark.parametrize("button", ["_save", "_submit"])
def test_the_page_after_a_save_says_which_copy_the_browser_no_longer_needs(newsroom, as_user, button):
    words = {"department": newsroom.department.pk, "title": "植树", "body": "<p>一</p>", button: "1"}
    drafter = as_user("drafter")
    assert drafter.post(ADD, words | {"copy_key": "0123456789abcdef"})["Location"].endswith("/#saved-0123456789abcdef")
    for invented in ("", "x", "0123456789ABCDEF", "0" * 17, "../../evil"):
        assert "#" not in drafter.post(ADD, words | {"copy_key": invented})["Location"]
    refused = drafter.post(ADD, words | {"title": "", "copy_key": "0123456789abcdef"})
    assert refused.status_code == 200 and 'value="0123456789abcdef"' in refused.content.decode()
