"""Normalisation of links to the site's own files, however a text spells them."""

import posixpath
import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from articles.text.web_addresses import is_trusted_host, parse_external

DECODED = 5  # times that an address is decoded at most; one that is encoded more often leads nowhere

_scheme = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_local_scheme = re.compile(r"^https?:(?![/\\]{2})", re.IGNORECASE)  # browsers take the rest for an address on this host
_ignored = re.compile(r"[\x00-\x20]")
_host = re.compile(r"^(?:https?:)?//+[^/]*", re.IGNORECASE)
_named = re.compile(r"(?:^|/)files/([0-9a-f]{64})(.*)", re.DOTALL)
_ending = re.compile(r"\.[a-z0-9]{1,10}")
_plain = re.compile(r"/files/([0-9a-f]{64})\.[a-z0-9]{1,10}")
# The sanitiser writes attributes as name="value", so its output can be taken apart by pattern.
_link_or_picture = re.compile(r'<(a|img)((?: [a-z-]+="[^"]*")*)>')
_attribute_pattern = re.compile(r' ([a-z-]+)="([^"]*)"')
_file_attribute = re.compile(r'((?:src|href)=")(/files/([0-9a-f]{64})\.)')


class FileAddress(NamedTuple):
    """`plain`: the address that the site answers at; "" where the address names a file but is not complete."""

    digest: str
    plain: str


def plain_digest(address: str) -> str:
    """Return the digest that a plain address names, "" for any other form. Only plain addresses count as use."""
    found = _plain.fullmatch(address)
    return found[1] if found else ""


def own_file(address: str) -> FileAddress | None:
    r"""Return the file of this site that an address names, None where it names none.

    Reads the address as generously as any browser or server might: without blanks and control characters, \ as /,
    percent-encoding undone, upper case, query, fragment, dot segments, language or preview before it, host of the site.

    >>> own_file("/en/files/" + "0" * 64 + ".PDF?x").plain == "/files/" + "0" * 64 + ".pdf"
    True
    """
    address = _ignored.sub("", address)
    if _scheme.match(address):
        return None
    address = _local_scheme.sub("", address)
    target = parse_external(address)
    if target and not is_trusted_host(target.host, ()):
        return None
    path = _host.sub("", re.split(r"[?#]", address, maxsplit=1)[0].replace("\\", "/"))
    for _time in range(DECODED):
        path = unquote(path)
    path = _ignored.sub("", re.split(r"[?#]", path, maxsplit=1)[0].replace("\\", "/")).lower()
    found = _named.search(posixpath.normpath(path))
    if found is None:
        return None
    return FileAddress(found[1], f"/files/{found[1]}{found[2]}" if _ending.fullmatch(found[2]) else "")


def carried_addresses(html: str) -> Iterator[str]:
    """Yield the addresses that links and pictures of cleaned HTML carry, in order. Words of the text do not count."""
    for tag, attributes in _link_or_picture.findall(html):
        carried = dict(_attribute_pattern.findall(attributes))
        yield unescape(carried.get("href" if tag == "a" else "src", ""))


def file_digests(html: str) -> list[str]:
    """Return the digests of the site's own files that sanitised HTML shows or links to, in order, each once.

    Only plain addresses count, which `sanitise` has asked `may_use` about; any other form gives access to nothing.
    """
    return list(dict.fromkeys(filter(None, map(plain_digest, carried_addresses(html)))))


def rebase_file_urls(html: str, folder: str) -> str:
    """Sanitised HTML that takes the site's own files from addresses under `folder`, such as "/preview/…"."""
    return _file_attribute.sub(lambda found: f"{found[1]}{folder}{found[2]}", html)
