"""Normalisation of old addresses, so that typed and requested forms match.

Spelt as in RFC 3987: characters as they are read, percent signs only where a character would mean something else.
Old Chinese sites wrote names of files in GBK, and browsers percent-encode whatever bytes a link had, so an address
is read as UTF-8 or, where it is none, as GB18030 (which contains GBK).
"""

import re
from urllib.parse import unquote_to_bytes

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

MAX_ADDRESS_LENGTH = 500  # characters as they are stored
_MAX_REQUEST_BYTES = 2000  # bytes of a request; an address of 500 Hanzi has 1500

_SCHEME_AND_HOST = re.compile(r"(?:https?:)?//[^/?#\\]*", re.IGNORECASE)
_ESCAPED_IN_PATH = re.compile(r"[\x00-\x20%?#\x7f]")
_ESCAPED_IN_QUERY = re.compile(r"[\x00-\x20%#&=+\x7f]")


def normalise_address(address: str) -> str:
    """Path and query of `address`, without scheme, host, fragment and closing slashes.

    `address` is what a person types or a saved page carries: http://old.example/a.asp?id=5 or /a.asp?id=5.
    Raises ValidationError when it is no such address, or too long.
    """
    path, _mark, query = _SCHEME_AND_HOST.sub("", address.strip(), count=1).partition("#")[0].partition("?")
    if not path.startswith("/") and not (_SCHEME_AND_HOST.match(address.strip()) and not path):
        raise ValidationError(_("An old address begins with “/” or “http://”."), code="invalid")
    spelt = _normal_forms(unquote_to_bytes(path), query.encode())
    if not spelt:
        raise ValidationError(_("The percent signs in this address stand for no text."), code="invalid")
    if len(spelt[0]) > MAX_ADDRESS_LENGTH:
        raise ValidationError(
            _("An old address has at most %(limit)d characters."), params={"limit": MAX_ADDRESS_LENGTH}
        )
    return spelt[0]


def request_addresses(request: HttpRequest) -> list[str]:
    """The spellings under which a request's address may be stored, the likelier first; none when it is too long."""
    # Django has decoded the path as UTF-8 and left percent signs where that failed: this gives the bytes back.
    path = unquote_to_bytes(request.path_info)
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
    if len(path) + len(query) > _MAX_REQUEST_BYTES:
        return []
    return [spelt for spelt in _normal_forms(path, query) if len(spelt) <= MAX_ADDRESS_LENGTH]


def _normal_forms(path: bytes, query: bytes) -> list[str]:
    """Path and query in each encoding in which they are text, without repeats."""
    found = []
    for codec in ("utf-8", "gb18030"):
        try:
            spelt = _percent_encode(path.decode(codec), _ESCAPED_IN_PATH).rstrip("/") or "/"
            if query:
                spelt += f"?{_normalise_query(query, codec)}"
        except UnicodeDecodeError:
            continue
        found.append(spelt)
    return list(dict.fromkeys(found))


def _normalise_query(query: bytes, codec: str) -> str:
    """The query with its order, its signs & and = kept and the rest of it spelt; + is a blank there."""
    pieces = re.split(rb"([&=])", query.replace(b"+", b"%20"))
    spelt = [_percent_encode(unquote_to_bytes(piece).decode(codec), _ESCAPED_IN_QUERY) for piece in pieces[::2]]
    signs = [sign.decode() for sign in pieces[1::2]] + [""]
    return "".join(text + sign for text, sign in zip(spelt, signs, strict=True))


def _percent_encode(text: str, special: re.Pattern) -> str:
    return special.sub(lambda found: f"%{ord(found[0]):02X}", text)
