"""Models of the site's identity and of home page blocks."""

import re
from datetime import date
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.text.web_addresses import parse_hosts
from departments.models import Department, DepartmentKind
from inputs.visible_text import validate_visible
from ledger.seals import Sealed

# Plain words and numbers only: the footer is typed, never a template and never HTML.
plain_text_validator = RegexValidator(r"[<>]", _("Plain text only, without < and >."), inverse_match=True)
POLICE_RECORD_URL = "https://beian.mps.gov.cn/"  # where a public security number can be looked up


def validate_hosts(text: str) -> None:
    """Refuses what is no host name: a whole address, a pattern, a single label that would allow a whole top level."""
    for host in parse_hosts(text):
        if not _HOST_NAME.fullmatch(host):
            raise ValidationError(_("“%(host)s” is no host name. Write it like www.gov.cn."), params={"host": host})


_HOST_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")

IDENTITY_FIELDS = (
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
    "error_report_url",
    "trusted_hosts",
    "theme",
    "mourning_from",
    "mourning_until",
)


class Theme(models.TextChoices):
    """The colours of the public pages. static/public/theme.css has the variables of each."""

    RED = "red", pgettext_lazy("theme", "red")
    BLUE = "blue", pgettext_lazy("theme", "blue")


class Identity(Sealed):
    """One version of the site's identity; the newest whose seal holds is shown. Append-only."""

    seal_kind = "identity"

    name = models.CharField(_("name of the site"), max_length=60, validators=[plain_text_validator, validate_visible])
    description = models.CharField(_("description"), max_length=300, blank=True, validators=[plain_text_validator])
    keywords = models.CharField(_("keywords"), max_length=200, blank=True, validators=[plain_text_validator])
    organiser = models.CharField(_("organiser"), max_length=100, blank=True, validators=[plain_text_validator])
    undertaker = models.CharField(_("undertaken by"), max_length=100, blank=True, validators=[plain_text_validator])
    copyright_holder = models.CharField(
        _("copyright holder"), max_length=100, blank=True, validators=[plain_text_validator]
    )
    address = models.CharField(_("postal address"), max_length=200, blank=True, validators=[plain_text_validator])
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True, validators=[plain_text_validator])
    icp_number = models.CharField(_("ICP licence number"), max_length=50, blank=True, validators=[plain_text_validator])
    police_number = models.CharField(
        _("public security number"), max_length=50, blank=True, validators=[plain_text_validator]
    )
    site_code = models.CharField(
        _("government site code"), max_length=20, blank=True, validators=[plain_text_validator]
    )
    technical_support = models.CharField(
        _("technical support"), max_length=100, blank=True, validators=[plain_text_validator]
    )
    error_report_url = models.CharField(
        _("address for reporting errors on the site"),
        max_length=300,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_("Where “Report an error” in the footer leads. Empty: to the form of this site."),
    )
    trusted_hosts = models.CharField(
        _("outside hosts that need no notice"),
        max_length=1000,
        blank=True,
        validators=[validate_hosts],
        help_text=_(
            "Separated by spaces or commas; each with all under it, e.g. gov.cn. Before others visitors are asked."
        ),
    )
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.RED)
    mourning_from = models.DateField(
        _("in mourning from"),
        null=True,
        blank=True,
        help_text=_("The whole site is grey from this day to the other one, both included. Empty: in colour."),
    )
    mourning_until = models.DateField(_("in mourning until"), null=True, blank=True)
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
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="the_site_has_a_name"),
            models.CheckConstraint(condition=Q(theme__in=Theme.values), name="theme_is_known"),
            models.CheckConstraint(
                condition=Q(mourning_from=None, mourning_until=None)
                | Q(
                    mourning_from__isnull=False,
                    mourning_until__isnull=False,
                    mourning_until__gte=models.F("mourning_from"),
                ),
                name="mourning_has_both_ends_in_order",
                violation_error_message=_("Give both days of mourning, the first one first, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def police_record_url(self) -> str:
        """Where the public security number leads: to its own entry, which is found by its digits."""
        digits = "".join(re.findall(r"[0-9]+", self.police_number))
        return f"{POLICE_RECORD_URL}#/query/webSearch?code={quote(digits)}" if digits else POLICE_RECORD_URL

    @property
    def trusted_host_names(self) -> list[str]:
        """Outside hosts that visitors go to without a notice."""
        return parse_hosts(self.trusted_hosts)

    def is_in_mourning(self, on: date | None = None) -> bool:
        """Whether the site is grey on that day, today by default, in the time zone of the site."""
        on = on or timezone.localdate()
        return bool(self.mourning_from and self.mourning_until and self.mourning_from <= on <= self.mourning_until)

    def ledger_data(self) -> dict[str, str | None]:
        """Everything that was typed, as the ledger keeps it."""
        values = {name: getattr(self, name) for name in IDENTITY_FIELDS}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}

    def manifest(self) -> dict:
        saved = [self.saved_at, self.saved_by_id, self.saved_by_name]
        return {"schema": 1, "saved": saved, **{name: getattr(self, name) for name in IDENTITY_FIELDS}}


class BlockKind(models.TextChoices):
    HEADLINES = "headlines", _("headlines, with a picture")
    NOTICES = "notices", _("notices")
    DEPARTMENT = "department", _("one department")
    DEPARTMENTS = "departments", _("every other department of the navigation")
    MOST_READ = "most_read", _("most read")
    LINKS = "links", _("friendly links")


class HomeBlock(Sealed):
    """One block of the home page. Saved and removed by portal.home.block_settings only, which write the ledger."""

    seal_kind = "home block"

    kind = models.CharField(_("kind"), max_length=20, choices=BlockKind.choices)
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=~Q(kind=DepartmentKind.LINK),
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
