"""The model `Article`: its identity over time, without any text."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from departments.models import Department
from departments.permissions import departments_to_see
from ledger.seals import Sealed


class ArticleQuerySet(models.QuerySet["Article"]):
    def not_discarded(self) -> "ArticleQuerySet":
        return self.filter(discarded_at=None)

    def visible_to(self, person: User) -> "ArticleQuerySet":
        """Articles whose unpublished side the person may see."""
        if person.is_superuser:
            return self
        return self.filter(department__in=departments_to_see(person))


class Article(Sealed):
    """Belongs to one department, which decides who may write and who decides.

    Its state is derived from its drafts, rounds and publications (workflow.rules.states), never stored here.
    """

    seal_kind = "article"

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="articles", verbose_name=_("department")
    )
    created_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name=_("begun by")
    )
    created_by_name = models.CharField(_("begun by"), max_length=50, editable=False)
    in_charge = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="articles_in_charge",
        verbose_name=_("in charge"),
        help_text=_("Whose desk its draft lies on. Everybody who writes for the department may edit it."),
    )
    discarded_at = models.DateTimeField(_("discarded"), null=True, blank=True, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["department", "-id"], name="articles_of_a_department"),
            models.Index(fields=["in_charge", "-id"], name="articles_on_a_desk"),
            models.Index(fields=["-id"], condition=models.Q(discarded_at__isnull=False), name="discarded_articles"),
        ]

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "id": self.pk,
            "department": self.department_id,
            "begun": [self.created_at, self.created_by_id, self.created_by_name],
            "in_charge": self.in_charge_id,
            "discarded": self.discarded_at,
        }

    def __str__(self) -> str:
        latest = self.latest_revision()
        return latest.shown_title if latest else str(self.pk)

    def latest_revision(self):
        return self.revisions.exclude(state="discarded").order_by("-number").first()

    def active_draft(self):
        return self.revisions.filter(state="draft").first()
