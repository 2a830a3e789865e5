"""Making, ending and taking away publications. Who signed off, and whether they could, workflow has settled before."""

from datetime import datetime
from typing import Any

from accounts.models import User
from articles import search
from articles.models import Article, Placement, Publication, Revision, Withdrawal
from departments.models import Department


def publish(
    revision: Revision, *, at: datetime, now: datetime, sign_offs: list[dict[str, Any]], is_emergency: bool = False
) -> Publication:
    """A sealed publication of a frozen revision, live from `at` on; its predecessor ends at that moment.

    `sign_offs`: one dict a decision with step, person (id), name, time (RFC 3339 text). Call inside a transaction that
    holds the article's lock; the database refuses overlaps all the same.
    """
    article = revision.article
    former = list(article.publications.order_by("number"))
    effective = [earlier for earlier in former if earlier.live_until is None or earlier.live_until > earlier.live_from]
    for earlier in effective:
        if earlier.live_from >= at:  # scheduled for later: called off
            end(earlier, earlier.live_from)
        elif earlier.live_until is None or earlier.live_until > at:
            end(earlier, at)
    begun = next((earlier for earlier in effective if earlier.live_from < at), None)
    first = begun.first_live_from if begun else at
    attachments = list(revision.attachments.select_related("file"))
    publication = Publication(
        article=article,
        number=len(former) + 1,
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
    pinned = _pins(article, now) if former else {}
    Placement.objects.bulk_create(
        Placement(
            publication=publication,
            department_id=department,
            article=article,
            dated=publication.dated,
            live_from=publication.live_from,
            pinned_until=pinned.get(department),
        )
        for department in {publication.department_id, *publication.columns}
    )
    search.put(publication, revision)
    for earlier in former:
        if earlier.live_until and earlier.live_until <= now:
            search.remove(earlier)
    return publication


def _pins(article: Article, now: datetime) -> dict[int, datetime]:
    """Department → until when: a correction stays where its predecessor was pinned."""
    pins = Placement.objects.filter(article=article, pinned_until__gt=now)
    return dict(pins.values_list("department", "pinned_until"))


def _seal_again(publication: Publication, *changed: str) -> None:
    publication.apply_seal()
    publication.save(update_fields=[*changed, "seal_key", "seal_signature"])


def end(publication: Publication, at: datetime) -> None:
    """Closes the interval at `at` and signs again. At `live_from` itself: the publication is called off."""
    publication.live_until = at
    _seal_again(publication, "live_until")
    publication.placements.update(live_until=at)


def reopen(publication: Publication) -> None:
    """Lets a publication run on that was to be replaced by a scheduled one which has been called off."""
    publication.live_until = None
    _seal_again(publication, "live_until")
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


def pin(publication: Publication, until: datetime | None) -> None:
    """Keeps the publication at the top of its own department's listing until then; None: no longer."""
    # Earlier ones too, whose pins a correction takes over, and one that is scheduled.
    Placement.objects.filter(article=publication.article_id, department=publication.department_id).update(
        pinned_until=until
    )


def move(article: Article, to: Department, at: datetime) -> None:
    """Puts what is public or will be under another department, sealed again."""
    for publication in article.publications.effective().exclude(live_until__lte=at):
        publication.department = to
        _seal_again(publication, "department")
        publication.placements.exclude(department__in=publication.columns).delete()
        Placement.objects.get_or_create(
            publication=publication,
            department=to,
            defaults={
                "article": article,
                "dated": publication.dated,
                "live_from": publication.live_from,
                "live_until": publication.live_until,
            },
        )


def clear_emergency(publication: Publication) -> None:
    publication.is_emergency = False
    _seal_again(publication, "is_emergency")


def empty(publication: Publication) -> None:
    """Takes the words out of a publication whose article is expunged."""
    words = ("title", "summary", "address", "cover_digest")
    for name in words:
        setattr(publication, name, "")
    _seal_again(publication, *words)


def current(article: Article, at: datetime) -> Publication | None:
    """The publication that is live at `at`."""
    return article.publications.live(at).select_related("revision").first()
