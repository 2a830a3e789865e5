"""Web addresses in texts and menus: which host a browser would open, and whether it is trusted."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

_host_separators = re.compile(r"[\s,，、;；]+")
# Browsers ignore these wherever they stand, and blanks at both ends.
_ignored_characters = re.compile(r"[\t\r\n]")
_edge_characters = "".join(chr(code) for code in range(33))
_external_url = re.compile(r"(?:(https?):/*|//+)(?=[^/])(.*)", re.IGNORECASE | re.DOTALL)
_plain_host = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")


class ExternalTarget(NamedTuple):
    """`address` as a browser would read it; `host` in lower case, without user name and port."""

    address: str
    host: str


def parse_external(href: str) -> ExternalTarget | None:
    """What a link leads to when that is a host over http or https; None for anything on this page's own host.

    Reads addresses as browsers do (the URL standard of the WHATWG), which take \\ for / and ignore slashes too many:
    urlsplit sees a harmless host in "https://evil.example\\\\@www.gov.cn", and visitors would go to another one.
    """
    spelled = _ignored_characters.sub("", href.strip(_edge_characters))
    head, mark, tail = spelled.partition("?") if "?" in spelled else spelled.partition("#")
    found = _external_url.fullmatch(head.replace("\\", "/") + mark + tail)
    if found is None:
        return None
    scheme = (found[1] or urlsplit(settings.SITE_URL).scheme).lower()
    authority = re.split(r"[/?#]", found[2], maxsplit=1)[0]
    host = re.sub(r":\d*$", "", authority.rpartition("@")[2]).lower().rstrip(".")
    return ExternalTarget(f"{scheme}://{found[2]}", host)


def parse_hosts(text: str) -> list[str]:
    """Host names from a list that people typed, separated by blanks or commas of any kind."""
    return [host.lower().strip(".") for host in _host_separators.split(text) if host.strip(".")]


def is_trusted_host(host: str, allowed: Iterable[str]) -> bool:
    """Whether visitors go to `host` unasked: this site itself, an allowed host, or a host under one."""
    if not _plain_host.fullmatch(host):  # not what it looks like, perhaps
        return False
    own = {urlsplit(settings.SITE_URL).hostname, *settings.ALLOWED_HOSTS}
    return host in own or any(host == one or host.endswith(f".{one}") for one in allowed)
