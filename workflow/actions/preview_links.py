"""Sharing a text before it is published: links that stop when revoked, run out, or overtaken by a publication."""

import secrets
from datetime import datetime, timedelta

from csp.decorators import csp_replace
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from articles.models import Article, File, Revision
from articles.public.views import file_response
from articles.text.sanitising import rebase_file_urls
from departments.permissions import check_see
from ledger.canonical_json import sha256
from ledger.record import record
from workflow.models import PreviewLink
from workflow.rules.transitions import WrongState

LINK_LIFETIME = timedelta(days=14)


@transaction.atomic
def create_link(article: Article, *, by: User) -> tuple[PreviewLink, str]:
    """A new link for the text in hand, and its secret, which is shown once and not kept. Recorded."""
    check_see(by, article.department)
    if unpublished_revision(article) is None:
        raise WrongState(_("There is no unpublished text to share."))
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    link = PreviewLink.objects.create(
        article=article,
        token_digest=sha256(token),
        made_at=now,
        made_by=by,
        made_by_name=by.full_name,
        ends_at=now + LINK_LIFETIME,
    )
    record("preview.shared", article, by=by, link=link.pk, ends_at=link.ends_at)
    return link, token


@transaction.atomic
def revoke_links(article: Article, *, by: User) -> int:
    """Revokes every usable link of the article; returns how many there were."""
    check_see(by, article.department)
    revoked = end_links(article, timezone.now())
    if revoked:
        record("preview.revoked", article, by=by, count=revoked)
    return revoked


def end_links(article: Article, at: datetime) -> int:
    """Stops every link of the article for good, lest one show the text that is written next; returns how many."""
    return PreviewLink.objects.filter(article=article, revoked_at=None).update(revoked_at=at)


def unpublished_revision(article: Article) -> Revision | None:
    """What is being written or reviewed; None when nothing is."""
    opened = article.rounds.open().select_related("revision__cover").first()
    return opened.revision if opened else article.active_draft()


def _revision_for_token(token: str) -> Revision | None:
    """What the holder of the secret may read; None alike for a secret that never was and for one that has ended."""
    links = PreviewLink.objects.usable().select_related("article__department")
    link = links.filter(token_digest=sha256(token)).first()
    revision = unpublished_revision(link.article) if link else None
    if revision:
        revision.article = link.article
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
    context = {
        "revision": revision,
        "publication": None,
        "department": revision.article.department,
        "downloads": revision.attachments.filter(kind="download").select_related("file"),
    }
    page = render_to_string("admin/articles/article/preview.html", context, request)
    # The files of a text that is not public are nobody's without signing in, but for the holder of the link.
    return _with_private_headers(HttpResponse(rebase_file_urls(page, request.path.rstrip("/"))))


@require_safe
def shared_file(request: HttpRequest, token: str, digest: str, extension: str) -> HttpResponse:
    """A picture or attachment of the text behind a link."""
    revision = _revision_for_token(token)
    if revision is None:
        raise Http404
    used = revision.attachments.values("file")
    found = get_object_or_404(File, pk__in=used, digest=digest, extension=extension)
    return _with_private_headers(file_response(request, found, public=False))
