"""Services on publications: create, end, reseal, withdraw, move. Workflow checks who may."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, SmallIntegerField, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from articles.listings import counts
from articles.models import Article, CountState, Placement, Publication, Revision, Withdrawal
from articles.search import drafts_index, index
from departments.models import Department


class PublishResult(NamedTuple):
    """A new publication, and the earlier ones that were sealed again because it ends them."""

    publication: Publication
    ended: list[Publication]


def create_publication(
    revision: Revision,
    *,
    at: datetime,
    now: datetime,
    sign_offs: list[dict[str, Any]],
    is_emergency: bool = False,
    existing: list[Publication] | None = None,
) -> PublishResult:
    """A sealed publication of a frozen revision, live from `at` on; its predecessor ends at that moment.

    `sign_offs`: one dict a decision with step, person (id), name, time (RFC 3339 text). `existing`: all publications of
    the article, by number, where the caller knows them. Call inside a transaction that holds the article's lock; the
    database refuses overlaps all the same.
    """
    article, ended = revision.article, []
    if existing is None:
        existing = list(article.publications.order_by("number"))
    effective = [
        earlier for earlier in existing if earlier.live_until is None or earlier.live_until > earlier.live_from
    ]
    for earlier in effective:
        if earlier.live_from >= at:  # scheduled for later: called off
            end_publication(earlier, earlier.live_from)
            ended.append(earlier)
        elif earlier.live_until is None or earlier.live_until > at:
            end_publication(earlier, at)
            ended.append(earlier)
    predecessor = next((earlier for earlier in effective if earlier.live_from < at), None)
    # A correction ends when what it replaces was to end.
    planned = next((found.planned_until for found in ended if found.live_until == at and found.planned_until), None)
    first = predecessor.first_live_from if predecessor else at
    publication = Publication(
        article=article,
        number=len(existing) + 1,
        revision=revision,
        department=article.department,
        title=revision.title,
        summary=revision.summary,
        address=revision.address,
        cover_digest=revision.cover.digest if revision.cover_id else "",
        dated=revision.dated or first,
        first_live_from=first,
        live_from=at,
        live_until=planned,
        planned_until=planned,
        digest=revision.digest,
        body_digest=revision.body_digest,
        columns=revision.column_ids(),
        files=[attached["digest"] for attached in revision.attachment_contents()],
        sign_offs=sign_offs,
        is_emergency=is_emergency,
        created_at=now,
    )
    publication.apply_seal()
    publication.save()
    pinned = _pinned_until_by_department(article, now) if existing else {}
    departments = publication.listing_departments()
    Placement.objects.bulk_create(
        Placement(
            publication=publication,
            department_id=department,
            **Placement.repeated_values(publication),
            pinned_until=pinned.get(department),
        )
        for department in departments
    )
    counts.apply_pending_counts_on_commit(departments)
    index.index_publication(publication, revision)
    for earlier in existing:
        if earlier.live_until and earlier.live_until <= now:
            index.unindex_publications(earlier)
    drafts_index.remove_after_commit(article)
    return PublishResult(publication, ended)


def sealed_digests(*publications: Publication) -> dict[str, str]:
    """Number → digest of what its seal covers now, for the ledger entry of the act that sealed them.

    The seal that a publication had before still verifies; `verify` holds each to the newest digest in the ledger, so
    that putting an earlier seal back is named.
    """
    return {str(publication.number): publication.sealed_digest() for publication in publications}


def _pinned_until_by_department(article: Article, now: datetime) -> dict[int, datetime]:
    """Department → until when: a correction stays where its predecessor was pinned."""
    pins = Placement.objects.filter(article=article, pinned_until__gt=now)
    return dict(pins.values_list("department", "pinned_until"))


def _reseal(publication: Publication, *changed: str) -> None:
    publication.apply_seal()
    publication.save(update_fields=[*changed, "seal_key", "seal_signature"])


def _close_placements(publication: Publication) -> None:
    # One that counts no more, for its old interval is over, is to be counted again where it runs on.
    count_state = Coalesce(F("count_state"), Value(CountState.PENDING.value), output_field=SmallIntegerField())
    publication.placements.update(live_until=publication.live_until, count_state=count_state)


def end_publication(publication: Publication, at: datetime) -> None:
    """Closes the interval at `at` and signs again. At `live_from` itself: the publication is called off."""
    publication.live_until = at
    _reseal(publication, "live_until")
    _close_placements(publication)


def schedule_end(publication: Publication, at: datetime | None) -> None:
    """Lets a live publication end at a moment ahead; None: until further notice."""
    publication.planned_until = publication.live_until = at
    _reseal(publication, "live_until", "planned_until")
    _close_placements(publication)


def reopen_publication(publication: Publication) -> None:
    """Lets a publication run on that was to be replaced by a scheduled one which has been called off."""
    publication.live_until = publication.planned_until
    _reseal(publication, "live_until")
    _close_placements(publication)


def call_off_publication(publication: Publication) -> list[Publication]:
    """Calls off a scheduled publication; what it was to replace runs on. Returns all that were sealed again."""
    start = publication.live_from
    end_publication(publication, start)
    index.unindex_publications(publication)
    predecessors = list(publication.article.publications.not_called_off().filter(live_until=start))
    for predecessor in predecessors:
        reopen_publication(predecessor)
    return [publication, *predecessors]


def withdraw_publication(publication: Publication, *, by: User, reason: str, notice: str, at: datetime) -> Withdrawal:
    """Ends a live publication at once; visitors find `notice` in its place."""
    end_publication(publication, at)
    index.unindex_publications(publication)
    drafts_index.index_revision(publication.revision)
    counts.apply_pending_counts_on_commit(publication.listing_departments())
    withdrawal = Withdrawal(publication=publication, at=at, by=by, by_name=by.full_name, reason=reason, notice=notice)
    withdrawal.apply_seal()
    withdrawal.save()
    return withdrawal


def pin_publication(publication: Publication, until: datetime | None) -> None:
    """Keeps the publication at the top of its own department's listing until then; None: no longer."""
    # Earlier ones too, whose pins a correction takes over, and one that is scheduled.
    Placement.objects.filter(article=publication.article_id, department=publication.department_id).update(
        pinned_until=until
    )


def move_publications(article: Article, to: Department, at: datetime) -> list[Publication]:
    """Puts what is public or will be under another department. Returns what was sealed again."""
    moved = list(article.publications.not_called_off().exclude(live_until__lte=at).select_related("revision"))
    counts.delete_placements(
        [one for publication in moved for one in publication.placements.exclude(department__in=publication.columns)]
    )
    for publication in moved:
        publication.department = to
        _reseal(publication, "department")
        Placement.objects.get_or_create(
            publication=publication, department=to, defaults=Placement.repeated_values(publication)
        )
    index.reindex_publications(moved)
    return moved


def clear_emergency_flag(publication: Publication) -> None:
    publication.is_emergency = False
    _reseal(publication, "is_emergency")


def erase_texts(publication: Publication) -> None:
    """Takes the words out of a publication whose article is expunged."""
    words = ("title", "summary", "address", "cover_digest")
    for name in words:
        setattr(publication, name, "")
    _reseal(publication, *words)


def live_publication(article: Article, at: datetime) -> Publication | None:
    """The publication that is live at `at`."""
    return article.publications.live(at).select_related("revision").order_by("-number").first()
