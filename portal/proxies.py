"""Believing X-Forwarded-For and X-Forwarded-Proto from our own proxies (TRUSTED_PROXIES), and from nobody else."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def _trusted(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in settings.TRUSTED_PROXIES)


class TrustedProxyMiddleware:
    """Puts the visitor's own address and scheme in place, so that nothing else need know of proxies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.TRUSTED_PROXIES and _trusted(request.META.get("REMOTE_ADDR", "")):
            # The last address that is not one of our proxies: those before it anybody can make up.
            for address in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
                if not address.strip():
                    continue
                request.META["REMOTE_ADDR"] = address.strip()
                if not _trusted(address.strip()):
                    break
            if request.META.get("HTTP_X_FORWARDED_PROTO") == "https":
                request.META["wsgi.url_scheme"] = request.environ["wsgi.url_scheme"] = "https"
        return self.get_response(request)
