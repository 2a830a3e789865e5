"""Lockout after failed sign-ins: what django-axes counts by, and the answer it gives."""

import math

from axes.utils import reset
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User


def attempted_name(request: HttpRequest, credentials: dict | None = None) -> str:
    """Return what failed sign-ins are counted by: a digest of the name that was typed, however long it is.

    A digest, because people type their password into the wrong field, and what they type is stored. Keyed, because
    passwords can be guessed.
    """
    typed = (credentials or request.POST).get("username") or ""
    return _name_digest(typed)


def _name_digest(name: str) -> str:
    return salted_hmac("accounts.lockout", name.encode(errors="replace"), algorithm="sha256").hexdigest()


def client_address(request: HttpRequest) -> str | None:
    """Return the visitor's address (portal.middleware.proxies); None where there is none (a socket file)."""
    return request.META.get("REMOTE_ADDR") or None


def unlock(user: User) -> None:
    """Forgets the failed sign-ins of a person, at all addresses."""
    reset(username=_name_digest(user.username))


def lockout_response(
    request: HttpRequest, _original: HttpResponse | None = None, _credentials: dict | None = None
) -> HttpResponse:
    minutes = math.ceil(settings.AXES_COOLOFF_TIME * 60)
    return render(
        request,
        "admin/locked_out.html",
        {"title": _("Too many failed sign-ins"), "minutes": minutes, "limit": settings.AXES_FAILURE_LIMIT},
        status=429,
    )
