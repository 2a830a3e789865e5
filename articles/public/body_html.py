"""HTML of an article's body: adds picture links and table boxes, changes no words."""

import re
from collections.abc import Iterable, Mapping

from articles.files import renditions
from articles.models import Attachment, File

# The sanitiser writes attributes as name="value", so that its output can be taken apart by pattern.
_tag_pattern = re.compile(r'<(/?)(a|table|img)((?: [a-z-]+="[^"]*")*)>')
_own_picture_src = re.compile(r' src="(/files/([0-9a-f]{64})\.[a-z]+)"')
_size_attribute = re.compile(r' (?:width|height)="')

# How wide a picture stands at most in the text of a page; static/public/site.css has the same measures.
PICTURE_SIZES = "(min-width: 64rem) 46rem, 92vw"


def pictures_by_digest(attachments: Iterable[Attachment]) -> dict[str, File]:
    """Digest → picture, of attachments whose files came with their renditions."""
    return {found.file.digest: found.file for found in attachments if found.file.width}


def render_body(body: str, pictures: Mapping[str, File]) -> str:
    """Sanitised HTML in which each picture leads to itself in full size and each table can scroll sideways.

    `pictures`: digest → file with its renditions, of those that browsers shall be given in a fitting size.
    A picture that stands in a link keeps that link; a table in a table scrolls with the outer one. The patrol holds
    pages against this same form of what was sealed.
    """
    inside = {"a": 0, "table": 0}

    def rewritten(found: re.Match) -> str:
        closes, tag, attributes = found.groups()
        if tag == "img":
            source = _own_picture_src.search(attributes)
            if source is None:
                return found[0]
            fitting = f"<img{attributes}{_responsive_attributes(attributes, pictures.get(source[2]))}>"
            return fitting if inside["a"] else f'<a class="picture" href="{source[1]}">{fitting}</a>'
        inside[tag] += -1 if closes else 1
        if tag == "table" and inside["table"] == (0 if closes else 1):
            return f"{found[0]}</div>" if closes else f'<div class="table-scroll">{found[0]}'
        return found[0]

    return _tag_pattern.sub(rewritten, body)


def _responsive_attributes(attributes: str, picture: File | None) -> str:
    """What the element of a picture says besides: its room, so that the text does not jump, and its renditions."""
    if picture is None:
        return ""
    room = "" if _size_attribute.search(attributes) else f' width="{picture.width}" height="{picture.height}"'
    made = [rendition.file for rendition in renditions.intact_renditions(picture)]
    if not made:
        return f'{room} loading="lazy"'
    # The original is a choice too where it is no wider than a page shows it; what is wider opens on demand.
    choices = [*made, *([picture] if made[-1].width < picture.width <= renditions.RENDITION_SIZES[-1].width else [])]
    listed = ", ".join(f"{file.get_absolute_url()} {file.width}w" for file in choices)
    return f'{room} srcset="{listed}" sizes="{PICTURE_SIZES}" loading="lazy"'
