"""Renditions: a picture in fixed sizes, made when it is stored, so that pages stay light on an old phone."""

import io
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image

from articles.models import File, Rendition


class Size(NamedTuple):
    """`width`: the most pixels across. `most_bytes`: what quality is given up for, down to the lowest of QUALITIES."""

    name: str
    width: int
    most_bytes: int


# The small one may stand in the first view of a page, which has 60 kB for everything; the other is for dense screens.
SIZES = [Size("small", 640, 34 * 1024), Size("large", 1280, 150 * 1024)]
QUALITIES = (80, 68, 56, 44, 32)
HIGHEST = 16383  # pixels down that WebP can hold (RFC 9649)
MOST_PROFILE = 4 * 1024  # bytes of a colour profile that a rendition carries along
MEDIA_TYPE, EXTENSION = "image/webp", "webp"


class Encoded(NamedTuple):
    name: str
    data: bytes
    width: int
    height: int


def encoded(picture: Image.Image, size: int) -> Iterator[Encoded]:
    """The sizes in which a picture of `size` bytes is worth keeping beside itself: narrower, or as wide but lighter.

    WebP: a browser too old for it is too old for `srcset` as well, and shows the original.
    """
    for wanted in SIZES:
        if picture.width <= wanted.width and size <= wanted.most_bytes:
            continue
        if picture.height * wanted.width > HIGHEST * max(picture.width, wanted.width):
            continue
        made = next(tried for tried in _tries(picture, wanted) if len(tried.data) <= wanted.most_bytes)
        if len(made.data) < size:
            yield made


def _tries(picture: Image.Image, wanted: Size) -> Iterator[Encoded]:
    """Lighter and lighter: first of lower quality, then, for the rare picture that is all grain, narrower."""
    plain = picture.convert("RGBA" if "A" in picture.mode or "transparency" in picture.info else "RGB")
    profile = picture.info.get("icc_profile", b"")
    if len(profile) > MOST_PROFILE:  # colours a little off rather than a page that does not come
        profile = b""
    width = min(picture.width, wanted.width)
    while True:
        height = max(1, round(picture.height * width / picture.width))
        smaller = plain.resize((width, height), Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            out = io.BytesIO()
            smaller.save(out, "WEBP", quality=quality, method=4, icc_profile=profile)
            yield Encoded(wanted.name, out.getvalue(), width, height)
        width = max(1, width * 3 // 4)


def keep(original: File, name: str, file: File) -> Rendition:
    """The sealed statement that `file` is `original` in the size `name`. Two who make it at once get the same row."""
    made = Rendition(original=original, name=name, file=file)
    made.apply_seal()
    seal = {"seal_key": made.seal_key, "seal_signature": made.seal_signature}
    return Rendition.objects.get_or_create(original=original, name=name, defaults={"file": file, **seal})[0]


def intact(original: File) -> list[Rendition]:
    """Renditions whose seal holds, narrowest first. Anybody could write a row that calls one picture another."""
    found = [rendition for rendition in original.renditions.all() if rendition.seal_holds()]
    return sorted(found, key=lambda rendition: rendition.file.width)


def lightest(original: File) -> File:
    """What to show where the picture is small: its first rendition, else itself."""
    return next((rendition.file for rendition in intact(original)), original)


def originals(file: File) -> list[str]:
    """Digests of what this file shows: its own, and those of the pictures that it is a rendition of."""
    made_from = Rendition.objects.filter(file=file).select_related("original", "file")
    return [file.digest, *(found.original.digest for found in made_from if found.seal_holds())]
