"""The pages behind a preview link, for people who do not sign in."""

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from articles.models import File, Revision
from articles.models.frozen_text import TamperedText
from articles.public.languages import without_language
from articles.public.views import file_response
from articles.text.file_addresses import rebase_file_urls
from workflow.actions import preview_links
from workflow.desk.refused_text import refused_text_response
from workflow.rules.revision_text import checked_content
from workflow.rules.text_in_hand import revision_in_hand


def _revision_for_token(token: str) -> Revision | None:
    """What the holder of the secret may read; None alike for a secret that never was and for one that has ended."""
    article = preview_links.opened_article(token)
    revision = revision_in_hand(article) if article else None
    if revision:
        revision.article = article
    return revision


def _with_private_headers(response: HttpResponse) -> HttpResponse:
    """Nothing on the way keeps it, no search engine lists it, and what it links to does not learn the secret."""
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@csp_replace({"frame-ancestors": ["'none'"]})
def shared_preview(request: HttpRequest, token: str) -> HttpResponse:
    """The text behind a link, for whoever holds it. Nothing here is counted."""
    revision = _revision_for_token(token)
    if revision is None:
        return _with_private_headers(render(request, "articles/preview_link_invalid.html", status=404))
    attachments = list(revision.attachments.select_related("file"))
    try:
        checked_content(revision, attachments)
    except TamperedText as error:
        return _with_private_headers(refused_text_response(request, error))
    context = {
        "revision": revision,
        "publication": None,
        "department": revision.article.department,
        "downloads": [attached for attached in attachments if attached.kind == "download"],
    }
    page = render_to_string("admin/articles/article/preview.html", context, request)
    # The files of a text that is not public are nobody's without signing in, but for the holder of the link. They have
    # one address, whatever language the page is in.
    folder = without_language(request.path).rstrip("/")
    return _with_private_headers(HttpResponse(rebase_file_urls(page, folder)))


@require_safe
def shared_file(request: HttpRequest, token: str, digest: str, extension: str) -> HttpResponse:
    """A picture or attachment of the text behind a link."""
    revision = _revision_for_token(token)
    if revision is None:
        raise Http404
    used = {row["digest"] for row in checked_content(revision)["files"]}
    if digest not in used:
        raise Http404
    found = get_object_or_404(File, digest=digest, extension=extension)
    return _with_private_headers(file_response(request, found, public=False))
