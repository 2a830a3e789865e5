"""Sharing a text before it is published: links that stop when revoked, run out, or overtaken by a publication."""

import secrets
from datetime import timedelta

from csp.decorators import csp_replace
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from articles.models import Article, Revision
from departments.permissions import check_draft
from ledger.canonical import sha256
from ledger.record import record
from workflow.models import PreviewLink
from workflow.transitions import WrongState

USABLE_FOR = timedelta(days=14)


@transaction.atomic
def share(article: Article, *, by: User) -> tuple[PreviewLink, str]:
    """A new link for the text in hand, and its secret, which is shown once and not kept. Recorded."""
    check_draft(by, article.department)
    if text_in_hand(article) is None:
        raise WrongState(_("There is no unpublished text to share."))
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    link = PreviewLink.objects.create(
        article=article,
        token_digest=sha256(token),
        made_at=now,
        made_by=by,
        made_by_name=by.full_name,
        ends_at=now + USABLE_FOR,
    )
    record("preview.shared", article, by=by, link=link.pk, ends_at=link.ends_at)
    return link, token


@transaction.atomic
def revoke(article: Article, *, by: User) -> int:
    """Revokes every usable link of the article; returns how many there were."""
    check_draft(by, article.department)
    revoked = PreviewLink.objects.filter(article=article, revoked_at=None).update(revoked_at=timezone.now())
    if revoked:
        record("preview.revoked", article, by=by, count=revoked)
    return revoked


def text_in_hand(article: Article) -> Revision | None:
    """What is being written or reviewed; None when nothing is."""
    opened = article.rounds.open().select_related("revision__cover").first()
    return opened.revision if opened else article.active_draft()


@require_safe
@csp_replace({"frame-ancestors": ["'none'"]})
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The text behind a link, for whoever holds it. Nothing here is counted, cached or indexed."""
    link = PreviewLink.objects.usable().select_related("article__department").filter(token_digest=sha256(token)).first()
    revision = text_in_hand(link.article) if link else None
    if revision is None:
        raise Http404(_("This preview link is no longer valid."))
    context = {
        "revision": revision,
        "publication": None,
        "department": link.article.department,
        "downloads": revision.attachments.filter(kind="download").select_related("file"),
        "is_preview": True,
    }
    response = render(request, "admin/articles/article/preview.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
