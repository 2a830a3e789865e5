"""Models of imported articles' origins and of old addresses."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from departments.models import RESERVED_SLUGS, Department, DepartmentKind, FormerSlug
from ledger.seals import Sealed
from legacy.address_normalisation import MAX_ADDRESS_LENGTH


class ImportedPage(Sealed):
    """One saved page of an old site that became the draft of an article. The same bytes are imported once."""

    seal_kind = "imported page"

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

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "digest": self.digest,
            "name": self.name,
            "article": self.article_id,
            "imported": [self.imported_at, self.imported_by_id],
            "report": self.report,
        }


class OldAddress(Sealed):
    """An address of the old site that leads to an article or a department of this one, never to an outside address.

    Set and deleted by legacy.old_addresses only, never changed: both stand in the ledger.
    """

    seal_kind = "old address"

    address = models.CharField(
        _("old address"),
        max_length=MAX_ADDRESS_LENGTH,
        unique=True,
        help_text=_("As it was on the old site, e.g. /Article/ShowArticle.asp?ArticleID=12; the host is left out."),
    )
    article = models.ForeignKey(
        Article,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="old_addresses",
        verbose_name=_("article"),
        help_text=_("Visitors are led there once it is public."),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="old_addresses",
        verbose_name=_("department"),
        limit_choices_to=~Q(kind=DepartmentKind.LINK),
        help_text=_("Instead of an article: its page."),
    )
    made_at = models.DateTimeField(_("set at"), default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name=_("set by")
    )
    made_by_name = models.CharField(_("set by"), max_length=50, editable=False)

    class Meta:
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")
        ordering = ["address"]
        constraints = [
            models.CheckConstraint(
                condition=Q(article=None, department__isnull=False) | Q(article__isnull=False, department=None),
                name="an_old_address_leads_to_one_thing",
            ),
            models.CheckConstraint(condition=Q(address__startswith="/"), name="an_old_address_is_on_this_site"),
        ]

    def __str__(self) -> str:
        return self.address

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "address": self.address,
            "article": self.article_id,
            "department": self.department_id,
            "made": [self.made_at, self.made_by_id, self.made_by_name],
        }

    @property
    def target_label(self) -> str:
        """Where it leads, in words for people at the desk."""
        return str(self.department or _("article %(number)d") % {"number": self.article_id})

    def clean(self) -> None:
        if (self.article is None) == (self.department is None):
            raise ValidationError(_("Name an article or a department, one of them."))
        if self.department and self.department.kind == DepartmentKind.LINK:
            raise ValidationError({"department": _("An outside link has no page on this site.")})
        if self.address and self._is_served_by_site():
            raise ValidationError({"address": _("This is an address of the present site, which answers it itself.")})

    def _is_served_by_site(self) -> bool:
        """Whether this site has pages of its own there, so that the old address would never be asked."""
        path = self.address.partition("?")[0]
        if path.split("/")[1] in RESERVED_SLUGS:
            return True
        for asked in (path, f"{path}/"):
            try:
                with translation.override(settings.LANGUAGE_CODE):  # pages in other languages have a prefix
                    slug = resolve(asked).kwargs.get("slug")
            except Resolver404:
                continue
            return (
                slug is None
                or Department.objects.filter(slug=slug).exists()
                or FormerSlug.objects.filter(slug=slug).exists()
            )
        return False
