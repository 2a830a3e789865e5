"""WSGI middleware that counts reads in front of Django.

Only what changes nothing else: POST /reads/N/ of somebody without a session. The view is the one that Django has,
and the headers are those that the middlewares put on any answer; whatever is not plainly a read to count is handed on.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from articles.public import views
from database.connections import run_outside_request
from portal.middleware.csp import CachedCSPMiddleware
from portal.middleware.proxies import apply_forwarded_headers

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_read_path = re.compile(r"/reads/([0-9]{1,18})/")
_anonymous = AnonymousUser()


class ReadCountMiddleware:
    """A WSGI application round another one, which answers all but reads."""

    def __init__(self, other: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self.application = other
        self.session_cookie_prefix = f"{settings.SESSION_COOKIE_NAME}="
        self.security_headers = {is_secure: _security_headers(is_secure) for is_secure in (False, True)}

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        found = _read_path.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        if not found or self.session_cookie_prefix in environ.get("HTTP_COOKIE", "") or environ.get("SCRIPT_NAME"):
            return self.application(environ, start)
        apply_forwarded_headers(environ)
        request = _build_request(environ)
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return self.application(environ, start)
        try:
            request.get_host()  # as CommonMiddleware has it checked
            # A visitor who was noted counts once, so the read may be repeated.
            response = run_outside_request(lambda: views.read_counter(request, int(found[1])))
        except (Http404, SuspiciousOperation, DatabaseError):
            return self.application(environ, start)  # which has the pages for this
        headers = [
            *self.security_headers[request.is_secure()],
            *response.items(),
            ("Content-Length", str(len(response.content))),
        ]
        start(f"{response.status_code} {response.reason_phrase}", headers)
        return [response.content]


def _build_request(environ: Environ) -> HttpRequest:
    """What the view asks a request for; it has no session, no body and nothing else."""
    request = _MinimalRequest()
    request.META, request.method, request.user = environ, "POST", _anonymous
    request.path = request.path_info = environ["PATH_INFO"]
    return request


class _MinimalRequest(HttpRequest):
    def _get_scheme(self) -> str:
        return self.META["wsgi.url_scheme"]


def _security_headers(is_secure: bool) -> list[tuple[str, str]]:
    """The headers that the middlewares put on an answer which sets none itself."""
    request = _build_request({"PATH_INFO": "/", "wsgi.url_scheme": "https" if is_secure else "http"})
    blank = HttpResponse()
    del blank.headers["Content-Type"]
    for middleware in (XFrameOptionsMiddleware, CachedCSPMiddleware, SecurityMiddleware):
        blank = middleware(HttpResponse).process_response(request, blank)
    return list(blank.items())
