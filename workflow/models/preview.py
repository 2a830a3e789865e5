"""The model of preview links."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from ledger.seals import Sealed


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    def usable(self) -> "PreviewLinkQuerySet":
        """Neither revoked nor run out, made by somebody who is still here, nothing published since."""
        newer = models.Exists(
            Article.objects.filter(
                pk=models.OuterRef("article"), publications__created_at__gte=models.OuterRef("made_at")
            )
        )
        usable = {"revoked_at": None, "article__discarded_at": None, "made_by__is_active": True}
        return self.filter(~newer, ends_at__gt=timezone.now(), **usable)


class PreviewLink(Sealed):
    """Kept as a digest of its secret, so that nobody who reads the database can use it.

    Sealed, so that a row put in by SQL opens nothing. Its revocation stands in the ledger too, by that digest.
    """

    seal_kind = "preview link"

    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, related_name="preview_links", verbose_name=_("article")
    )
    token_digest = models.CharField(_("digest of the secret"), max_length=64, unique=True)
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    made_by_name = models.CharField(_("name then"), max_length=50)
    ends_at = models.DateTimeField(_("usable until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("made_at")), name="a_preview_link_can_be_used_for_a_while"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.made_by_name}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.article_id,
            "secret": self.token_digest,
            "made": [self.made_at, self.made_by_id, self.made_by_name],
            "ends": self.ends_at,
        }
