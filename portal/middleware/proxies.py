"""Addresses of visitors: accepts X-Forwarded-* headers from TRUSTED_PROXIES only."""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

MAX_ADDRESS_LENGTH = 64  # characters that are looked at: an IPv6 address with brackets and port, or with its zone

# An IPv6 address in brackets, or an IPv4 address; a port may follow. Quotation marks are those of RFC 7239.
_with_port = re.compile(r'"?(?:\[(?P<v6>[^\[\]]*)\]|(?P<v4>[0-9.]+))(?::[0-9]*)?"?')


@lru_cache(1024)
def parse_address(text: str) -> str:
    """Return the IP address in its one usual spelling; "" if `text` holds none, such as "unknown".

    Takes what proxies write: a port, brackets, an IPv6 zone. An IPv4 address inside IPv6 becomes IPv4.
    """
    found = _with_port.fullmatch(text)
    bare = (found["v6"] or found["v4"] or "") if found else text
    try:
        address: IPv4Address | IPv6Address = ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


@lru_cache(1024)
def _is_in_networks(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return bool(address) and any(ip_address(address) in network for network in networks)


def apply_forwarded_headers(environ: dict[str, Any]) -> None:
    """Puts the visitor's own address and scheme in place (PEP 3333), so that nothing else need know of proxies.

    REMOTE_ADDR is an IP address afterwards, or "" where there is none (a socket file).
    """
    environ["REMOTE_ADDR"] = parse_address(environ.get("REMOTE_ADDR", "").strip()[:MAX_ADDRESS_LENGTH])
    proxies = tuple(settings.TRUSTED_PROXIES)
    if not _is_in_networks(environ["REMOTE_ADDR"], proxies):
        return
    # The last address that is not one of our proxies: those before it anybody can make up. Where a proxy names no
    # address, nobody vouches for those before it either, and the visitor goes by the address of that proxy.
    for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not hop.strip():
            continue
        address = parse_address(hop.strip()[:MAX_ADDRESS_LENGTH])
        if not address:
            break
        environ["REMOTE_ADDR"] = address
        if not _is_in_networks(address, proxies):
            break
    if environ.get("HTTP_X_FORWARDED_PROTO") == "https":
        environ["wsgi.url_scheme"] = "https"


class TrustedProxyMiddleware:
    """Believes them for whatever did not come by way of portal.page_cache, which does the same in front of Django."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        apply_forwarded_headers(request.META)
        return self.get_response(request)
