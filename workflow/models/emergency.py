"""Models of emergency publications and expunging requests."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Publication
from ledger.seals import Sealed


class EmergencyQuerySet(models.QuerySet["Emergency"]):
    def unconfirmed(self) -> "EmergencyQuerySet":
        """Those that nobody else has confirmed yet."""
        return self.filter(confirmed_at=None)

    def unconfirmed_of(self, article: Article) -> "Emergency | None":
        """The emergency publication of the article that still waits for confirmation, with its publication."""
        return self.unconfirmed().filter(publication__article=article).select_related("publication").first()


class Emergency(models.Model):
    """A publication without approval: who, why, and who else confirmed it afterwards."""

    publication = models.OneToOneField(
        Publication, on_delete=models.PROTECT, related_name="emergency", verbose_name=_("publication")
    )
    reason = models.CharField(_("reason"), max_length=500)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("published by")
    )
    by_name = models.CharField(_("name then"), max_length=50)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_by_name = models.CharField(_("name then"), max_length=50, blank=True)

    objects = EmergencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("emergency publication")
        verbose_name_plural = _("emergency publications")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="an_emergency_needs_a_reason"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=models.F("by")),
                name="somebody_else_confirms_an_emergency",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication}: {self.reason}"


class ExpungingRequest(Sealed):
    """Somebody asks that an article be expunged; another person must second it."""

    seal_kind = "expunging request"

    article = models.OneToOneField(
        Article, on_delete=models.PROTECT, related_name="expunging_request", verbose_name=_("article")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    by_name = models.CharField(_("name then"), max_length=50)
    reason = models.CharField(_("reason"), max_length=500)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("request to expunge")
        verbose_name_plural = _("requests to expunge")

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.article_id,
            "by": [self.by_id, self.by_name],
            "reason": self.reason,
            "at": self.at,
        }

    def __str__(self) -> str:
        return f"{self.article_id}: {self.reason}"
