"""The model `Revision` 稿次: one wording of an article, with every field a visitor sees."""

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.models.file import File, Rendition
from articles.models.frozen_text import FrozenText, RevisionState
from database.json_subquery import JSONSubquery, datetime_from_json
from departments.models import Department
from inputs.visible_text import validate_visible
from ledger.canonical_json import canonical_json, canonical_timestamp, sha256
from ledger.seals import Sealed

CONTENT_SCHEMA = 1


class Validity(models.TextChoices):
    IN_FORCE = "in_force", _("in force")
    REPEALED = "repealed", _("repealed")
    EXPIRED = "expired", _("no longer in force")


# Every word that a visitor could see. Expunging empties exactly these.
TEXT_FIELDS = (
    "title",
    "subtitle",
    "body",
    "summary",
    "author",
    "source",
    "keywords",
    "address",
    "document_number",
    "issuing_body",
    "index_number",
)
# What a drafter fills in: the words, and where and how they are shown.
CONTENT_FIELDS = (*TEXT_FIELDS, "dated", "issued_on", "validity", "cover")


class RevisionQuerySet(models.QuerySet["Revision"]):
    def with_related_rows(self) -> "RevisionQuerySet":
        """Each revision with cover, hands, further columns and attachments. One query, as of one moment."""
        return self.select_related("cover").annotate(**related_rows("pk"))

    def for_titles(self) -> "RevisionQuerySet":
        """Each revision with what `shown_title` needs, and who saved it when; without its text."""
        return self.only(
            *("article", "number", "state", "title", "digest", "body_digest", "seal_key", "seal_signature"),
            *("expunged_at", "version", "saved_at", "saved_by", "saved_by_name", "frozen_at", "based_on"),
        )


def related_rows(revision: str) -> dict[str, JSONSubquery]:
    """What hangs on a revision, to annotate rows with. `revision`: the column that holds its id."""
    attachments = Attachment.objects.filter(revision=OuterRef(revision)).order_by("position", "pk")
    columns = FurtherColumn.objects.filter(revision=OuterRef(revision))
    hands = Contribution.objects.filter(revision=OuterRef(revision))
    names = ("kind", "name", "caption", "position")
    return {
        "attachment_rows": JSONSubquery(attachments, *names, digest="file__digest"),
        "column_rows": JSONSubquery(columns, "department_id"),
        "contribution_rows": JSONSubquery(hands, "person_id", "person_name", "at"),
    }


class Revision(FrozenText):
    """Mutable while a draft, frozen by the database once submitted (articles.guards).

    Each save seals it together with its contributors. So submitting notices words that SQL wrote, and contributors that
    SQL removed. From then on FrozenText vouches for its words, and the seal of its round for its contributors.
    """

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="revisions", verbose_name=_("article"))
    number = models.PositiveIntegerField(_("revision"))
    state = models.CharField(_("state"), max_length=10, choices=RevisionState.choices, default=RevisionState.DRAFT)

    title = models.CharField(_("title"), max_length=200, validators=[validate_visible])
    subtitle = models.CharField(_("subtitle"), max_length=200, blank=True)
    body = models.TextField(_("body"), blank=True)
    summary = models.CharField(
        _("summary"), max_length=500, blank=True, help_text=_("Stands in listings and search engines.")
    )
    author = models.CharField(_("author"), max_length=100, blank=True)
    source = models.CharField(_("source"), max_length=100, blank=True)
    keywords = models.CharField(
        _("keywords"), max_length=200, blank=True, help_text=_("Separated by spaces or commas.")
    )
    cover = models.ForeignKey(
        File, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cover picture")
    )
    address = models.CharField(
        _("leads to"),
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_("For a mere link: the address that its title leads to. No body is shown then."),
    )
    dated = models.DateTimeField(
        _("date shown"),
        null=True,
        blank=True,
        help_text=_("Empty: the moment of first publication. Any other date stands in the ledger."),
    )
    document_number = models.CharField(_("document number"), max_length=100, blank=True)
    issuing_body = models.CharField(_("issuing body"), max_length=100, blank=True)
    issued_on = models.DateField(_("date of issue"), null=True, blank=True)
    index_number = models.CharField(_("index number"), max_length=100, blank=True)
    validity = models.CharField(_("validity"), max_length=10, blank=True, choices=Validity.choices)
    columns = models.ManyToManyField(
        Department,
        through="articles.FurtherColumn",
        related_name="+",
        blank=True,
        verbose_name=_("also shown in"),
    )

    based_on = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("based on"),
        help_text=_("The published revision that this draft started from."),
    )
    version = models.PositiveIntegerField(_("save"), default=1, editable=False)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now, editable=False)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name=_("saved by")
    )
    saved_by_name = models.CharField(_("saved by"), max_length=50, editable=False)
    frozen_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    digest = models.CharField(_("digest"), max_length=64, default="", editable=False)
    body_digest = models.CharField(_("digest of the body"), max_length=64, default="", editable=False)
    expunged_at = models.DateTimeField(_("expunged"), null=True, editable=False)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["article", "number"]
        indexes = [models.Index(fields=["saved_at"], name="revisions_by_save")]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="revision_numbers_of_an_article_differ"),
            models.UniqueConstraint(fields=["article"], condition=Q(state="draft"), name="one_active_draft_an_article"),
            models.UniqueConstraint(
                fields=["article"], condition=Q(state="parked"), name="one_parked_draft_an_article"
            ),
            models.CheckConstraint(condition=Q(state__in=RevisionState.values), name="revision_state_is_known"),
            models.CheckConstraint(condition=Q(validity__in=["", *Validity.values]), name="validity_is_known"),
            models.CheckConstraint(
                condition=Q(expunged_at=None)
                | Q(
                    state__in=["frozen", "discarded"],
                    cover=None,
                    seal_key="",
                    seal_signature="",
                    **dict.fromkeys(TEXT_FIELDS, ""),
                ),
                name="what_is_expunged_is_empty_and_out_of_use",
            ),
            models.CheckConstraint(
                condition=Q(state="frozen", frozen_at__isnull=False) & ~Q(digest="") & ~Q(body_digest="")
                | ~Q(state="frozen") & Q(frozen_at=None, digest="", body_digest=""),
                name="frozen_means_dated_and_digested",
            ),
            models.CheckConstraint(
                condition=~Q(title="") | Q(expunged_at__isnull=False), name="every_revision_has_a_title"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"

    @property
    def is_frozen(self) -> bool:
        return self.state == RevisionState.FROZEN

    # Each of these costs a query, unless the revision came from `with_related_rows`, which brings them along in its
    # own.

    def contributor_ids(self) -> set[int]:
        """Ids of everybody who had a hand in this text since the last approved revision, copies included."""
        rows = getattr(self, "contribution_rows", None)
        if rows is None:
            rows = self.contributions.values("person_id")
        return {row["person_id"] for row in rows}

    def clear_contributor_rows(self) -> None:
        """Asks the database again the next time: somebody has been added."""
        self.__dict__.pop("contribution_rows", None)

    def column_ids(self) -> list[int]:
        """Ids of the further columns that show it, in order."""
        rows = getattr(self, "column_rows", None)
        if rows is None:
            rows = self.further_columns.values("department_id") if self.pk else []
        return sorted(row["department_id"] for row in rows)

    def attachment_contents(self) -> list[dict]:
        """Each attachment in order, as `Attachment.content` has it."""
        rows = getattr(self, "attachment_rows", None)
        if rows is None:
            rows = [found.content() for found in self.attachments.select_related("file")] if self.pk else []
        return rows

    def content(self, columns: list[int] | None = None, attachments: "list[Attachment] | None" = None) -> dict:
        """The canonical form that the digest is taken over, schema 1. Pages show it after `check_text` alone.

        `columns` (ids) and `attachments` are read from the database unless the caller has them already.
        """
        files = (
            self.attachment_contents() if attachments is None else [attachment.content() for attachment in attachments]
        )
        return {
            "schema": CONTENT_SCHEMA,
            **{name: getattr(self, name) for name in TEXT_FIELDS},
            "dated": self.dated,
            "issued_on": self.issued_on,
            "validity": self.validity,
            "cover": self.cover.digest if self.cover_id else None,
            "columns": self.column_ids() if columns is None else sorted(columns),
            "files": files,
        }

    def manifest(self) -> dict:
        saved = {
            "state": self.state,
            "version": self.version,
            "saved": [self.saved_at, self.saved_by_id, self.saved_by_name],
            "frozen": self.frozen_at,
            "based_on": self.based_on_id,
        }
        if not self.is_frozen:
            saved |= {"digest": self.compute_digest(), "contributors": self._contributors()}
        return {**super().manifest(), **saved}

    def _contributors(self) -> list[list]:
        rows = getattr(self, "contribution_rows", None)
        if rows is None:
            rows = self.contributions.values("person_id", "person_name", "at") if self.pk else []
        return sorted(
            [row["person_id"], row["person_name"], canonical_timestamp(datetime_from_json(row["at"]))] for row in rows
        )

    def compute_digest(self, columns: list[int] | None = None, attachments: "list[Attachment] | None" = None) -> str:
        return sha256(canonical_json(self.content(columns, attachments)))


class FurtherColumn(models.Model):
    """同时显示于: another department or column that also shows the article."""

    revision = models.ForeignKey(
        Revision, on_delete=models.CASCADE, related_name="further_columns", verbose_name=_("revision")
    )
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name=_("department"))

    class Meta:
        verbose_name = _("further column")
        verbose_name_plural = _("further columns")
        constraints = [
            models.UniqueConstraint(fields=["revision", "department"], name="a_further_column_is_named_once"),
        ]

    def __str__(self) -> str:
        return f"{self.revision} → {self.department}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def with_files(self) -> "AttachmentQuerySet":
        """Each attachment with its file and that one's renditions. One query more."""
        made = models.Prefetch("file__renditions", Rendition.objects.select_related("file"))
        return self.select_related("file").prefetch_related(made)


class Attachment(models.Model):
    """A file in a revision: to download, or standing in the body. Its words are part of the digest."""

    class Kind(models.TextChoices):
        DOWNLOAD = "download", _("attachment")
        INLINE = "inline", _("in the body")

    revision = models.ForeignKey(
        Revision, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("revision")
    )
    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="attachments", verbose_name=_("file"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.DOWNLOAD)
    name = models.CharField(_("name"), max_length=200, blank=True)
    caption = models.CharField(_("caption"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "file", "kind"], name="a_file_is_attached_once"),
            models.CheckConstraint(condition=Q(kind__in=["download", "inline"]), name="attachment_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.file)

    @property
    def download_name(self) -> str:
        """What a browser calls it on disk: its name, with the ending that its content has."""
        ending = f".{self.file.extension}"
        name = self.name or self.file.digest[:12]
        return name if name.lower().endswith(ending) else name + ending

    def content(self) -> dict:
        return {
            "digest": self.file.digest,
            "kind": self.kind,
            "name": self.name,
            "caption": self.caption,
            "position": self.position,
        }


class Contribution(models.Model):
    """Somebody had a hand in a revision: saved it, or saved the one that it was copied from. Append-only."""

    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="contributions", verbose_name=_("revision")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contributions", verbose_name=_("person")
    )
    person_name = models.CharField(_("name then"), max_length=50)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "person"], name="one_contribution_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.revision}"


class DraftSave(Sealed):
    """The capped history of a draft: what stood in it after each save. Not part of the ledger."""

    MAX_SAVES = 50
    seal_kind = "draft save"

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="saves", verbose_name=_("revision"))
    version = models.PositiveIntegerField(_("save"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    person_name = models.CharField(_("name then"), max_length=50)
    content = models.JSONField(_("content"))
    is_automatic = models.BooleanField(_("saved by itself"), default=False)

    class Meta:
        verbose_name = _("saved draft")
        verbose_name_plural = _("saved drafts")
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "version"], name="saves_of_a_draft_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.revision} {self.version}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.revision.article_id,
            "revision": self.revision.number,
            "version": self.version,
            "at": self.at,
            "person": [self.person_id, self.person_name],
            "content": self.content,
            "automatic": self.is_automatic,
        }
