"""Services on publications: create, end, reseal, withdraw, move. Workflow checks who may."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, SmallIntegerField, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop

from accounts.models import User
from articles.listings import counts
from articles.models import (
    Article,
    CountState,
    EndKind,
    Placement,
    Publication,
    PublicationEnd,
    Revision,
    Withdrawal,
)
from articles.publication_records import PublicationRecords, RecordedEnd, load_records
from articles.search import drafts_index, index
from departments.models import Department
from ledger.monitoring.alarms import raise_alarm
from ledger.resealing import ResealRefused, check_before_resealing


class PublishResult(NamedTuple):
    """A new publication, and the publications whose end was recorded: earlier ones, and itself if an end is planned."""

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
    database refuses overlaps all the same. Ends and first publication of earlier ones come from the ledger, so that
    nothing that was forged in their rows is sealed. Raises TamperedText when the revision does not say what was
    submitted.
    """
    content = revision.check_submitted_text()  # the words that are published are the words that were checked
    article = revision.article
    if existing is None:
        existing = list(article.publications.select_related("end").order_by("number"))
    records = load_records(article) if existing else PublicationRecords()
    ended, planned = [], None
    for earlier in existing:
        end = records.ends.get(earlier.number) or _end_of_row(earlier)
        if end and end.is_over(now):
            _restore_interval(earlier, end)
            continue
        planned_before = end.planned_until if end else None
        if earlier.live_from >= at:  # scheduled for later: called off
            record_end(earlier, EndKind.CALLED_OFF, until=now, planned_until=planned_before, at=now)
        elif end is None or end.until is None or end.until > at:
            record_end(earlier, EndKind.SUPERSEDED, until=at, planned_until=planned_before, at=now)
        else:
            continue
        ended.append(earlier)
        if earlier.live_from <= at:  # A correction ends when what it replaces was to end.
            planned = planned or planned_before
    first = _first_begin(existing, records, at)
    publication = Publication(
        article=article,
        number=len(existing) + 1,
        revision=revision,
        department=article.department,
        title=content["title"],
        summary=content["summary"],
        address=content["address"],
        cover_digest=content["cover"] or "",
        dated=content["dated"] or first,
        first_live_from=first,
        live_from=at,
        digest=revision.digest,
        body_digest=revision.body_digest,
        columns=content["columns"],
        files=[attached["digest"] for attached in content["files"]],
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
    if planned:
        record_end(publication, EndKind.PLANNED, until=planned, planned_until=planned, at=now)
        ended.append(publication)
    counts.apply_pending_counts_on_commit(departments)
    index.index_publication(publication, revision)
    for earlier in existing:
        if earlier.live_until and earlier.live_until <= now:
            index.unindex_publications(earlier)
    drafts_index.remove_after_commit(article)
    return PublishResult(publication, ended)


def _first_begin(existing: list[Publication], records: PublicationRecords, at: datetime) -> datetime:
    """When the article was published first. From the ledger; from a row only where that has no entry."""
    if begun := records.first_begin(at):
        return begun
    known = (earlier for earlier in existing if earlier.number not in records.begins and earlier.words_hold())
    return min((earlier.first_live_from for earlier in known if earlier.live_from < at), default=at)


def _pinned_until_by_department(article: Article, now: datetime) -> dict[int, datetime]:
    """Department → until when: a correction stays where its predecessor was pinned."""
    pins = Placement.objects.filter(article=article, pinned_until__gt=now)
    return dict(pins.values_list("department", "pinned_until"))


# Sealing again.


def sealed_digests(*publications: Publication) -> dict[str, str]:
    """Number → digest of what its seal covers now, for the ledger entry of the act that sealed them.

    The seal that a publication had before still verifies; `verify` holds each to the newest digest in the ledger, so
    that putting an earlier seal back is named.
    """
    return {str(publication.number): publication.sealed_digest() for publication in publications}


def check_as_recorded(publication: Publication) -> None:
    """Raise ResealRefused unless the publication is what its newest act sealed. One query."""
    _check_before_resealing(publication, load_records(publication.article))


def _check_before_resealing(publication: Publication, records: PublicationRecords) -> None:
    """As `check_as_recorded`, with the records of the article."""

    def is_recorded() -> bool:
        return records.is_sound and publication.sealed_digest() == records.seals.get(publication.number)

    broken = ResealRefused(
        f"publication {publication.pk}",
        gettext_noop("article %(article)d, publication %(number)d: it is not what was sealed; not sealed again"),
        article=publication.article_id,
        number=publication.number,
    )
    check_before_resealing(publication.words_hold(), is_recorded, broken)


def _reseal(publication: Publication, *changed: str) -> None:
    publication.apply_seal()
    publication.save(update_fields=[*changed, "seal_key", "seal_signature"])


# Ends. They never seal the publication again.


def record_end(
    publication: Publication, kind: EndKind, *, until: datetime | None, planned_until: datetime | None, at: datetime
) -> None:
    """Seals when the publication ends, instead of what was recorded before, and repeats it in the listings.

    `until` None: until further notice. `planned_until`: the end that somebody set, which holds again when a
    replacement is called off. `at`: the moment of the act. The caller writes `recorded_ends` to the ledger.
    """
    end = PublicationEnd(publication=publication, kind=kind, until=until, planned_until=planned_until, at=at)
    end.apply_seal()
    values = {name: getattr(end, name) for name in ("kind", "until", "planned_until", "at")}
    seal = {"seal_key": end.seal_key, "seal_signature": end.seal_signature}
    if not PublicationEnd.objects.filter(publication=publication).update(**values, **seal):
        end.save()
    publication.end = end
    _repeat_interval(publication, *end.interval_end())


def recorded_ends(*publications: Publication) -> dict[str, dict]:
    """Number → its end, for the ledger entry of the act that recorded it. Later acts and `verify` hold rows to it.

    The values, and no digest of them: acts take an end that was planned before from here, and who reads an export of
    the ledger sees when each publication was public.
    """
    return {str(publication.number): publication.end.ledger_data() for publication in publications}


def _repeat_interval(publication: Publication, live_until: datetime | None, planned_until: datetime | None) -> None:
    """Writes the end to the columns by which queries and listings choose."""
    publication.live_until, publication.planned_until = live_until, planned_until
    publication.save(update_fields=["live_until", "planned_until"])
    # One that counts no more, for its old interval is over, is to be counted again where it runs on.
    count_state = Coalesce(F("count_state"), Value(CountState.PENDING.value), output_field=SmallIntegerField())
    publication.placements.update(live_until=live_until, count_state=count_state)


def _end_of_row(publication: Publication) -> RecordedEnd | None:
    """What the row says, of which the ledger has nothing under this number: somebody changed the number."""
    end = publication.recorded_end()
    return RecordedEnd(EndKind(end.kind), end.until, end.planned_until, end.at) if end else None


def _restore_interval(publication: Publication, end: RecordedEnd) -> None:
    """Puts the columns of a publication that is over back where its end says, if somebody changed them.

    An interval that was opened again would overlap with the next publication, and nobody could publish any more.
    """
    until = publication.live_from if end.kind == EndKind.CALLED_OFF else end.until
    if (publication.live_until, publication.planned_until) != (until, end.planned_until):
        said = gettext_noop("article %(article)d, publication %(number)d: its end was changed outside the site")
        raise_alarm(f"publication {publication.pk}", said, article=publication.article_id, number=publication.number)
        _repeat_interval(publication, until, end.planned_until)


def schedule_end(publication: Publication, until: datetime | None, at: datetime) -> None:
    """Lets a live publication end at a moment ahead; None: until further notice."""
    record_end(publication, EndKind.PLANNED, until=until, planned_until=until, at=at)


def call_off_publication(publication: Publication, at: datetime, records: PublicationRecords) -> None:
    """Calls off a scheduled publication. What it was to replace still ends: see `reopen_predecessors`."""
    end = records.ends.get(publication.number)
    planned = end.planned_until if end else None
    record_end(publication, EndKind.CALLED_OFF, until=at, planned_until=planned, at=at)
    index.unindex_publications(publication)


def reopen_predecessors(called_off: Publication, at: datetime, records: PublicationRecords) -> list[Publication]:
    """Lets run on what a scheduled publication was to replace; the end that was set before holds again.

    Which one that is, and until when, the ledger says. Returns those whose end was recorded.
    """
    begin = records.begins.get(called_off.number, called_off.live_from)
    replaced = {
        number: end for number, end in records.ends.items() if end.kind == EndKind.SUPERSEDED and end.until == begin
    }
    found = list(called_off.article.publications.filter(number__in=replaced))
    for predecessor in found:
        planned = replaced[predecessor.number].planned_until
        record_end(predecessor, EndKind.PLANNED, until=planned, planned_until=planned, at=at)
    return found


def withdraw_publication(
    publication: Publication, *, by: User, reason: str, notice: str, at: datetime, records: PublicationRecords
) -> Withdrawal:
    """Ends a live publication at once; visitors find `notice` in its place."""
    end = records.ends.get(publication.number)
    planned = end.planned_until if end else None
    record_end(publication, EndKind.WITHDRAWN, until=at, planned_until=planned, at=at)
    index.unindex_publications(publication)
    drafts_index.index_revision(publication.revision)
    counts.apply_pending_counts_on_commit(publication.placements.values_list("department", flat=True))
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


# Acts that seal a publication again.


def move_publications(article: Article, to: Department, at: datetime) -> list[Publication]:
    """Puts what is public or will be under another department; it is pinned no longer. Returns what was sealed again.

    Raises ResealRefused.
    """
    records = load_records(article)
    moved = list(article.publications.live_or_scheduled(at).select_related("revision", "end"))
    for publication in moved:
        _check_before_resealing(publication, records)
    counts.delete_placements(
        [one for publication in moved for one in publication.placements.exclude(department__in=publication.columns)]
    )
    Placement.objects.filter(article=article).exclude(pinned_until=None).update(pinned_until=None)
    for publication in moved:
        publication.department = to
        _reseal(publication, "department")
        Placement.objects.get_or_create(
            publication=publication, department=to, defaults=Placement.repeated_values(publication)
        )
    index.reindex_publications(moved)
    return moved


def clear_emergency_flag(publication: Publication) -> None:
    """Raises ResealRefused."""
    check_as_recorded(publication)
    publication.is_emergency = False
    _reseal(publication, "is_emergency")


def erase_texts(article: Article) -> None:
    """Takes the words out of all publications of an article that is expunged. Raises ResealRefused."""
    records, words = load_records(article), ("title", "summary", "address", "cover_digest")
    for publication in article.publications.all():
        _check_before_resealing(publication, records)
        index.unindex_publications(publication)
        for name in words:
            setattr(publication, name, "")
        _reseal(publication, *words)


def live_publication(article: Article, at: datetime) -> Publication | None:
    """The publication that is live at `at`."""
    return article.publications.live(at).select_related("revision").order_by("-number").first()
