"""Verify remarks, quick phrases, notifications and their deliveries: each is as the site sealed it."""

from collections.abc import Iterator

from ledger.verification.checks import register_verifier
from ledger.verification.walks import walk
from workflow.models import Remark


@register_verifier
def verify_remarks() -> Iterator[str]:
    """Each remark was made, withdrawn and settled by the site."""
    for remark in walk(Remark.objects.order_by("pk"), article="round__article"):
        if not remark.seal_holds():
            yield f"remark {remark.pk} (round {remark.round_id}): its seal does not hold; made or changed outside"
