"""Where imported articles came from."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article


class ImportedPage(models.Model):
    """One saved page of an old site that became the draft of an article. The same bytes are imported once."""

    digest = models.CharField(_("SHA-256 of the file"), max_length=64, unique=True)
    name = models.CharField(_("file"), max_length=255)
    article = models.OneToOneField(
        Article, on_delete=models.PROTECT, related_name="imported_page", verbose_name=_("article")
    )
    imported_at = models.DateTimeField(_("imported"), default=timezone.now)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("imported by")
    )
    report = models.JSONField(_("report"), default=dict)

    class Meta:
        verbose_name = _("imported page")
        verbose_name_plural = _("imported pages")
        ordering = ["-imported_at"]

    def __str__(self) -> str:
        return self.name
