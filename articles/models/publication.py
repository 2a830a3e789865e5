"""The models `Publication`, `PublicationEnd` and `Withdrawal`; public pages read only these."""

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


def not_ended_condition(at: datetime | None = None, publication: str = "pk") -> Q:
    """The condition "no end of it is recorded that has passed by `at`" (now by default).

    The interval alone is not believed: nobody signed the column `live_until`.
    """
    # A subquery: PostgreSQL expects one row from a join that must find nothing, and then sorts all others for it.
    ended = PublicationEnd.objects.filter(publication=OuterRef(publication), until__lte=at or timezone.now())
    return Q(~Exists(ended))


class PublicationQuerySet(models.QuerySet["Publication"]):
    def live(self, at: datetime | None = None) -> "PublicationQuerySet":
        """Those whose interval holds at `at`, each with its recorded end: `Publication.seal_holds` asks for it."""
        at = at or timezone.now()
        return self.filter(live_condition(at), not_ended_condition(at)).select_related("end")

    def scheduled(self, at: datetime | None = None) -> "PublicationQuerySet":
        """Signed off, but not yet live."""
        at = at or timezone.now()
        return self.not_called_off().filter(not_ended_condition(at), live_from__gt=at)

    def not_called_off(self) -> "PublicationQuerySet":
        """All but those whose interval was emptied before it began."""
        return self.filter(Q(live_until=None) | Q(live_until__gt=F("live_from")))

    def live_or_scheduled(self, at: datetime | None = None) -> "PublicationQuerySet":
        """Those that are public at `at` or will be: neither over nor called off."""
        at = at or timezone.now()
        ahead = Q(live_until=None) | Q(live_until__gt=at)
        return self.not_called_off().filter(ahead, not_ended_condition(at))

    def newest_first(self) -> "PublicationQuerySet":
        """In the order of listings: by the date shown, then by the number of the article."""
        return self.order_by("-dated", "-article_id")


class Publication(Sealed):
    """The sealed public record of one frozen revision, live from `live_from` until `live_until` (None: open).

    The intervals of one article never overlap; the database refuses. An empty interval (`live_until` =
    `live_from`) is a scheduled publication that was called off. `planned_until` is the end that somebody set; a
    replacement ends it sooner, and when that is called off the end that was set holds again.
    `live_until` and `planned_until` repeat the sealed `PublicationEnd`, so that queries need no join. The seal of the
    publication does not cover them: an end never signs its words again.
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
        last = earlier.select_related("end").order_by("-live_from").first()
        return last if last and last.digest != self.digest and last.seal_holds() else None

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.article_id,
            "publication": self.number,
            "revision": self.revision_id,
            "department": self.department_id,
            "columns": self.columns,
            "title": self.title,
            "summary": self.summary,
            "address": self.address,
            "cover": self.cover_digest,
            "dated": self.dated,
            "first": self.first_live_from,
            "live_from": self.live_from,
            "digest": self.digest,
            "body": self.body_digest,
            "files": self.files,
            "sign_offs": self.sign_offs,
            "emergency": self.is_emergency,
            "signed_off": self.created_at,
        }

    def recorded_end(self) -> "PublicationEnd | None":
        """Return the record of its end; None until somebody sets an end. A query where it was not selected."""
        return getattr(self, "end", None)

    def words_hold(self) -> bool:
        """Return whether its own seal holds: everything but the end."""
        return super().seal_holds()

    def end_holds(self) -> bool:
        """Return whether the seal of its end holds, and the interval is what the end says."""
        end = self.recorded_end()
        if end is None:
            return self.live_until is None and self.planned_until is None
        return (self.live_until, self.planned_until) == end.interval_end() and end.seal_holds()

    def seal_holds(self) -> bool:
        """Return whether its own seal and that of its end hold. A page shows nothing else."""
        return self.words_hold() and self.end_holds()


class EndKind(models.TextChoices):
    """Why a publication ends."""

    PLANNED = "planned", _("set by somebody; without a time, until further notice")
    SUPERSEDED = "superseded", _("replaced by the next publication")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CALLED_OFF = "called_off", _("called off before it began")


FINAL_END_KINDS = (EndKind.WITHDRAWN, EndKind.CALLED_OFF)


class PublicationEnd(Sealed):
    """When a publication ends, and why: the newest act that set its end, with a seal of its own.

    All values come from the act (and the planned end from the ledger), none from the publication's row. So a row that
    somebody tampered with can always be taken down, and no end signs its words again. `until` None: until further
    notice. `at`: when the act was. A withdrawal and a calling off take effect at once (`until` = `at`) and are final.
    """

    seal_kind = "end"

    publication = models.OneToOneField(
        Publication, on_delete=models.PROTECT, related_name="end", verbose_name=_("publication")
    )
    kind = models.CharField(_("why it ends"), max_length=10, choices=EndKind)
    until = models.DateTimeField(_("ends"), null=True, blank=True)
    planned_until = models.DateTimeField(_("end that was set"), null=True, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("end of a publication")
        verbose_name_plural = _("ends of publications")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EndKind.values), name="kind_of_an_end_is_known"),
            models.CheckConstraint(
                condition=~Q(kind__in=[*FINAL_END_KINDS]) | Q(until__isnull=False, until=F("at")),
                name="a_final_end_takes_effect_at_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication}: {self.get_kind_display()}"

    def interval_end(self) -> tuple[datetime | None, datetime | None]:
        """Return what `live_until` and `planned_until` of the publication must be."""
        until = self.publication.live_from if self.kind == EndKind.CALLED_OFF else self.until
        return until, self.planned_until

    def ledger_data(self) -> dict:
        """Return what the ledger keeps of the end."""
        return {"kind": str(self.kind), "until": self.until, "planned_until": self.planned_until, "at": self.at}

    def manifest(self) -> dict:
        publication = self.publication
        return {
            "schema": 1,
            "article": publication.article_id,
            "publication": publication.number,
            **self.ledger_data(),
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
