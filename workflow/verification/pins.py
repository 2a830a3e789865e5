"""Verify pins against the ledger."""

from collections.abc import Collection, Iterator

from django.utils import timezone

from articles.models import Placement
from ledger.canonical_json import canonical_timestamp
from ledger.models import Entry
from ledger.verification.checks import register_verifier
from ledger.verification.walks import walk
from workflow.verification.ledger_rows import chunks, ledger_entries

PIN_VERB = "article.pinned"


@register_verifier
def verify_pins() -> Iterator[str]:
    """What stands at the top of a listing now was put there by the site, until then; and nothing was taken down."""
    now = timezone.now()
    pinned = Placement.objects.filter(pinned_until__gt=now).order_by("pk")
    for chunk in chunks(walk(pinned)):
        newest = _newest_pins(placement.article_id for placement in chunk)
        for placement in chunk:
            entry = newest.get(str(placement.article_id))
            said = (entry.data.get("department"), entry.data.get("until")) if entry else None
            if said != (placement.department_id, canonical_timestamp(placement.pinned_until)):
                yield f"placement {placement.pk} (article {placement.article_id}): pinned outside the site"
    acts = Entry.objects.filter(verb=PIN_VERB).order_by("number")
    for chunk in chunks(walk(acts)):
        newest = {entry.number: entry for entry in _newest_pins(int(entry.object_id) for entry in chunk).values()}
        valid = [
            newest[entry.number]
            for entry in chunk
            if entry.number in newest and (entry.data.get("until") or "") > canonical_timestamp(now)
        ]
        placements = Placement.objects.filter(article__in=[int(entry.object_id) for entry in valid])
        by_listing: dict[tuple[str, int], list[Placement]] = {}
        for placement in placements:
            by_listing.setdefault((str(placement.article_id), placement.department_id), []).append(placement)
        for entry in valid:
            for placement in by_listing.get((entry.object_id, entry.data.get("department")), []):
                if placement.pinned_until is None or placement.pinned_until <= now:
                    yield f"placement {placement.pk} (article {entry.object_id}): taken down outside the site"


def _newest_pins(articles: Collection[int] | Iterator[int]) -> dict[str, Entry]:
    """The last pinning of each article that holds: a move takes an article down."""
    last = {entry.object_id: entry for entry in ledger_entries(articles, [PIN_VERB, "article.moved"])}
    return {article: entry for article, entry in last.items() if entry.verb == PIN_VERB}
