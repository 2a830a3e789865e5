"""Preview links for people without an account."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from articles.models import Article
from departments.exceptions import WrongState
from departments.permissions import check_see
from ledger.canonical_json import sha256
from ledger.models import Entry
from ledger.monitoring.alarms import raise_alarm
from ledger.record import record
from workflow.models import PreviewLink
from workflow.rules.text_in_hand import revision_in_hand

LINK_LIFETIME = timedelta(days=14)
LINK_ENDING_VERBS = ("preview.revoked", "article.discarded")  # their entries hold `links`


@transaction.atomic
def create_link(article: Article, *, by: User) -> tuple[PreviewLink, str]:
    """A new link for the text in hand, and its secret, which is shown once and not kept. Recorded."""
    check_see(by, article.department)
    if revision_in_hand(article) is None:
        raise WrongState(_("There is no unpublished text to share."))
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    link = PreviewLink(
        article=article,
        token_digest=sha256(token),
        made_at=now,
        made_by=by,
        made_by_name=by.full_name,
        ends_at=now + LINK_LIFETIME,
    )
    link.apply_seal()
    link.save()
    record("preview.shared", article, by=by, link=link.token_digest, ends_at=link.ends_at)
    return link, token


@transaction.atomic
def revoke_links(article: Article, *, by: User) -> int:
    """Revokes every usable link of the article; returns how many there were."""
    check_see(by, article.department)
    revoked = end_links(article, timezone.now())
    if revoked:
        record("preview.revoked", article, by=by, count=len(revoked), links=revoked)
    return len(revoked)


def end_links(article: Article, at: datetime) -> list[str]:
    """Stops every link of the article for good, lest one show the text that is written next.

    Returns the digests of their secrets, for the `links` of the ledger entry of the act.
    """
    links = PreviewLink.objects.filter(article=article, revoked_at=None)
    ended = list(links.order_by("pk").values_list("token_digest", flat=True))
    links.update(revoked_at=at)
    return ended


def ended_links(article_id: int) -> set[str]:
    """Digests of the secrets of links that the ledger says were ended, whatever their rows say. One query."""
    entries = Entry.objects.filter(
        object_type=Article._meta.label_lower, object_id=str(article_id), verb__in=LINK_ENDING_VERBS
    )
    return {digest for data in entries.values_list("data", flat=True) for digest in data.get("links", [])}


def opened_article(token: str) -> Article | None:
    """The article whose text in hand the holder of the secret may read; None for a secret that opens nothing.

    A link that the site did not make raises an alarm.
    """
    links = PreviewLink.objects.usable().select_related("article__department")
    link = links.filter(token_digest=sha256(token)).first()
    if link is None or link.token_digest in ended_links(link.article_id):
        return None
    if not link.seal_holds():
        said = gettext_noop(
            "article %(article)d: a preview link was made or changed outside the site; it does not open"
        )
        raise_alarm(f"preview link {link.pk}", said, article=link.article_id)
        return None
    return link.article
