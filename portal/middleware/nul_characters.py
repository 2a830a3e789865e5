"""Middleware that refuses requests with NUL characters in their headers."""

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse


class NulCharacter(SuspiciousOperation):
    """A NUL character where none may be (RFC 9110, 5.5); answered with 400."""


class RefuseNulMiddleware:
    """Answers them with 400: PostgreSQL takes no such text, and no browser sends any.

    Forms refuse NUL themselves (ProhibitNullCharactersValidator), and so do the readers of addresses.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name, value in request.META.items():
            if name.startswith("HTTP_") and "\0" in value:
                raise NulCharacter(f"NUL character in {name}")
        return self.get_response(request)
