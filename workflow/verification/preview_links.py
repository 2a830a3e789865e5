"""Verify preview links: each was made by the site, and is ended if the ledger says so."""

from collections.abc import Iterator

from ledger.models import Entry
from ledger.verification.checks import register_verifier
from workflow.actions.preview_links import LINK_ENDING_VERBS
from workflow.models import PreviewLink


@register_verifier
def verify_preview_links() -> Iterator[str]:
    """Links that were put in, changed or opened again by SQL."""
    made: set[str] = set()
    ended: set[str] = set()
    entries = Entry.objects.filter(verb__in=["preview.shared", *LINK_ENDING_VERBS]).values_list("verb", "data")
    for verb, data in entries.order_by("number").iterator(chunk_size=2000):
        if verb == "preview.shared":
            made.add(str(data.get("link")))
        ended.update(data.get("links", []))
    for link in PreviewLink.objects.order_by("pk").iterator(chunk_size=2000):
        where = f"preview link {link.pk} (article {link.article_id})"
        if not link.seal_holds() or link.token_digest not in made:
            yield f"{where}: made or changed outside the site"
        elif (link.revoked_at is not None) != (link.token_digest in ended):
            yield f"{where}: revoked or opened again outside the site"
