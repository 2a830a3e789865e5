"""Checks of `verify` on old addresses and imported pages: each matches the ledger."""

from collections.abc import Iterator

from ledger.models import Entry
from ledger.verification.checks import register_verifier
from ledger.verification.walks import walk
from legacy.models import ImportedPage, OldAddress
from legacy.old_addresses import ledger_data


@register_verifier
def verify_old_addresses() -> Iterator[str]:
    """Replays what was set and deleted, then compares it with what is there."""
    held: dict[str, dict] = {}
    entries = Entry.objects.filter(verb__in=["old_address.created", "old_address.deleted"]).order_by("number")
    for entry in entries.iterator(chunk_size=2000):
        if entry.verb == "old_address.created":
            held[entry.object_id] = entry.data
        else:
            held.pop(entry.object_id, None)
    for address in OldAddress.objects.order_by("pk").iterator():
        recorded = held.pop(str(address.pk), None)
        if recorded is None:
            yield f"old address {address.pk} ({address}): set outside the site; the ledger does not have it"
        elif recorded != ledger_data(address):
            yield f"old address {address.pk} ({address}): differs from what the ledger says of it"
        elif not address.seal_holds():
            yield f"old address {address.pk} ({address}): its seal does not hold; changed outside the site"
    for pk, recorded in held.items():
        yield f"old address {pk} ({recorded.get('address')}): stands in the ledger, but is gone"


@register_verifier
def verify_imported_pages() -> Iterator[str]:
    """Each import is as it was, and stands in the ledger with the digest of its file."""
    entries = Entry.objects.filter(verb="article.imported").order_by("number").values_list("object_id", "data")
    imported = {article: data.get("digest") for article, data in entries.iterator(chunk_size=2000)}
    for page in walk(ImportedPage.objects.order_by("pk")):
        if imported.pop(str(page.article_id), None) != page.digest:
            yield f"imported page {page.pk} (article {page.article_id}): the ledger does not have this import"
        elif not page.seal_holds():
            yield f"imported page {page.pk} (article {page.article_id}): its seal does not hold; changed outside"
    for article in imported:
        yield f"imported page of article {article}: stands in the ledger, but is gone"
