"""Trusted proxies: accepts X-Forwarded-* headers from TRUSTED_PROXIES only."""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def _is_trusted_proxy(address: str) -> bool:
    return _is_in_networks(address, tuple(settings.TRUSTED_PROXIES))


@lru_cache(1024)
def _is_in_networks(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def apply_forwarded_headers(environ: dict[str, Any]) -> None:
    """Puts the visitor's own address and scheme in place (PEP 3333), so that nothing else need know of proxies."""
    if not settings.TRUSTED_PROXIES or not _is_trusted_proxy(environ.get("REMOTE_ADDR", "")):
        return
    # The last address that is not one of our proxies: those before it anybody can make up.
    for address in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not address.strip():
            continue
        environ["REMOTE_ADDR"] = address.strip()
        if not _is_trusted_proxy(address.strip()):
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
