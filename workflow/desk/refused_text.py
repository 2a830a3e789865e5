"""The page in place of a text that is not shown, because it is not the one that was submitted."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from articles.models.frozen_text import ExpungedText, TamperedText
from departments.exceptions import WrongState


def refused_text_response(request: HttpRequest, error: WrongState) -> HttpResponse:
    """503 for a text that was tampered with, 409 for one that changed meanwhile; JSON {"error"} where that is asked."""
    status = 503 if isinstance(error, TamperedText) else 409
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response: HttpResponse = JsonResponse({"error": str(error)}, status=status)
    else:
        response = render(request, "refused_text.html", {"refusal": str(error)}, status=status)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response


class TamperedTextMiddleware:
    """Answers with that page wherever a view meets a tampered or expunged text and has no better answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refused = isinstance(exception, TamperedText | ExpungedText)
        return refused_text_response(request, exception) if refused else None
