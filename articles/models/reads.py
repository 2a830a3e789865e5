"""Models of read counts 阅读: by day and in total."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article


class Read(models.Model):
    # No index of the article alone, here and below: the constraint's begins with it, and each one costs every read.
    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, related_name="reads", db_index=False, verbose_name=_("article")
    )
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("reads"), default=0)

    class Meta:
        verbose_name = _("reads")
        verbose_name_plural = _("reads")
        indexes = [models.Index(fields=["day", "-count"], name="most_read_of_a_day")]
        constraints = [
            models.UniqueConstraint(fields=["article", "day"], name="one_count_an_article_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} {self.day}: {self.count}"


class ReadTotal(models.Model):
    """All reads of an article, changed in the transaction that changes a day's: one look-up, however old it is.

    A row of its own, for an article's is locked by other acts.
    """

    article = models.OneToOneField(
        Article, on_delete=models.PROTECT, primary_key=True, related_name="read_total", verbose_name=_("article")
    )
    count = models.PositiveBigIntegerField(_("reads"), default=0)

    class Meta:
        verbose_name = _("reads in all")
        verbose_name_plural = _("reads in all")

    def __str__(self) -> str:
        return f"{self.article_id}: {self.count}"


class RecentRead(models.Model):
    """Who read what within the last half hour, as a keyed hash that nobody can turn back; old rows are cleared away."""

    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("article")
    )
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


class FlushedBatch(models.Model):
    """That a batch of reads was taken over from Redis: written in the transaction that adds the batch's reads.

    A batch that comes again, because a flush died before it deleted the batch or because Redis was restored from an
    older copy of itself, is known by it and not added again.
    """

    batch = models.CharField(_("batch"), max_length=40, primary_key=True)
    at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("batch of reads")
        verbose_name_plural = _("batches of reads")

    def __str__(self) -> str:
        return self.batch
