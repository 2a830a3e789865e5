"""Views of the home page, health checks, external link notices and errors."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles.caching import versions
from articles.public import external_links
from departments.exceptions import TamperedRow
from ledger.heads.head_file import read_head
from ledger.heads.recording import find_refusal
from ledger.heads.restores import accepted_restores
from ledger.monitoring.alarms import report_broken_seal
from ledger.seals import BrokenSeal
from legacy import old_addresses
from portal.home.blocks import home_page_blocks

logger = logging.getLogger(__name__)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return versions.declare_scopes(
        render(request, "portal/home.html", {"blocks": home_page_blocks()}), versions.ALL_SCOPES
    )


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /search/", "Disallow: /reads/"]
    lines += ["Disallow: /leave/", "Disallow: /preview/", "Disallow: /feedback/?", ""]
    lines += [f"Sitemap: {settings.SITE_URL}/sitemap.xml", ""]
    return versions.declare_scopes(HttpResponse("\n".join(lines), content_type="text/plain"))


@require_safe
def confirm_external_link(request: HttpRequest) -> HttpResponse:
    """Names the host that an outside link leads to, and asks. Shows a link and never redirects.

    404 for what we have not signed: else any address could be handed out as if the site recommended it.
    """
    target = external_links.read_token(request.GET.get("to", ""))
    if target is None:
        raise Http404
    return render(request, "portal/confirm_external_link.html", {"target": target})


@require_safe
def ledger_head(_request: HttpRequest) -> HttpResponse:
    """The head of the ledger as noted outside the database: whoever copies it down can hold it against us later.

    `restores`: which entries were lost in restores of the database, and who accepted that.
    """
    head = read_head()
    restores = [restore.as_dict() for restore in accepted_restores()]
    return JsonResponse({**(head.as_dict() if head and head.number else {"number": 0}), "restores": restores})


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM portal_identity LIMIT 1")


def _check_cache() -> None:
    cache.set("readyz", "ok", 5)
    if cache.get("readyz") != "ok":
        raise OSError("the cache forgets")


def _check_storage() -> None:
    default_storage.exists("files")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when database and storage answer, else 503 that names what does not.

    A cache that does not answer and a ledger that takes no entries are named too, but the site is ready: it goes on
    serving pages.
    """
    checks: dict[str, Callable[[], None]] = {
        "database": _check_database,
        "cache": _check_cache,
        "storage": _check_storage,
    }
    failed = []
    for name, check in checks.items():
        try:
            check()
        except (DatabaseError, OSError):
            logger.exception("%s is not ready", name)
            failed.append(name)
    lines = [f"{name}: {'failed' if name in failed else 'ok'}" for name in checks]
    if "database" not in failed and find_refusal():
        lines.append("recording: stopped")
    is_ready = not {"database", "storage"}.intersection(failed)
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain", status=200 if is_ready else 503)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", {"is_error_page": True}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    broken = exception.broken if isinstance(exception, TamperedRow) else exception
    if isinstance(broken, BrokenSeal):
        report_broken_seal(broken)
    return render(request, "403.html", {"is_error_page": True, "reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Last of all, so that no address of the old site can stand before a page of this one."""
    if redirect := old_addresses.redirect_for(request):
        return redirect
    return render(request, "404.html", {"is_error_page": True}, status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Typed text is not lost: the page says to go back and send it again."""
    return render(request, "403_csrf.html", {"is_error_page": True, "csrf_reason": reason}, status=403)
