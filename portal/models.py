"""The identity of the site: its name, footer and licence numbers, in sealed versions."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
