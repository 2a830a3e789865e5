"""Middleware for a ledger that takes no entries: pages are served, and acts are refused with words."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ledger.heads.exceptions import RecordingStopped
from ledger.heads.recording import find_refusal, report

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What is still possible: signing in, so that superusers find the page that says what to do; clearing alarms; reads,
# which are no acts.
ALLOWED_VIEWS = frozenset(
    {"admin:login", "admin:logout", "admin:ledger_alarm_changelist", "admin:ledger_alarm_delete", "read"}
)


class RecordingMiddleware:
    """Answers 503 to whatever would write while the database does not contain the last noted head.

    What is typed into such a database would be lost when the right one is put back. `record` refuses on its own; this
    turns its refusal into a page, and also refuses what no entry of the ledger stands for, such as saved drafts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.method in SAFE_METHODS or request.resolver_match.view_name in ALLOWED_VIEWS:
            return None
        refusal = find_refusal()
        return _refuse(request, refusal) if refusal else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _refuse(request, exception) if isinstance(exception, RecordingStopped) else None


def _refuse(request: HttpRequest, refusal: RecordingStopped) -> HttpResponse:
    report(refusal)
    return render(request, "recording_stopped.html", {"is_error_page": True, "reason": str(refusal)}, status=503)
