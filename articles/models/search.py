"""The model of search partitions: ranges of publications by date."""

from django.db import models


class SearchPartition(models.Model):
    """From when on publications are indexed under a number (articles.search.partitions).

    Partitions of one layout divide all time between them. There are two layouts only while `reindex` runs, or after
    it was broken off. No row at all means one partition, numbered 0.
    """

    number = models.PositiveIntegerField(primary_key=True)
    layout = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["layout", "since"], name="search_partitions_of_a_layout_begin_apart")
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.since:%Y-%m-%d})"
