"""The sanitiser: HTML from the editor, a paste or an import becomes a small, known part of HTML.

The lists below say what it lets through. It runs on every save, on the server, and does not trust the browser.
Alignment becomes one of four classes, so that public pages need no style attribute. Pictures pasted as `data:`
addresses become files. Whatever cannot be kept is named in `lost`.

Footnotes are the one use of ids: a mark `<a id="fnref-1" href="#fn-1">` and its note `<li id="fn-1">`, with digits only
and each once, so that no text can take the id of a part of the page, or link to one.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape
from urllib.parse import unquote_to_bytes

import nh3
from django.utils.translation import gettext as _

from articles.text.file_addresses import carried_addresses, own_file, plain_digest
from articles.text.plain_text import plain_text, strip_control_characters
from inputs.exceptions import InputTooLarge
from inputs.html import ARTICLE_LIMITS, rewrite_html

MAX_LOST = 100  # sentences about what was left out
ALIGNMENTS = ("left", "center", "right", "justify")
ALIGNABLE_TAGS = {"p", "h2", "h3", "h4", "td", "th", "div", "figure", "figcaption", "li", "caption"}

ALLOWED_TAGS = {
    *["p", "h2", "h3", "h4", "div", "blockquote", "pre", "hr", "br", "ul", "ol", "li"],
    *["strong", "b", "em", "i", "u", "s", "sub", "sup", "code", "a", "img", "figure", "figcaption"],
    *["table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"],
}
ALLOWED_ATTRIBUTES = {
    "a": {"href", "title", "id"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    **{tag: {"style", "align"} for tag in ALIGNABLE_TAGS if tag not in ("td", "th")},
}
ALLOWED_ATTRIBUTES["li"] = ALLOWED_ATTRIBUTES["li"] | {"id"}
ALLOWED_ATTRIBUTES["td"] = ALLOWED_ATTRIBUTES["td"] | {"style", "align"}
ALLOWED_ATTRIBUTES["th"] = ALLOWED_ATTRIBUTES["th"] | {"style", "align"}
ALLOWED_CLASSES = {tag: {f"align-{side}" for side in ALIGNMENTS} for tag in ALIGNABLE_TAGS}
# What vanishes with everything in it; other unknown elements lose their tag and keep their words.
REMOVED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "noscript",
    "template",
    "iframe",
    "object",
    "embed",
    "svg",
    "math",
    "select",
}

_cleaner = nh3.Cleaner(
    tags=ALLOWED_TAGS,
    attributes=ALLOWED_ATTRIBUTES,
    allowed_classes=ALLOWED_CLASSES,
    clean_content_tags=REMOVED_WITH_CONTENT,
    url_schemes={"http", "https", "mailto", "tel", "data"},  # data: is resolved below, and only in <img>
    filter_style_properties={"text-align", "TEXT-ALIGN"},  # as old editors wrote it
    strip_comments=True,
    link_rel="noopener noreferrer",
)

# nh3 writes attributes as name="value" with quotation marks escaped, so its output can be taken apart by pattern.
_tag_pattern = re.compile(r'<([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
_attribute_pattern = re.compile(r' ([a-z-]+)="([^"]*)"')
_control_and_blank = re.compile(r"[\x00-\x20]")
_small_number = re.compile(r"\d{1,4}")
# The ids that there are, and the only places on the same page that a text leads to.
_footnote_ids = {"a": re.compile(r"fnref-[1-9][0-9]{0,3}"), "li": re.compile(r"fn-[1-9][0-9]{0,3}")}
_footnote_href = re.compile(r"#fn(?:ref)?-[1-9][0-9]{0,3}")
_data_url = re.compile(r"data:(?:image/[^;,]*)?(?:;(?!base64,)[^;,]*)*(;base64)?,(.*)", re.IGNORECASE | re.DOTALL)
_pasted_source = re.compile(r'(?<= src=")data:[^"]*')
# A picture that was cut off before its closing quotation mark, which would swallow the text behind it.
_cut_off = re.compile(r"(<img\b[^<>]*=\s*([\"'])data:[^\"'<>,]*;base64,[^\"'<>]*)(?=<|$)", re.IGNORECASE)
_empty_paragraphs = re.compile(r"<p>(?:\s|&nbsp;|<br>)*+</p>\s*")

StorePicture = Callable[[bytes], str]
MayUseFile = Callable[[str], bool]


class UnusablePicture(ValueError):
    """A picture that cannot be taken over; the message says why, in words for the person who pasted it."""


class CleanedHtml(str):
    """HTML that holds only what the lists allow. Its links and pictures are not checked yet; `sanitise` does that.

    `source`: the HTML as it came in.
    """

    source: str

    def length_with_files(self) -> int:
        """Return the number of characters once each pasted picture has the address of a file."""
        return len(_pasted_source.sub(f"/files/{'0' * 64}.png", self))


@dataclass
class Sanitised:
    """`html`: safe to show. `lost`: one sentence for each thing that a reader would miss."""

    html: str
    lost: list[str] = field(default_factory=list)


def sanitise(html: str, store: StorePicture | None = None, may_use: MayUseFile | None = None) -> Sanitised:
    """Clean `html`, unless it is CleanedHtml, and check its links and pictures.

    `store` takes the bytes of a pasted picture and returns its address (/files/…) here. It raises UnusablePicture for
    bytes that are no picture or too large. Without `store` pasted pictures are lost, and named. `may_use` answers
    whether a file of the site, given by its digest, may stand here; without it all may.
    Raises InputTooLarge as `clean_html` does.
    """
    result = Sanitised("")
    ids: set[str] = set()
    cleaned = _tag_pattern.sub(lambda match: _rewrite_tag(match, store, may_use, result.lost, ids), clean_html(html))
    result.html = _empty_paragraphs.sub("", cleaned).strip()
    if (more := len(result.lost) - MAX_LOST) > 0:
        result.lost[MAX_LOST:] = [_("Left out besides: %(count)d more things.") % {"count": more}]
    return result


def sanitise_for_display(html: str) -> str:
    """Sanitise HTML from a row that no seal vouches for. Return the refusal in its place if it is too large."""
    try:
        return sanitise(html).html
    except InputTooLarge as error:
        return f"<p>{escape(str(error))}</p>"


def clean_html(html: str) -> CleanedHtml:
    """Remove all that the lists do not allow: the first half of `sanitise`, done once for each text.

    Raises InputTooLarge (a ValidationError) for more tags, depth or characters than ARTICLE_LIMITS.
    """
    if isinstance(html, CleanedHtml):
        return html
    # Control characters that are written as references become blanks: without them, the text around them could
    # join to something new.
    whole = _cut_off.sub(r"\1\2>", strip_control_characters(html))
    allowed = _cleaner.clean(rewrite_html(whole, ARTICLE_LIMITS, kept=ALLOWED_TAGS, removed=REMOVED_WITH_CONTENT))
    cleaned = CleanedHtml(strip_control_characters(allowed, " "))
    cleaned.source = html
    return cleaned


def _rewrite_tag(
    match: re.Match, store: StorePicture | None, may_use: MayUseFile | None, lost: list[str], ids: set[str]
) -> str:
    """`ids`: those of the elements before, to which this one's is added."""
    tag, attributes = match[1], dict(_attribute_pattern.findall(match[2]))
    if tag == "img":
        return _rewrite_picture(attributes, store, may_use, lost, _place(match))
    side = ""
    style, align = attributes.pop("style", ""), attributes.pop("align", "").lower()
    if found := re.search(r"text-align:\s*(\w+)", style, re.IGNORECASE):
        side = {"start": "left", "end": "right"}.get(found[1].lower(), found[1].lower())
    side = side or align
    if side in ALIGNMENTS and tag in ALIGNABLE_TAGS:
        attributes["class"] = f"align-{side}"
    if attributes.get("class") == "":
        del attributes["class"]
    for name in ("colspan", "rowspan", "start"):
        if name in attributes and not _small_number.fullmatch(attributes[name]):
            del attributes[name]
    if "id" in attributes:
        if _footnote_ids[tag].fullmatch(attributes["id"]) and attributes["id"] not in ids:
            ids.add(attributes["id"])
        else:
            del attributes["id"]
    if tag == "a":
        _check_link(attributes, may_use, lost)
    return _serialise_tag(tag, attributes)


def _check_link(attributes: dict[str, str], may_use: MayUseFile | None, lost: list[str]) -> None:
    """Make the address of a link plain where it is one of the site's files, or take it out."""
    address = unescape(attributes.get("href", ""))
    # Browsers pass over blanks and control characters here, so they do not hide it from us either.
    target = _control_and_blank.sub("", address).lower()
    own = own_file(address)
    if target.startswith("data:") or (target.startswith("#") and not _footnote_href.fullmatch(target)):
        del attributes["href"]
    elif target.startswith("#"):
        attributes["href"] = target
    elif own and may_use and not may_use(own.digest):
        lost.append(_("A link to a file was left out, because the file belongs to a text that you may not see."))
        del attributes["href"]
    elif own and not own.plain:
        lost.append(_("A link to a file was left out, because its address is not complete."))
        del attributes["href"]
    elif own:
        attributes["href"] = own.plain


def _rewrite_picture(
    attributes: dict[str, str], store: StorePicture | None, may_use: MayUseFile | None, lost: list[str], place: str
) -> str:
    """Return the `<img>` with its address here, or "" for a picture that cannot be kept; `lost` then says why.

    `place`: where in the text the picture stands, in words.
    """
    source = unescape(attributes.pop("src", "")).strip()
    name = unescape(attributes.get("alt", "")) or _("without a name")
    for measure in ("width", "height"):
        if not _small_number.fullmatch(attributes.get(measure, "")):
            attributes.pop(measure, None)
    own = own_file(source)
    if own and may_use and not may_use(own.digest):
        text = _("The picture “%(name)s” was left out, because it belongs to a text that you may not see.")
        lost.append(text % {"name": name})
        return ""
    try:
        source = _stored(source, store)
    except UnusablePicture as error:
        text = _("The picture “%(name)s” (%(place)s) was left out: %(why)s")
        lost.append(text % {"name": name, "place": place, "why": error})
        return ""
    if own and own.plain:
        source = own.plain
    if not plain_digest(source):
        lost.append(
            _("The picture “%(name)s” was left out, because it lies elsewhere (%(address)s). Paste the picture itself.")
            % {"name": name, "address": source[:100] or "–"}
        )
        return ""
    attributes.setdefault("alt", "")
    return _serialise_tag("img", {"src": source, **attributes})


def _stored(source: str, store: StorePicture | None) -> str:
    """Return the address of a picture after storing it, if `source` carries its bytes. Raises UnusablePicture."""
    if found := _data_url.fullmatch(source):
        return store(_decode_data_url(found)) if store else ""
    if not source or source.lower().startswith("data:"):
        # The cleaner has emptied addresses such as blob: and file:, which only the writer's own browser can read.
        raise UnusablePicture(_("it cannot be read. Insert it again."))
    return source


def _place(match: re.Match) -> str:
    """Return where the tag stands, by the last words before it."""
    before = match.string[max(0, match.start() - 1000) : match.start()]
    if -1 < (end := before.find(">")) < before.find("<") or "<" not in before:
        before = before[end + 1 :]  # the slice begins inside a tag
    words = " ".join(plain_text(before).split())[-12:]
    return _("after “%(words)s”") % {"words": words} if words else _("at the beginning of the text")


def _decode_data_url(found: re.Match) -> bytes:
    try:
        data = unquote_to_bytes(found[2])
        return base64.b64decode(data, validate=False) if found[1] else data
    except (binascii.Error, ValueError) as error:
        raise UnusablePicture(_("its data is damaged.")) from error


def _serialise_tag(tag: str, attributes: dict[str, str]) -> str:
    return f"<{tag}" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"


def mentioned_file_digests(html: str) -> set[str]:
    """Return the digests that `sanitise` will ask `may_use` about for any HTML."""
    found = map(own_file, carried_addresses(clean_html(html)))
    return {one.digest for one in found if one}
