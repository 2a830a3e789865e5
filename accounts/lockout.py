"""Lockout after failed sign-ins: messages for django-axes."""

import math

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


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
