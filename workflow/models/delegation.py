"""The model `Delegation` 授权: who decides in whose place, and when."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ledger.seals import Sealed


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def current(self, at: datetime | None = None) -> "DelegationQuerySet":
        at = at or timezone.now()
        return self.filter(begins_at__lte=at, ends_at__gt=at, revoked_at=None, principal__is_active=True)


class Delegation(Sealed):
    """授权 (A/B 角): a leader names a deputy for a period. The decision then records both names."""

    seal_kind = "delegation"

    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations", verbose_name=_("leader")
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deputyships", verbose_name=_("deputy")
    )
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-begins_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(principal=models.F("deputy")), name="nobody_is_their_own_deputy"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("begins_at")), name="a_delegation_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.principal} → {self.deputy}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "principal": self.principal_id,
            "deputy": self.deputy_id,
            "from": self.begins_at,
            "until": self.ends_at,
            "revoked": self.revoked_at,
        }
