"""Smaller renditions of pictures, made when a picture is stored."""

import io
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image

from articles.models import File, Rendition


class RenditionSize(NamedTuple):
    """`width`: pixels at most. `max_bytes`: quality is lowered to fit, down to the last of WEBP_QUALITIES."""

    name: str
    width: int
    max_bytes: int


# The small one may stand in the first view of a page, which has 60 kB for everything; the other is for dense screens.
RENDITION_SIZES = [RenditionSize("small", 640, 34 * 1024), RenditionSize("large", 1280, 150 * 1024)]
WEBP_QUALITIES = (80, 68, 56, 44, 32)
MAX_WEBP_HEIGHT_PIXELS = 16383  # pixels down that WebP can hold (RFC 9649)
MAX_COLOUR_PROFILE_BYTES = 4 * 1024  # bytes of a colour profile that a rendition carries along
MEDIA_TYPE, EXTENSION = "image/webp", "webp"


class EncodedRendition(NamedTuple):
    name: str
    data: bytes
    width: int
    height: int


def encode_renditions(picture: Image.Image, original_bytes: int) -> Iterator[EncodedRendition]:
    """The sizes in which a picture of `original_bytes` bytes is worth keeping beside itself: narrower, or as wide but
    lighter.

    WebP: a browser too old for it is too old for `srcset` as well, and shows the original.
    """
    for wanted in RENDITION_SIZES:
        if picture.width <= wanted.width and original_bytes <= wanted.max_bytes:
            continue
        if picture.height * wanted.width > MAX_WEBP_HEIGHT_PIXELS * max(picture.width, wanted.width):
            continue
        made = next(tried for tried in _encoding_attempts(picture, wanted) if len(tried.data) <= wanted.max_bytes)
        if len(made.data) < original_bytes:
            yield made


def _encoding_attempts(picture: Image.Image, wanted: RenditionSize) -> Iterator[EncodedRendition]:
    """Lighter and lighter: first of lower quality, then, for the rare picture that is all grain, narrower."""
    plain = picture.convert("RGBA" if "A" in picture.mode or "transparency" in picture.info else "RGB")
    profile = picture.info.get("icc_profile", b"")
    if len(profile) > MAX_COLOUR_PROFILE_BYTES:  # colours a little off rather than a page that does not come
        profile = b""
    width = min(picture.width, wanted.width)
    while True:
        height = max(1, round(picture.height * width / picture.width))
        smaller = plain.resize((width, height), Image.Resampling.LANCZOS)
        for quality in WEBP_QUALITIES:
            out = io.BytesIO()
            smaller.save(out, "WEBP", quality=quality, method=4, icc_profile=profile)
            yield EncodedRendition(wanted.name, out.getvalue(), width, height)
        width = max(1, width * 3 // 4)


def create_rendition(original: File, name: str, file: File) -> Rendition:
    """The sealed statement that `file` is `original` in the size `name`. Two who make it at once get the same row."""
    made = Rendition(original=original, name=name, file=file)
    made.apply_seal()
    seal = {"seal_key": made.seal_key, "seal_signature": made.seal_signature}
    return Rendition.objects.get_or_create(original=original, name=name, defaults={"file": file, **seal})[0]


def intact_renditions(original: File) -> list[Rendition]:
    """Renditions whose seal holds, narrowest first. Anybody could write a row that calls one picture another."""
    found = [one for one in original.renditions.all() if one.seal_holds() and one.file.seal_holds()]
    return sorted(found, key=lambda rendition: rendition.file.width)


def smallest_file(original: File) -> File:
    """What to show where the picture is small: its first rendition, else itself."""
    return next((rendition.file for rendition in intact_renditions(original)), original)


def original_digests(file: File) -> list[str]:
    """Digests of what this file shows: its own, and those of the pictures that it is a rendition of."""
    made_from = Rendition.objects.filter(file=file).select_related("original", "file")
    return [file.digest, *(found.original.digest for found in made_from if found.seal_holds())]
