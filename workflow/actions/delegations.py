"""Naming a deputy and revoking the delegation 授权 (A/B 角)."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.identity_changes import check_changes_people, note_change
from accounts.models import User
from accounts.services import void_changes
from departments.exceptions import NotAllowed, WrongState
from ledger import verbs
from ledger.record import record
from workflow.models import Delegation

verbs.register_verbs(
    "delegation",
    gettext_lazy("Delegations"),
    {
        "delegation.granted": gettext_lazy("named a deputy"),
        "delegation.revoked": gettext_lazy("revoked the delegation"),
    },
)


@transaction.atomic
def delegate(*, principal: User, deputy: User, begins_at: datetime, ends_at: datetime, by: User) -> Delegation:
    """A leader names a deputy for a period; a superuser may do it for them, and somebody else confirms it. Recorded.

    Raises NotAllowed for anybody else, ValidationError for a period or a pair that makes no sense.
    """
    if by != principal and not by.is_superuser:
        raise NotAllowed(_("Only leaders themselves, or a superuser, name their deputy."))
    delegation = Delegation(principal=principal, deputy=deputy, begins_at=begins_at, ends_at=ends_at)
    delegation.full_clean()
    if by != principal:
        check_changes_people(by)
    delegation.apply_seal()
    delegation.save()
    entry = record("delegation.granted", delegation, by=by, **delegation_ledger_data(delegation))
    if by != principal:
        note_change(entry, deputy, by=by, ends_at=ends_at)
    return delegation


@transaction.atomic
def revoke_delegation(delegation: Delegation, *, by: User) -> None:
    """Ends a delegation now. Decisions already made under it stand."""
    if by.pk not in (delegation.principal_id, delegation.deputy_id) and not by.is_superuser:
        raise NotAllowed(_("Only those whom it concerns, or a superuser, revoke a delegation."))
    stored = Delegation.objects.select_for_update(no_key=True).get(pk=delegation.pk)
    if stored.revoked_at:
        raise WrongState(_("This delegation has been revoked already."))
    stored.update_sealed(revoked_at=timezone.now())
    void_changes("delegation.granted", stored)
    record("delegation.revoked", stored, by=by, **delegation_ledger_data(stored))


def delegation_ledger_data(delegation: Delegation) -> dict:
    return {
        "principal": delegation.principal_id,
        "principal_name": delegation.principal.full_name,
        "deputy": delegation.deputy_id,
        "deputy_name": delegation.deputy.full_name,
        "begins_at": delegation.begins_at,
        "ends_at": delegation.ends_at,
        "seal": delegation.sealed_digest(),
    }
