"""Signed notice pages for links that leave the site.

The URL of the notice page carries its target under our signature. Only targets that stood in a public text or a sealed
menu were ever signed, so nobody can make an address on this site that leads to a target of their choice.
"""

import re
from collections.abc import Iterable
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

_signer = Signer(salt="articles.public.external_links")
# The sanitiser writes links so (articles.text.sanitising); anything else is no link.
_link_pattern = re.compile(r'(<a(?: [a-z-]+="[^"]*")*? href=")([^"]*)(")')
_host_separators = re.compile(r"[\s,，、;；]+")
_ignored_characters = re.compile(
    r"[\t\r\n]"
)  # browsers pass over these wherever they stand, and over blanks at both ends
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


def interstitial_url(address: str) -> str:
    """The address of the page that asks before it leads to `address`."""
    return f"{reverse('leave')}?to={quote(_signer.sign(address), safe='')}"


def public_href(href: str, allowed: Iterable[str]) -> str:
    """Where a link on a public page leads: to the notice when that is a host outside which is not `allowed`."""
    target = parse_external(href)
    return href if target is None or is_trusted_host(target.host, allowed) else interstitial_url(target.address)


def read_token(token: str) -> ExternalTarget | None:
    """What a notice leads to; None when we have not signed it, or it is no address of http or https."""
    try:
        return parse_external(_signer.unsign(token))
    except BadSignature:
        return None


def with_interstitials(html: str, allowed: Iterable[str]) -> str:
    """Sanitised HTML whose links to hosts outside lead to the notice instead, save for those `allowed`."""
    allowed = list(allowed)

    def rewritten(match: re.Match) -> str:
        href = unescape(match[2])
        leads = public_href(href, allowed)
        return match[0] if leads == href else match[1] + escape(leads) + match[3]

    return _link_pattern.sub(rewritten, html)
