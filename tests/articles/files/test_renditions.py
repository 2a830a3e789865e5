"""Renditions: small, sealed, as private as their original."""

import io
import random
import re

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from PIL import Image

from articles.files import renditions
from articles.files.storage import store_picture
from articles.models import File, Rendition
from articles.verification import rendition_seals
from ledger import guards
from tests.images import pasted, picture
from tests.ledger.threads import at_once
from workflow import services


def photograph(width=1600, height=1000, detail=40) -> bytes:
    """A picture of soft patches, always the same one. `detail`: patches across; 1600 is nothing but grain."""
    source = random.Random(7)
    across, down = detail, detail * 5 // 8
    grain = Image.frombytes("RGB", (across, down), source.randbytes(across * down * 3))
    out = io.BytesIO()
    grain.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=95)
    return out.getvalue()


@pytest.fixture
def photo(newsroom, media):
    return store_picture(photograph(), newsroom.drafter)


def opened(file: File) -> Image.Image:
    with default_storage.open(file.path) as stored:
        return Image.open(io.BytesIO(stored.read()), formats=["WEBP"]).copy()


def published_with(newsroom, data: bytes, **words):
    body = f"<p>正文</p><p>{pasted(data, 'image/jpeg', name='院内一角')}</p>"
    return newsroom.published(body=body, **words)


def test_a_large_picture_is_kept_in_two_smaller_sizes_that_are_what_they_say(photo):
    made = {rendition.name: rendition.file for rendition in photo.renditions.select_related("file")}
    assert {name: (file.width, file.height) for name, file in made.items()} == {
        "small": (640, 400),
        "large": (1280, 800),
    }
    for file in made.values():
        assert (file.media_type, file.extension) == ("image/webp", "webp")
        assert opened(file).size == (file.width, file.height)


@pytest.mark.parametrize("detail", [10, 160, 1600])
@pytest.mark.slow
def test_the_small_size_leaves_room_for_the_rest_of_a_first_view(newsroom, media, detail):
    photo = store_picture(photograph(detail=detail), newsroom.drafter)
    small = photo.renditions.get(name="small").file
    assert small.size <= 34 * 1024 < photo.size


def test_a_small_light_picture_is_kept_as_it_is(newsroom, media):
    file = store_picture(picture(size=(300, 200)), newsroom.drafter)
    assert not file.renditions.exists()
    assert renditions.smallest_file(file) == file


def test_a_strip_that_is_higher_than_the_format_holds_is_kept_as_it_is(newsroom, media):
    out = io.BytesIO()
    grain = Image.frombytes("RGB", (40, 400), random.Random(1).randbytes(40 * 400 * 3))
    grain.resize((40, 17_000)).save(out, "PNG")
    file = store_picture(out.getvalue(), newsroom.drafter)
    assert file.size > 150 * 1024 and not file.renditions.exists()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1"])
def test_pictures_of_every_mode_get_their_renditions(newsroom, media, mode):
    made = Image.open(io.BytesIO(photograph())).convert(mode)
    out = io.BytesIO()
    made.save(out, "PNG")
    file = store_picture(out.getvalue(), newsroom.drafter)
    small = file.renditions.get(name="small").file
    assert opened(small).size == (small.width, small.height) and small.width <= 640


def test_a_transparent_picture_stays_transparent(newsroom, media):
    out = io.BytesIO()
    Image.new("RGBA", (900, 600), (200, 0, 0, 0)).save(out, "PNG")
    file = store_picture(out.getvalue(), newsroom.drafter)
    for rendition in file.renditions.all():
        assert opened(rendition.file).getpixel((1, 1))[3] == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_store_the_same_picture_at_once_share_its_renditions(newsroom, media):
    data = photograph()
    results = at_once([lambda: store_picture(data, newsroom.drafter).pk] * 3)
    assert len(set(results)) == 1
    assert sorted(Rendition.objects.values_list("name", flat=True)) == ["large", "small"]


def test_a_page_offers_the_sizes_and_keeps_room_for_the_picture(newsroom, media, client):
    publication = published_with(newsroom, photograph())
    page = client.get(publication.get_absolute_url()).content.decode()
    (shown,) = re.findall(r'<a class="picture" href="([^"]+)"><img src="([^"]+)"([^>]*)>', page)
    original = File.objects.get(width=1600)
    assert shown[0] == shown[1] == original.get_absolute_url()
    assert re.search(r'srcset="/files/\w+\.webp 640w, /files/\w+\.webp 1280w"', shown[2])
    assert 'width="1600" height="1000"' in shown[2] and 'alt="院内一角"' in shown[2]


def test_visitors_get_a_rendition_while_the_picture_is_public_and_not_before_or_after(newsroom, media, client):
    """Scenario 34."""
    waiting = newsroom.reviewed(body=f"<p>{pasted(photograph(), 'image/jpeg')}</p>")
    small = Rendition.objects.get(name="small").file.get_absolute_url()
    assert client.get(small).status_code == 404
    publication = services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    answer = client.get(small)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    services.withdraw(publication.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert client.get(small).status_code == 404


def test_a_drafter_sees_the_renditions_of_a_draft(newsroom, media, client):
    newsroom.draft(body=f"<p>{pasted(photograph(), 'image/jpeg')}</p>")
    small = Rendition.objects.get(name="small").file.get_absolute_url()
    client.force_login(newsroom.stranger)
    assert client.get(small).status_code == 404
    client.force_login(newsroom.drafter)
    assert client.get(small).status_code == 200


def forged(original: File, other: File) -> Rendition:
    """A row as somebody writes it who can write to the database: the other picture's seal, our picture's name."""
    Rendition.objects.filter(original=original).delete()
    return Rendition.objects.create(
        original=original, name="small", file=other, seal_key="0" * 16, seal_signature="0" * 128
    )


def test_a_row_that_calls_another_picture_a_rendition_is_named_and_not_served(newsroom, media, client):
    """Scenario 43."""
    publication = published_with(newsroom, photograph())
    other = store_picture(picture(size=(80, 60), colour="black"), newsroom.drafter)
    forged(File.objects.get(width=1600), other)
    page = client.get(publication.get_absolute_url())
    assert page.status_code == 200 and other.digest not in page.content.decode()
    assert client.get(other.get_absolute_url()).status_code == 404  # it does not become public by this
    assert any("rendition" in line for line in rendition_seals())


def test_the_database_refuses_to_make_a_rendition_another(photo, newsroom):
    other = store_picture(picture(), newsroom.drafter)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rendition.objects.filter(original=photo).update(file=other)


def test_verify_finds_nothing_wrong_with_renditions_as_they_were_made(photo):
    assert list(rendition_seals()) == []
    guards.drop_all(connection)
    small = photo.renditions.get(name="small")
    Rendition.objects.filter(pk=small.pk).update(seal_signature="0" * 128)
    assert len(list(rendition_seals())) == 1


def test_expunging_destroys_the_renditions_too(newsroom, media, django_capture_on_commit_callbacks):
    publication = published_with(newsroom, photograph())
    services.withdraw(publication.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    paths = [file.path for file in File.objects.all()]
    assert len(paths) == 3
    second = type(newsroom.admin).objects.create_superuser("second", password=None)
    with django_capture_on_commit_callbacks(execute=True):
        services.expunge(publication.article, by=newsroom.admin, seconded_by=second, reason="依法销毁")
    assert not File.objects.exists() and not Rendition.objects.exists()
