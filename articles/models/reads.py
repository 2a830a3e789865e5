"""Reads 阅读: how often an article was read, by day."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article


class Read(models.Model):
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="reads", verbose_name=_("article"))
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("reads"), default=0)

    class Meta:
        verbose_name = _("reads")
        verbose_name_plural = _("reads")
        indexes = [models.Index(fields=["day"], name="reads_of_a_day")]
        constraints = [
            models.UniqueConstraint(fields=["article", "day"], name="one_count_an_article_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} {self.day}: {self.count}"


class RecentRead(models.Model):
    """Who read what within the last half hour, as a keyed hash that nobody can turn back; old rows are cleared away."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="+", verbose_name=_("article"))
    visitor = models.CharField(_("visitor"), max_length=32)
    at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("recent read")
        verbose_name_plural = _("recent reads")
        constraints = [
            models.UniqueConstraint(fields=["article", "visitor"], name="one_recent_read_a_visitor"),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} {self.at}"
