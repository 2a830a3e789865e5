"""Making, ending and taking away publications. Who signed off, and whether they could, workflow has settled before."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from accounts.models import User
from articles import search
from articles.models import Article, Placement, Publication, Revision, Withdrawal
from articles.models.publication import live


def publish(
    revision: Revision, *, at: datetime, now: datetime, sign_offs: list[dict[str, Any]], is_emergency: bool = False
) -> Publication:
    """A sealed publication of a frozen revision, live from `at` on; its predecessor ends at that moment.

    `sign_offs`: one dict a decision with step, person (id), name, time (RFC 3339 text). Call inside a transaction that
    holds the article's lock; the database refuses overlaps all the same.
    """
    article = revision.article
    former = article.publications.effective()
    for scheduled in former.filter(live_from__gte=at):
        end(scheduled, scheduled.live_from)
    for running in former.filter(live(at)).exclude(live_from__gte=at):
        end(running, at)
    begun = former.filter(live_from__lt=at).order_by("number").first()
    first = begun.first_live_from if begun else at
    attachments = list(revision.attachments.select_related("file"))
    publication = Publication(
        article=article,
        number=(article.publications.aggregate(last=Max("number"))["last"] or 0) + 1,
        revision=revision,
        department=article.department,
        title=revision.title,
        summary=revision.summary,
        address=revision.address,
        cover_digest=revision.cover.digest if revision.cover_id else "",
        dated=revision.dated or first,
        first_live_from=first,
        live_from=at,
        digest=revision.digest,
        body_digest=revision.body_digest,
        columns=sorted(revision.further_columns.values_list("department_id", flat=True)),
        files=[attachment.file.digest for attachment in attachments],
        sign_offs=sign_offs,
        is_emergency=is_emergency,
        created_at=now,
    )
    publication.apply_seal()
    publication.save()
    Placement.objects.bulk_create(
        Placement(
            publication=publication,
            department_id=department,
            article=article,
            dated=publication.dated,
            live_from=publication.live_from,
        )
        for department in {publication.department_id, *publication.columns}
    )
    search.put(publication, revision)
    for ended in article.publications.filter(live_until__lte=now):
        search.remove(ended)
    return publication


def end(publication: Publication, at: datetime) -> None:
    """Closes the interval at `at` and signs again. At `live_from` itself: the publication is called off."""
    publication.live_until = at
    publication.apply_seal()
    publication.save(update_fields=["live_until", "seal_key", "seal_signature"])
    publication.placements.update(live_until=at)


def reopen(publication: Publication) -> None:
    """Lets a publication run on that was to be replaced by a scheduled one which has been called off."""
    publication.live_until = None
    publication.apply_seal()
    publication.save(update_fields=["live_until", "seal_key", "seal_signature"])
    publication.placements.update(live_until=None)


def call_off(publication: Publication) -> None:
    """Calls off a scheduled publication; what it was to replace runs on."""
    start = publication.live_from
    end(publication, start)
    search.remove(publication)
    for predecessor in publication.article.publications.effective().filter(live_until=start):
        reopen(predecessor)


def withdraw(publication: Publication, *, by: User, reason: str, notice: str, at: datetime) -> Withdrawal:
    """Ends a live publication at once; visitors find `notice` in its place."""
    end(publication, at)
    search.remove(publication)
    withdrawal = Withdrawal(publication=publication, at=at, by=by, by_name=by.full_name, reason=reason, notice=notice)
    withdrawal.apply_seal()
    withdrawal.save()
    return withdrawal


def current(article: Article, at: datetime) -> Publication | None:
    """The publication that is live at `at`."""
    return article.publications.live(at).select_related("revision").first()
