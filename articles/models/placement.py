"""Models of listings: placements, the order in which they are listed, and counted segments."""

from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import models
from django.db.models import BooleanField, F, Func, Q, SmallIntegerField, Value
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.models.publication import Publication, live_condition, not_ended_condition
from departments.models import Department


class ListingKey(NamedTuple):
    """Where a row stands in its listing: by the date shown, then the number of the article."""

    dated: datetime
    article: int


OLDEST_KEY = ListingKey(datetime(1, 1, 1, tzinfo=UTC), 0)  # older than every row
NEWEST_KEY = ListingKey(datetime.max.replace(tzinfo=UTC), 0)  # newer than every row


class CountState(models.IntegerChoices):
    """Whether a segment counts the placement. None: not any more, for it is over, or was emptied before it began."""

    PENDING = 0, _("not counted yet")
    COUNTED = 1, _("counted")


def count_state_condition(count_state: CountState) -> Q:
    """The condition that a placement is counted, or not yet, in the words that a partial index has.

    SQLite takes such an index only where the number stands in the statement itself.
    """
    return Q(count_state=Func(template=str(int(count_state)), output_field=SmallIntegerField()))


class KeyComparison(Func):
    """A row's key against another one as SQL compares rows, which both databases find by a range of the index.

    Neither does so for `dated < x OR dated = x AND article < y`, and Django's own lookups of tuples say that on SQLite.
    """

    output_field = BooleanField()

    def __init__(self, comparison: str, key: ListingKey, **extra: Any) -> None:
        dated = Value(key.dated, output_field=models.DateTimeField())
        super().__init__(F("dated"), F("article_id"), dated, Value(key.article), comparison=comparison, **extra)

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list]:
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        (dated, article, than_dated, than_article), parameters = zip(*parts, strict=True)
        sql = f"({dated}, {article}) {self.extra['comparison']} ({than_dated}, {than_article})"
        return sql, [value for values in parameters for value in values]


class PlacementQuerySet(models.QuerySet["Placement"]):
    def live(self, at: datetime | None = None) -> "PlacementQuerySet":
        """Those whose interval holds at `at`, now or later, each with its publication and the recorded end of that."""
        live = self.live_by_interval(at).filter(not_ended_condition(at, "publication"))
        return live.select_related("publication__end")

    def live_by_interval(self, at: datetime | None = None) -> "PlacementQuerySet":
        """As `live`, by the columns of the index alone. They repeat the recorded ends."""
        return self.filter(live_condition(at), count_state__isnull=False)

    def unpinned(self, at: datetime) -> "PlacementQuerySet":
        return self.filter(Q(pinned_until=None) | Q(pinned_until__lte=at))

    def newest_first(self) -> "PlacementQuerySet":
        # By article_id: a relation would sort by the order of articles, which is another one.
        return self.order_by("-dated", "-article_id")

    def before_key(self, key: ListingKey) -> "PlacementQuerySet":
        return self.filter(KeyComparison("<", key))

    def from_key(self, key: ListingKey) -> "PlacementQuerySet":
        """The row at the key, and what is newer."""
        return self.filter(KeyComparison(">=", key))


# What a placement repeats of its sealed publication: listings filter and sort by it, and so read one index.
REPEATED_FIELDS = ("article_id", "dated", "live_from", "live_until")
_repeated_values = attrgetter(*REPEATED_FIELDS)


class Placement(models.Model):
    """A publication stands in the listing of a department: its own, and each further column.

    Nobody trusts a placement alone: a row is shown only when it agrees with its sealed publication (`matches_seal`).
    A placement that is over leaves the index once that is settled (articles.listings.counts), so that no page has to
    pass by it.
    """

    publication = models.ForeignKey(
        Publication,
        on_delete=models.CASCADE,
        related_name="placements",
        verbose_name=_("publication"),
        db_index=False,  # the constraint has an index that begins with it
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="placements", verbose_name=_("department")
    )
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="+", verbose_name=_("article"))
    dated = models.DateTimeField(_("date shown"))
    live_from = models.DateTimeField(_("live from"))
    live_until = models.DateTimeField(_("live until"), null=True)
    pinned_until = models.DateTimeField(_("pinned until"), null=True, blank=True)
    count_state = models.SmallIntegerField(
        _("counted in its listing"), choices=CountState, null=True, default=CountState.PENDING, editable=False
    )

    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        indexes = [
            # All that a page passes by is in it (PostgreSQL; SQLite looks into the rows).
            models.Index(
                fields=["department", "-dated", "-article"],
                include=["live_from", "live_until", "pinned_until", "count_state", "id"],
                condition=Q(count_state__isnull=False),
                name="listing_of_a_department",
            ),
            models.Index(
                fields=["department", "live_from"],
                condition=Q(count_state=CountState.PENDING),
                name="placements_not_counted_yet",
            ),
            models.Index(
                fields=["department", "live_until"],
                condition=Q(count_state=CountState.COUNTED, live_until__isnull=False),
                name="counted_placements_by_end",
            ),
            models.Index(
                fields=["department", "pinned_until"],
                condition=Q(pinned_until__isnull=False),
                name="pinned_placements",
            ),
            # For all departments together: what has ceased to be pinned lately (articles.caching.versions).
            models.Index(fields=["pinned_until"], condition=Q(pinned_until__isnull=False), name="placements_by_pin"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["publication", "department"], name="one_placement_in_a_department"),
            models.CheckConstraint(
                condition=Q(count_state=None) | Q(count_state__in=CountState.values),
                name="count_state_of_a_placement_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication} → {self.department}"

    @classmethod
    def repeated_values(cls, publication: Publication) -> dict[str, Any]:
        """Return the values that a placement of the publication repeats, by field."""
        return dict(zip(REPEATED_FIELDS, _repeated_values(publication), strict=True))

    def matches_seal(self) -> bool:
        """Return whether the row stands where its publication says. The caller checks the publication's seal."""
        publication = self.publication
        return (
            _repeated_values(self) == _repeated_values(publication)
            and self.department_id in publication.listing_departments()
        )

    @property
    def key(self) -> ListingKey:
        return ListingKey(self.dated, self.article_id)


class ListingSegment(models.Model):
    """A stretch of a department's listing, and how many counted placements it has.

    It begins with its oldest row and ends where the next segment begins; the oldest begins at OLDEST_KEY, and is locked
    by whoever counts (articles.listings.counts). A wrong number shifts pages, and can show nobody any other words.
    """

    department = models.ForeignKey(
        Department,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("department"),
        db_index=False,  # the constraint has an index that begins with it
    )
    since_dated = models.DateTimeField(_("date of its oldest row"))
    since_article = models.BigIntegerField(_("article of its oldest row"))
    placement_count = models.IntegerField(_("placements"), default=0)

    class Meta:
        verbose_name = _("segment of a listing")
        verbose_name_plural = _("segments of listings")
        constraints = [
            models.UniqueConstraint(
                fields=["department", "since_dated", "since_article"], name="segments_of_a_listing_begin_apart"
            ),
            models.CheckConstraint(condition=Q(placement_count__gte=0), name="no_segment_counts_less_than_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.department}, {self.since_dated:%Y-%m-%d}: {self.placement_count}"

    @property
    def start_key(self) -> ListingKey:
        return ListingKey(self.since_dated, self.since_article)
