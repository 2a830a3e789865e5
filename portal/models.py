"""The identity of the site, in sealed versions, and the blocks of its home page."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments.models import Department, Kind
from ledger.seals import Sealed

# Plain words and numbers only: the footer is typed, never a template and never HTML.
plain = RegexValidator(r"[<>]", _("Plain text only, without < and >."), inverse_match=True)

WORDS = (
    "name",
    "description",
    "keywords",
    "organiser",
    "undertaker",
    "copyright_holder",
    "address",
    "email",
    "phone",
    "icp_number",
    "police_number",
    "site_code",
    "technical_support",
)


class Identity(Sealed):
    """One version of the site's identity; the newest whose seal holds is shown. Append-only."""

    seal_kind = "identity"

    name = models.CharField(_("name of the site"), max_length=60, validators=[plain])
    description = models.CharField(_("description"), max_length=300, blank=True, validators=[plain])
    keywords = models.CharField(_("keywords"), max_length=200, blank=True, validators=[plain])
    organiser = models.CharField(_("organiser"), max_length=100, blank=True, validators=[plain])
    undertaker = models.CharField(_("undertaken by"), max_length=100, blank=True, validators=[plain])
    copyright_holder = models.CharField(_("copyright holder"), max_length=100, blank=True, validators=[plain])
    address = models.CharField(_("postal address"), max_length=200, blank=True, validators=[plain])
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True, validators=[plain])
    icp_number = models.CharField(_("ICP licence number"), max_length=50, blank=True, validators=[plain])
    police_number = models.CharField(_("public security number"), max_length=50, blank=True, validators=[plain])
    site_code = models.CharField(_("government site code"), max_length=20, blank=True, validators=[plain])
    technical_support = models.CharField(_("technical support"), max_length=100, blank=True, validators=[plain])
    saved_at = models.DateTimeField(_("saved"), default=timezone.now, editable=False)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("saved by"),
    )
    saved_by_name = models.CharField(_("saved by"), max_length=50, editable=False, blank=True)

    class Meta:
        verbose_name = _("identity of the site")
        verbose_name_plural = _("identity of the site")
        # By the sealed moment: the copy of an older version, put at the end, stays the older one.
        ordering = ["-saved_at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="the_site_has_a_name")]

    def __str__(self) -> str:
        return self.name

    def manifest(self) -> dict:
        return {"schema": 1, "saved": self.saved_at, **{name: getattr(self, name) for name in WORDS}}


class BlockKind(models.TextChoices):
    HEADLINES = "headlines", _("headlines, with a picture")
    NOTICES = "notices", _("notices")
    DEPARTMENT = "department", _("one department")
    DEPARTMENTS = "departments", _("every other department of the navigation")
    MOST_READ = "most_read", _("most read")
    LINKS = "links", _("friendly links")


class HomeBlock(Sealed):
    """One block of the home page. Saved and removed by portal.home_blocks only, which write the ledger."""

    seal_kind = "home block"

    kind = models.CharField(_("kind"), max_length=20, choices=BlockKind.choices)
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=~Q(kind=Kind.LINK),
        verbose_name=_("department"),
        help_text=_("For “one department”, and for notices that do not stand in the column 公告栏."),
    )
    how_many = models.PositiveSmallIntegerField(
        _("how many"), default=6, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Small numbers come first."))
    is_shown = models.BooleanField(_("shown"), default=True)

    class Meta:
        verbose_name = _("block of the home page")
        verbose_name_plural = _("blocks of the home page")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=BlockKind.NOTICES)
                | (Q(kind=BlockKind.DEPARTMENT) & Q(department__isnull=False))
                | (~Q(kind__in=[BlockKind.NOTICES, BlockKind.DEPARTMENT]) & Q(department=None)),
                name="a_block_of_a_department_names_it",
                violation_error_message=_("“One department” needs a department; other kinds have none."),
            ),
            models.CheckConstraint(condition=Q(kind__in=BlockKind.values), name="block_kind_is_known"),
            models.CheckConstraint(condition=Q(how_many__range=(1, 30)), name="a_block_shows_one_to_thirty"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.department or ''}".strip()

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "id": self.pk,
            "kind": self.kind,
            "department": self.department_id,
            "how_many": self.how_many,
            "position": self.position,
            "shown": self.is_shown,
        }
