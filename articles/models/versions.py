"""The model of content versions, from which version keys are computed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ContentVersion(models.Model):
    """The part that one transaction has in the version of a scope; triggers write it, in the act's own transaction.

    `scope`: id of a department, or 0 for what every page shows. `slot`: on PostgreSQL the number of the transaction, so
    that no act ever waits for another's row; on SQLite, where a transaction that writes is alone, 0. `token`: a
    random number below 2^48. The version of a scope is the sum of its tokens: it changes with every act, in whatever
    order they are committed, and no earlier sum comes back.
    """

    scope = models.BigIntegerField(_("scope"))
    slot = models.BigIntegerField(_("slot"))
    token = models.BigIntegerField(_("token"))

    class Meta:
        verbose_name = _("content version")
        verbose_name_plural = _("content versions")
        constraints = [
            models.UniqueConstraint(fields=["scope", "slot"], name="a_transaction_has_one_part_in_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.token}"
