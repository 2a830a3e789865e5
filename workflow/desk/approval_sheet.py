"""The printed approval sheet 审签单 of a round, with a QR code to the proof."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.identity_changes import unconfirmed_labels
from articles.models import Article, Publication, Revision
from articles.public import proof
from articles.public.views import proof_qr_response
from departments.permissions import check_see
from workflow.desk.review import round_progress
from workflow.models import Emergency, Round, RoundState

PUBLICATION_RELATIONS = ("publication__department", "publication__article")


def _round_or_404(request: HttpRequest, pk: int) -> Round:
    """The round, for those who may see its article. Raises Http404 and NotAllowed."""
    found = get_object_or_404(
        Round.objects.select_related("revision", "article__department", *PUBLICATION_RELATIONS), pk=pk
    )
    check_see(request.user, found.article.department)
    return found


def _emergency_or_404(article: Article, number: int) -> Emergency:
    """How the publication of this number came about past all approval. Raises Http404 for any other publication."""
    known = Emergency.objects.select_related("publication__revision", *PUBLICATION_RELATIONS)
    return get_object_or_404(known, publication__article=article, publication__number=number)


def round_sheet(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """The page to print about a round, also one that is open or was returned. `context`: what the desk adds."""
    found = _round_or_404(request, pk)
    address = reverse("admin:workflow_round_sheet_code", args=[pk])
    context = {**context, "round": found, "qr_code_url": address}
    return _render_sheet(request, found.article, found.revision, found.publication, context)


def emergency_sheet(request: HttpRequest, article: Article, number: int, context: dict[str, Any]) -> HttpResponse:
    """The page to print about an emergency publication: that nobody signed it off, who published it, and why."""
    found = _emergency_or_404(article, number)
    publication = found.publication
    bypassed = publication.revision.rounds.filter(state=RoundState.BYPASSED).first()
    address = reverse("admin:articles_article_sheet_code", args=[article.pk, number])
    labels = [label for sign in publication.sign_offs for label in unconfirmed_labels(sign.get("unconfirmed", []))]
    context = {**context, "emergency": found, "emergency_labels": labels, "round": bypassed, "qr_code_url": address}
    return _render_sheet(request, article, publication.revision, publication, context)


def _render_sheet(
    request: HttpRequest, article: Article, revision: Revision, publication: Publication | None, context: dict[str, Any]
) -> HttpResponse:
    revision.check_submitted_text()
    context = {
        **context,
        "article": article,
        "revision": revision,
        "department": article.department,
        "contributions": list(revision.contributions.all()),
        "steps": round_progress(context["round"]) if context["round"] else [],
        "publication": publication,
        "entry": proof.publication_entry(publication) if publication else None,
        "proof_url": proof.proof_url(publication) if publication else "",
    }
    return TemplateResponse(request, "admin/workflow/round/sheet.html", context)


# The QR codes of the sheets, also while what they lead to is not public yet or no longer.


def round_qr_code(request: HttpRequest, pk: int) -> HttpResponse:
    found = _round_or_404(request, pk)
    if found.publication is None:
        raise Http404
    return proof_qr_response(found.publication)


def emergency_qr_code(article: Article, number: int) -> HttpResponse:
    return proof_qr_response(_emergency_or_404(article, number).publication)
