"""Pasted pictures become files; what cannot be stored is named."""

import io
import struct
import zlib

import pytest
from django.core.files.storage import default_storage
from PIL import Image, PngImagePlugin

from articles import drafts
from articles.files.storage import MAX_FILE_BYTES, store_picture
from articles.models import Article, Attachment, File
from articles.text.sanitising import UnusablePicture
from ledger.canonical_json import sha256
from tests.images import pasted, picture
from tests.ledger.threads import at_once

SECRET = b"<script>secret words</script>"


def stored(file):
    with default_storage.open(file.path) as content:
        return content.read()


def begun(newsroom, body):
    """(draft, what was lost) of a new article with this body."""
    content = {"title": "示例标题", "body": body}
    article, lost = drafts.create_article(department=newsroom.department, content=content, by=newsroom.drafter)
    return article.active_draft(), lost


def test_a_pasted_picture_becomes_a_file_of_the_article(newsroom, media):
    draft, lost = begun(newsroom, f"<p>前文</p><p>{pasted(picture())}</p>")
    file = File.objects.get()
    assert lost == []
    assert draft.body == f'<p>前文</p><p><img src="/files/{file.digest}.png" alt="图"></p>'
    assert sha256(stored(file)) == file.digest
    assert (file.media_type, file.width, file.height, file.size) == ("image/png", 12, 8, len(stored(file)))
    attached = Attachment.objects.get(revision=draft)
    assert (attached.file, attached.kind) == (file, "inline")


def test_a_picture_that_is_taken_out_of_the_text_leaves_the_draft(newsroom, media):
    draft, _ = begun(newsroom, f"<p>{pasted(picture())}</p>")
    drafts.save_draft(draft, {"body": "<p>无图</p>"}, by=newsroom.drafter, version=draft.version)
    assert not draft.attachments.exists()


def test_the_same_picture_is_stored_once(newsroom, media):
    draft, _ = begun(
        newsroom, f"<p>{pasted(picture())}{pasted(picture(), name='又')}{pasted(picture(colour='blue'))}</p>"
    )
    assert File.objects.count() == 2 == draft.attachments.count()
    begun(newsroom, pasted(picture()))
    assert File.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_paste_the_same_picture_at_the_same_moment(newsroom, media):
    people = [newsroom.drafter, newsroom.colleague] * 3
    outcomes = at_once([lambda by=by: store_picture(picture(), by).digest for by in people])
    assert len(set(outcomes)) == 1
    assert File.objects.get().digest == outcomes[0]


@pytest.mark.parametrize(
    ("form", "mode", "extension", "media_type"),
    [
        ("JPEG", "RGB", "jpg", "image/jpeg"),
        ("JPEG", "L", "jpg", "image/jpeg"),
        ("JPEG", "CMYK", "jpg", "image/jpeg"),
        ("PNG", "RGB", "png", "image/png"),
        ("PNG", "RGBA", "png", "image/png"),
        ("PNG", "P", "png", "image/png"),
        ("PNG", "1", "png", "image/png"),
        ("PNG", "I;16", "png", "image/png"),
        ("GIF", "P", "png", "image/png"),
        ("BMP", "RGB", "png", "image/png"),
        ("WEBP", "RGB", "webp", "image/webp"),
        ("WEBP", "RGBA", "webp", "image/webp"),
    ],
)
def test_pictures_of_known_kinds_are_taken_over(drafter, media, form, mode, extension, media_type):
    """What is believed is the content, not the type that the browser names."""
    file = store_picture(picture(form, mode=mode, colour=1 if mode in ("1", "P", "L", "I;16") else "red"), drafter)
    assert (file.extension, file.media_type) == (extension, media_type)
    assert Image.open(io.BytesIO(stored(file))).size == (12, 8)


def with_words(form):
    """A picture that carries words besides."""
    hidden = Image.Exif()
    hidden[0x010E] = SECRET.decode()
    options = {"exif": hidden}
    if form == "JPEG":
        options["comment"] = SECRET
    if form == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", SECRET.decode())
        options["pnginfo"] = words
    if form == "GIF":
        options = {"comment": SECRET}
    return picture(form, **options) + SECRET


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_whatever_else_a_picture_holds_is_left_behind(drafter, media, form):
    """Places where it was taken, comments, a second meaning as a page or an archive."""
    data = with_words(form)
    assert data.count(SECRET) >= 2
    assert b"secret" not in stored(store_picture(data, drafter))


def test_a_picture_taken_sideways_is_stored_upright(drafter, media):
    sideways = Image.Exif()
    sideways[0x0112] = 6  # "rotate by 90 degrees", as telephones write it
    file = store_picture(picture("JPEG", size=(12, 8), exif=sideways), drafter)
    assert (file.width, file.height) == (8, 12)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width, height):
    """A few bytes that say they were a huge picture."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\x00" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("megapixels", [41, 90, 200, 10_000])
def test_a_picture_with_too_many_pixels_is_named_and_not_opened(drafter, media, megapixels):
    """90 and 200: where Pillow itself warns, and where it refuses."""
    with pytest.raises(UnusablePicture, match="40"):
        store_picture(png_that_claims(megapixels * 1000, 1000), drafter)
    assert not File.objects.exists() and not media.exists()


def test_a_picture_of_too_many_bytes_is_named(drafter, media):
    with pytest.raises(UnusablePicture, match="10 MB"):
        store_picture(picture() + b"\x00" * MAX_FILE_BYTES, drafter)
    assert not File.objects.exists()


FAKES = {
    "words": b"no picture at all",
    "nothing": b"",
    "vector": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "page": b"<html><script>alert(1)</script></html>",
    "another kind": picture("TIFF"),
    "cut off": picture("PNG", size=(400, 400), colour="blue")[:60],
    "damaged": picture("JPEG")[:200] + b"\x00" * 20,
}


def test_what_is_no_picture_is_named_and_the_text_around_it_kept(newsroom, media):
    for name, fake in FAKES.items():
        draft, lost = begun(newsroom, f"<p>前文</p><p>{pasted(fake, name='示意图')}</p><p>后文</p>")
        assert draft.body == "<p>前文</p><p>后文</p>", name
        assert len(lost) == 1 and "示意图" in lost[0], name
    assert not File.objects.exists()


def test_a_picture_that_lies_elsewhere_is_named_with_its_address(newsroom, media):
    draft, lost = begun(newsroom, '<p>前文</p><p><img src="https://example.org/a.png" alt="示意图"></p>')
    assert draft.body == "<p>前文</p>"
    assert len(lost) == 1 and "示意图" in lost[0] and "https://example.org/a.png" in lost[0]


def test_a_picture_whose_address_is_nonsense_is_named(newsroom, media):
    for source in ["data:image/png;base64,%%%", "data:image/png,%89PNG", "data:,x", "file:///etc/passwd", ""]:
        draft, lost = begun(newsroom, f'<p>前文</p><p><img src="{source}"></p>')
        assert draft.body == "<p>前文</p>" and len(lost) == 1, source


def test_a_drafter_is_told_of_lost_pictures_after_saving(newsroom, client, media):
    client.force_login(newsroom.drafter)
    body = f'<p>前文</p>{pasted(picture())}<img src="https://example.org/a.png" alt="示意图">'
    form = {"department": newsroom.department.pk, "title": "示例标题", "body": body}
    answer = client.post("/admin/articles/article/add/", form, follow=True)
    assert Article.objects.get().active_draft().body.count("<img") == 1
    assert "https://example.org/a.png" in answer.content.decode()
