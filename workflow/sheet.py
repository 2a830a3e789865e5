"""审签单: one round, or an emergency publication, on a printed page with a QR code that opens the proof."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from articles import proof
from articles.models import Article, Publication, Revision
from articles.views import picture_of_code
from departments.permissions import check_see
from workflow.models import Emergency, Round, RoundState
from workflow.review import progress

PUBLISHED = ("publication__department", "publication__article")


def _round(request: HttpRequest, pk: int) -> Round:
    """The round, for those who may see its article. Raises Http404 and NotAllowed."""
    found = get_object_or_404(Round.objects.select_related("revision", "article__department", *PUBLISHED), pk=pk)
    check_see(request.user, found.article.department)
    return found


def _emergency(article: Article, number: int) -> Emergency:
    """How the publication of this number came about past all approval. Raises Http404 for any other publication."""
    known = Emergency.objects.select_related("publication__revision", *PUBLISHED)
    return get_object_or_404(known, publication__article=article, publication__number=number)


def of_round(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """The page to print about a round, also one that is open or was returned. `context`: what the desk adds."""
    found = _round(request, pk)
    address = reverse("admin:workflow_round_sheet_code", args=[pk])
    context = {**context, "round": found, "code_address": address}
    return _sheet(request, found.article, found.revision, found.publication, context)


def of_emergency(request: HttpRequest, article: Article, number: int, context: dict[str, Any]) -> HttpResponse:
    """The page to print about an emergency publication: that nobody signed it off, who published it, and why."""
    found = _emergency(article, number)
    publication = found.publication
    bypassed = publication.revision.rounds.filter(state=RoundState.BYPASSED).first()
    address = reverse("admin:articles_article_sheet_code", args=[article.pk, number])
    context = {**context, "emergency": found, "round": bypassed, "code_address": address}
    return _sheet(request, article, publication.revision, publication, context)


def _sheet(
    request: HttpRequest, article: Article, revision: Revision, publication: Publication | None, context: dict[str, Any]
) -> HttpResponse:
    context = {
        **context,
        "article": article,
        "revision": revision,
        "department": article.department,
        "drafters": list(revision.contributions.all()),
        "steps": progress(context["round"]) if context["round"] else [],
        "publication": publication,
        "entry": proof.recorded(publication) if publication else None,
        "proof_address": proof.address(publication) if publication else "",
    }
    return TemplateResponse(request, "admin/workflow/round/sheet.html", context)


# The QR codes of the sheets, also while what they lead to is not public yet or no longer.


def code_of_round(request: HttpRequest, pk: int) -> HttpResponse:
    found = _round(request, pk)
    if found.publication is None:
        raise Http404
    return picture_of_code(found.publication)


def code_of_emergency(article: Article, number: int) -> HttpResponse:
    return picture_of_code(_emergency(article, number).publication)
