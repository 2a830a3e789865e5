"""The models `Publication` and `Withdrawal`; public pages read only these."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.models.revision import Revision
from departments.models import Department
from ledger.seals import Sealed


def live_condition(at: datetime | None = None, prefix: str = "") -> Q:
    """The condition "its interval holds at `at`" (now by default)."""
    at = at or timezone.now()
    until = Q(**{f"{prefix}live_until": None}) | Q(**{f"{prefix}live_until__gt": at})
    return Q(**{f"{prefix}live_from__lte": at}) & until


# The same condition in SQL; `{now}`: the placeholder of the parameter.
LIVE_SQL = "live_from <= {now} AND (live_until IS NULL OR live_until > {now})"


class PublicationQuerySet(models.QuerySet["Publication"]):
    def live(self, at: datetime | None = None) -> "PublicationQuerySet":
        """Those whose interval holds. What was withdrawn never comes back, whatever its interval says: the seal that it
        had before its withdrawal is still a good one."""
        # As a question of its own: of a join that must find nothing PostgreSQL believes that it leaves one row, and
        # then sorts all others for it.
        return self.filter(live_condition(at), ~Exists(Withdrawal.objects.filter(publication=OuterRef("pk"))))

    def scheduled(self, at: datetime | None = None) -> "PublicationQuerySet":
        """Signed off, but not yet live."""
        at = at or timezone.now()
        return self.not_called_off().filter(live_from__gt=at)

    def not_called_off(self) -> "PublicationQuerySet":
        """All but those whose interval was emptied before it began."""
        return self.filter(Q(live_until=None) | Q(live_until__gt=F("live_from")))

    def live_or_scheduled(self, at: datetime | None = None) -> "PublicationQuerySet":
        """Those that are public at `at` or will be: neither over, called off nor withdrawn."""
        ahead = Q(live_until=None) | Q(live_until__gt=at or timezone.now())
        return self.not_called_off().filter(ahead, withdrawal=None)

    def newest_first(self) -> "PublicationQuerySet":
        """In the order of listings: by the date shown, then by the number of the article."""
        return self.order_by("-dated", "-article_id")


class Publication(Sealed):
    """The sealed public record of one frozen revision, live from `live_from` until `live_until` (None: open).

    The intervals of one article never overlap; the database refuses. An empty interval (`live_until` =
    `live_from`) is a scheduled publication that was called off. `planned_until` is the end that somebody set; a
    replacement ends it sooner, and when that is called off the end that was set holds again.
    Title and the other columns repeat the revision's so that listings need no body; the seal covers both.
    """

    seal_kind = "publication"

    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, related_name="publications", verbose_name=_("article")
    )
    number = models.PositiveIntegerField(_("publication"))
    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="publications", verbose_name=_("revision")
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="publications", verbose_name=_("department")
    )
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=500, blank=True)
    address = models.CharField(_("leads to"), max_length=500, blank=True)
    cover_digest = models.CharField(_("cover picture"), max_length=64, blank=True)
    dated = models.DateTimeField(_("date shown"))
    first_live_from = models.DateTimeField(_("first published"))
    live_from = models.DateTimeField(_("live from"))
    live_until = models.DateTimeField(_("live until"), null=True, blank=True)
    planned_until = models.DateTimeField(_("end that was set"), null=True, blank=True)
    digest = models.CharField(_("digest"), max_length=64)
    body_digest = models.CharField(_("digest of the body"), max_length=64)
    columns = models.JSONField(_("also shown in"), default=list)
    files = models.JSONField(_("files"), default=list)
    sign_offs = models.JSONField(_("signed off by"), default=list)
    is_emergency = models.BooleanField(_("published in emergency"), default=False)
    created_at = models.DateTimeField(_("signed off"), default=timezone.now)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["article", "number"]
        indexes = [
            models.Index(fields=["-dated", "-article"], name="newest_publications"),
            models.Index(fields=["cover_digest"], condition=~Q(cover_digest=""), name="publications_by_cover"),
            models.Index(fields=["live_from"], name="publications_by_begin"),
            models.Index(fields=["live_until"], condition=Q(live_until__isnull=False), name="publications_by_end"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="publication_numbers_of_an_article_differ"),
            models.CheckConstraint(
                condition=Q(live_until=None) | Q(live_until__gte=F("live_from")),
                name="no_publication_ends_before_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(first_live_from__lte=F("live_from")), name="nothing_precedes_the_first_publication"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"

    def get_absolute_url(self) -> str:
        return f"/{self.department.slug}/{self.article_id}/"

    def listing_departments(self) -> set[int]:
        """Return the ids of the departments in whose listings it stands: its own and the further columns."""
        return {self.department_id, *self.columns}

    def replaced_publication(self) -> "Publication | None":
        """What the public could read before in its place, when that said something else; None when nothing did."""
        if self.number == 1 or self.first_live_from == self.live_from:
            return None
        earlier = Publication.objects.not_called_off().filter(article=self.article_id, live_from__lt=self.live_from)
        last = earlier.order_by("-live_from").first()
        return last if last and last.digest != self.digest and last.seal_holds() else None

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.article_id,
            "publication": self.number,
            "department": self.department_id,
            "columns": self.columns,
            "title": self.title,
            "summary": self.summary,
            "address": self.address,
            "cover": self.cover_digest,
            "dated": self.dated,
            "first": self.first_live_from,
            "live": [self.live_from, self.live_until],
            "planned_end": self.planned_until,
            "digest": self.digest,
            "body": self.body_digest,
            "files": self.files,
            "sign_offs": self.sign_offs,
            "emergency": self.is_emergency,
        }


class Withdrawal(Sealed):
    """Somebody took a live publication away, with a reason for the record and a notice for visitors."""

    seal_kind = "withdrawal"

    publication = models.OneToOneField(
        Publication, on_delete=models.PROTECT, related_name="withdrawal", verbose_name=_("publication")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("withdrawn by")
    )
    by_name = models.CharField(_("name then"), max_length=50)
    reason = models.CharField(_("reason"), max_length=500)
    notice = models.CharField(_("notice for visitors"), max_length=500)

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="withdrawing_needs_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.publication}: {self.reason}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.publication.article_id,
            "publication": self.publication.number,
            "at": self.at,
            "notice": self.notice,
        }
