"""Preview links for people without an account."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from articles.models import Article
from departments.exceptions import WrongState
from departments.permissions import check_see
from ledger.canonical_json import sha256
from ledger.record import record
from workflow.models import PreviewLink
from workflow.rules.text_in_hand import revision_in_hand

LINK_LIFETIME = timedelta(days=14)


@transaction.atomic
def create_link(article: Article, *, by: User) -> tuple[PreviewLink, str]:
    """A new link for the text in hand, and its secret, which is shown once and not kept. Recorded."""
    check_see(by, article.department)
    if revision_in_hand(article) is None:
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
