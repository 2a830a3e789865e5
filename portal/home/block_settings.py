"""Services for choosing home page blocks, with ledger entries and a check of `verify`."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ledger import verbs
from ledger.models import Entry
from ledger.record import record
from ledger.resealing import check_typed_values, last_trustworthy_entry
from ledger.verification.checks import register_verifier
from portal.home.blocks import default_blocks
from portal.models import HomeBlock

SAVED_VERB, REMOVED_VERB = "home_block.saved", "home_block.removed"
verbs.register_verbs(
    "home_block",
    _("Blocks of the home page"),
    {SAVED_VERB: _("saved the block of the home page"), REMOVED_VERB: _("removed the block of the home page")},
)


@transaction.atomic
def save_block(block: HomeBlock, *, by: User | None) -> HomeBlock:
    """Saves and seals a block. The first one comes to those of the default set, so that nothing vanishes.

    Raises ValidationError, and ResealRefused (ledger.resealing).
    """
    if stored := HomeBlock.objects.filter(pk=block.pk).first():
        entry = last_trustworthy_entry(stored, [SAVED_VERB])
        check_typed_values(f"home block {stored.pk}", block, stored.manifest(), entry and entry.data)
    save_default_blocks(by=by)
    return _seal_and_save(block, by)


@transaction.atomic
def save_default_blocks(*, by: User | None) -> bool:
    """Makes the default set one that can be changed; False when blocks were chosen already."""
    if HomeBlock.objects.exists():
        return False
    for default in default_blocks():
        _seal_and_save(default, by)
    return True


def _seal_and_save(block: HomeBlock, by: User | None) -> HomeBlock:
    block.full_clean()
    block.save()
    block.apply_seal()
    block.save(update_fields=["seal_key", "seal_signature"])
    record(SAVED_VERB, block, by=by, **block.manifest())
    return block


@transaction.atomic
def remove_block(block: HomeBlock, *, by: User) -> None:
    record(REMOVED_VERB, block, by=by, **block.manifest())
    block.delete()


@register_verifier
def verify_home_blocks() -> Iterator[str]:
    """The blocks are those that the ledger has, and say what was sealed."""
    recorded: dict[str, dict] = {}
    for entry in Entry.objects.filter(verb__in=[SAVED_VERB, REMOVED_VERB]).order_by("number").iterator(chunk_size=500):
        if entry.verb == SAVED_VERB:
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
