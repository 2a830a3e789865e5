"""Choosing the blocks of the home page: acts that the ledger has, and the check that nothing else changed them."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ledger import wording
from ledger.models import Entry
from ledger.record import record
from ledger.verification import check
from portal.home import default_blocks
from portal.models import HomeBlock

SAVED, REMOVED = "home_block.saved", "home_block.removed"
wording.tell(
    "home_block",
    _("Blocks of the home page"),
    {SAVED: _("saved the block of the home page"), REMOVED: _("removed the block of the home page")},
)


@transaction.atomic
def save(block: HomeBlock, *, by: User | None) -> HomeBlock:
    """Saves and seals a block. The first one comes to those of the default set, so that nothing vanishes.

    Raises ValidationError.
    """
    keep_default(by=by)
    return _keep(block, by)


@transaction.atomic
def keep_default(*, by: User | None) -> bool:
    """Makes the default set one that can be changed; False when blocks were chosen already."""
    if HomeBlock.objects.exists():
        return False
    for default in default_blocks():
        _keep(default, by)
    return True


def _keep(block: HomeBlock, by: User | None) -> HomeBlock:
    block.full_clean()
    block.save()
    block.apply_seal()
    block.save(update_fields=["seal_key", "seal_signature"])
    record(SAVED, block, by=by, **block.manifest())
    return block


@transaction.atomic
def remove(block: HomeBlock, *, by: User) -> None:
    record(REMOVED, block, by=by, **block.manifest())
    block.delete()


@check
def home_blocks() -> Iterator[str]:
    """The blocks are those that the ledger has, and say what was sealed."""
    recorded: dict[str, dict] = {}
    for entry in Entry.objects.filter(verb__in=[SAVED, REMOVED]).order_by("number").iterator(chunk_size=500):
        if entry.verb == SAVED:
            recorded[entry.object_id] = entry.data
        else:
            recorded.pop(entry.object_id, None)
    for block in HomeBlock.objects.order_by("pk"):
        facts = recorded.pop(str(block.pk), None)
        if not block.seal_holds():
            yield f"home block {block.pk}: its seal does not hold; changed outside the site"
        elif facts != block.manifest():
            yield f"home block {block.pk}: the ledger does not have it as it is"
    for pk in recorded:
        yield f"home block {pk}: stands in the ledger, but is gone"
