"""审签单: one round on a printed page, with a QR code that opens the proof of what was published."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from articles import proof
from articles.views import picture_of_code
from departments.permissions import check_see
from workflow.models import Round
from workflow.review import progress


def _round(request: HttpRequest, pk: int) -> Round:
    """The round, for those who may see its article. Raises Http404 and NotAllowed."""
    related = ("revision", "article__department", "publication__department", "publication__article")
    found = get_object_or_404(Round.objects.select_related(*related), pk=pk)
    check_see(request.user, found.article.department)
    return found


def sheet(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """The page to print. `context`: what the desk has round its pages."""
    found = _round(request, pk)
    publication = found.publication
    context = {
        **context,
        "round": found,
        "revision": found.revision,
        "department": found.article.department,
        "drafters": list(found.revision.contributions.all()),
        "steps": progress(found),
        "publication": publication,
        "entry": proof.recorded(publication) if publication else None,
        "proof_address": proof.address(publication) if publication else "",
    }
    return TemplateResponse(request, "admin/workflow/round/sheet.html", context)


def code(request: HttpRequest, pk: int) -> HttpResponse:
    """The QR code of the sheet, also while what it leads to is not public yet or no longer."""
    found = _round(request, pk)
    if found.publication is None:
        raise Http404
    return picture_of_code(found.publication)
