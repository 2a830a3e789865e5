"""The model of openings: who opened the review page of which text."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ledger.seals import Sealed
from workflow.models.round import Round


class Opening(Sealed):
    """The first time that a person opened the review page of a round and could decide on it. Append-only.

    `digest` names the text that the page showed.
    """

    seal_kind = "opening"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="openings", verbose_name=_("round"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    digest = models.CharField(_("digest of what was shown"), max_length=64)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)

    class Meta:
        verbose_name = _("opening of a review page")
        verbose_name_plural = _("openings of review pages")
        constraints = [
            models.UniqueConstraint(fields=["round", "person", "digest"], name="one_opening_a_person_and_text"),
        ]

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "round": self.round_id,
            "person": self.person_id,
            "digest": self.digest,
            "at": self.opened_at,
        }

    def __str__(self) -> str:
        return f"{self.round_id}: {self.person_id}"
