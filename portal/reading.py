"""Counts the reads of visitors in front of Django, whose stack of middleware takes longer than a read does.

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

from articles import views
from articles.connections import run_outside_request
from portal.policy import PolicyMiddleware
from portal.proxies import believe

Environ = dict[str, Any]
Start = Callable[..., Any]

_address = re.compile(r"/reads/([0-9]{1,18})/")
_nobody = AnonymousUser()


class CountedReads:
    """A WSGI application round another one, which answers all but reads."""

    def __init__(self, other: Callable[[Environ, Start], Iterable[bytes]]) -> None:
        self.other = other
        self.session = f"{settings.SESSION_COOKIE_NAME}="
        self.protecting = {is_secure: _protecting(is_secure) for is_secure in (False, True)}

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        found = _address.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        if not found or self.session in environ.get("HTTP_COOKIE", "") or environ.get("SCRIPT_NAME"):
            return self.other(environ, start)
        believe(environ)
        request = _request(environ)
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return self.other(environ, start)
        try:
            request.get_host()  # as CommonMiddleware has it checked
            # A visitor who was noted counts once, so the read may be repeated.
            response = run_outside_request(lambda: views.read(request, int(found[1])))
        except (Http404, SuspiciousOperation, DatabaseError):
            return self.other(environ, start)  # which has the pages for this
        headers = [
            *self.protecting[request.is_secure()],
            *response.items(),
            ("Content-Length", str(len(response.content))),
        ]
        start(f"{response.status_code} {response.reason_phrase}", headers)
        return [response.content]


def _request(environ: Environ) -> HttpRequest:
    """What the view asks a request for; it has no session, no body and nothing else."""
    request = _Asked()
    request.META, request.method, request.user = environ, "POST", _nobody
    request.path = request.path_info = environ["PATH_INFO"]
    return request


class _Asked(HttpRequest):
    def _get_scheme(self) -> str:
        return self.META["wsgi.url_scheme"]


def _protecting(is_secure: bool) -> list[tuple[str, str]]:
    """The headers that the middlewares put on an answer which sets none itself."""
    request = _request({"PATH_INFO": "/", "wsgi.url_scheme": "https" if is_secure else "http"})
    blank = HttpResponse()
    del blank.headers["Content-Type"]
    for middleware in (XFrameOptionsMiddleware, PolicyMiddleware, SecurityMiddleware):
        blank = middleware(HttpResponse).process_response(request, blank)
    return list(blank.items())
