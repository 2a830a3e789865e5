"""Models of departments, roles and memberships."""

from collections.abc import Callable, Collection

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.full_names import check_full_name
from inputs.visible_text import validate_visible
from ledger.seals import Sealed

# Addresses /<slug>/ share the root with the site's own pages.
RESERVED_SLUGS = frozenset(
    "admin api en feed feedback files healthz i18n inbox jsi18n leave ledger legacy media page preview print proof "
    "readyz reads robots search sitemap sitemaps static verify".split()
)


def validate_not_reserved(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError(
            _("“%(slug)s” is an address of the site itself. Choose another one."), params={"slug": slug}
        )


class DepartmentKind(models.TextChoices):
    DEPARTMENT = "department", _("department")
    COLUMN = "column", _("column")
    LINK = "link", _("outside link")


# How a membership reaches a department: from the department, the paths to those where the membership may be.
REACHING_PATHS = ((), ("parent",), ("responsible",), ("parent", "responsible"), ("responsible", "parent"))


class DepartmentQuerySet(models.QuerySet["Department"]):
    def visible(self) -> "DepartmentQuerySet":
        """Those that visitors see in the navigation."""
        return self.filter(is_visible=True)

    def holding_articles(self) -> "DepartmentQuerySet":
        return self.exclude(kind=DepartmentKind.LINK)

    def reached_by(self, memberships: models.QuerySet["Membership"]) -> "DepartmentQuerySet":
        """Departments that one of `memberships` reaches: its own, its children, the columns it answers for."""
        if memberships.filter(department=None).exists():
            return self.holding_articles()
        return self.reached_from(memberships.values("department"))

    def reached_from(self, departments: Collection[int] | models.QuerySet) -> "DepartmentQuerySet":
        """Departments that a membership in one of `departments` reaches. `departments`: ids, or a query of them."""
        condition = Q()
        for path in REACHING_PATHS:
            condition |= Q(**{"__".join([*(path or ("pk",)), "in"]): departments})
        return self.holding_articles().filter(condition)


class Department(Sealed):
    """An entry of the navigation: a department, a column that a department answers for, or a link outside.

    What visitors see of it is sealed, so that a menu entry changed behind the site's back is left out.
    """

    seal_kind = "department"

    kind = models.CharField(_("kind"), max_length=10, choices=DepartmentKind.choices, default=DepartmentKind.DEPARTMENT)
    name = models.CharField(_("name"), max_length=50, validators=[validate_visible])
    slug = models.SlugField(
        _("address"),
        max_length=50,
        unique=True,
        null=True,
        blank=True,
        validators=[validate_not_reserved],
        help_text=_("Part of the web address: lower-case letters, digits, hyphens. Empty for an outside link."),
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
        help_text=_("At most two levels."),
    )
    responsible = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="columns",
        verbose_name=_("responsible department"),
        help_text=_("For a column: the department whose people write and decide here."),
    )
    url = models.CharField(
        _("outside address"),
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_("For an outside link only."),
    )
    description = models.CharField(_("description"), max_length=300, blank=True)
    keywords = models.CharField(
        _("keywords"), max_length=200, blank=True, help_text=_("Separated by spaces or commas.")
    )
    column_type = models.CharField(
        _("column type"), max_length=30, blank=True, help_text=_("As government site standards name it, e.g. 政策文件.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Small numbers come first."))
    is_visible = models.BooleanField(_("shown in the navigation"), default=True)
    asks_for_documents = models.BooleanField(
        _("holds official documents"),
        default=False,
        help_text=_("The form of its articles asks for document number, issuing body, date of issue, index number."),
    )

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=DepartmentKind.values), name="department_kind_is_known"),
            models.CheckConstraint(
                condition=(Q(kind=DepartmentKind.LINK) & ~Q(url="")) | (~Q(kind=DepartmentKind.LINK) & Q(url="")),
                name="a_link_and_nothing_else_has_an_outside_address",
            ),
            models.CheckConstraint(
                condition=Q(kind=DepartmentKind.LINK, slug=None)
                | (~Q(kind=DepartmentKind.LINK) & Q(slug__isnull=False)),
                name="a_link_and_nothing_else_lacks_a_slug",
            ),
            models.CheckConstraint(
                condition=Q(kind=DepartmentKind.COLUMN) | Q(responsible=None),
                name="only_a_column_has_a_responsible_department",
            ),
            models.CheckConstraint(condition=~Q(slug__in=sorted(RESERVED_SLUGS)), name="slug_is_not_reserved"),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("id")), name="department_is_not_part_of_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.slug = self.slug or None
        if self.kind == DepartmentKind.LINK:
            if not self.url:
                raise ValidationError({"url": _("An outside link needs its address.")})
            if self.slug:
                raise ValidationError({"slug": _("An outside link has no address on this site. Leave it empty.")})
        else:
            if not self.slug:
                raise ValidationError({"slug": _("Give it an address, e.g. “news”.")})
            if self.url:
                raise ValidationError({"url": _("Only an outside link has an outside address. Leave it empty.")})
        if self.responsible and self.kind != DepartmentKind.COLUMN:
            raise ValidationError({"responsible": _("Only a column has a responsible department.")})
        if self.responsible and self.responsible.kind != DepartmentKind.DEPARTMENT:
            raise ValidationError({"responsible": _("Only a department can be responsible for a column.")})
        if self.parent and (self.parent == self or self.parent.parent_id or (self.pk and self.children.exists())):
            raise ValidationError({"parent": _("There are at most two levels.")})

    def get_absolute_url(self) -> str:
        return self.url or f"/{self.slug}/"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "id": self.pk,
            "kind": self.kind,
            "name": self.name,
            "slug": self.slug,
            "parent": self.parent_id,
            "url": self.url,
            "description": self.description,
            "keywords": self.keywords,
            "column_type": self.column_type,
            "position": self.position,
            "visible": self.is_visible,
            "responsible": self.responsible_id,
            "documents": self.asks_for_documents,
        }

    def reaching_department_ids(self) -> set[int]:
        """Ids of the departments whose memberships reach this one (the other end of `reached_from`)."""
        found: set[int | None] = {self.pk}
        for *before, last in filter(None, REACHING_PATHS):
            department: Department | None = self
            for name in before:
                department = getattr(department, name)
            found.add(getattr(department, f"{last}_id", None))
        return found - {None}


class FormerSlug(Sealed):
    """An address that a department had before; it leads to the present one."""

    seal_kind = "former address"

    slug = models.SlugField(_("address"), max_length=50, unique=True)
    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="former_slugs", verbose_name=_("department")
    )

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")

    def __str__(self) -> str:
        return f"{self.slug} → {self.department}"

    def manifest(self) -> dict:
        return {"schema": 1, "slug": self.slug, "department": self.department_id}


# The roles that every site begins with: code, name, writes articles. Their positions are those in this list.
PRESET_ROLES = [
    ("drafter", "拟稿人", True),
    ("reviewer", "审核人", False),
    ("second-reviewer", "复审人", False),
    ("publisher", "签发人", False),
]


class Role(Sealed):
    """A role is a row: 拟稿人, 审核人, 复审人, 签发人 to begin with. Which step a role decides, pipelines say.

    Seals of memberships, pipelines and rounds name a role by its code, so a code never changes.
    """

    seal_kind = "role"

    code = models.SlugField(_("code"), max_length=30, unique=True, help_text=_("It cannot be changed later."))
    name = models.CharField(_("name"), max_length=30, unique=True, validators=[validate_visible])
    may_draft = models.BooleanField(_("writes articles"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "code": self.code,
            "name": self.name,
            "may_draft": self.may_draft,
            "position": self.position,
        }

    def seal_holds(self) -> bool:
        """A role that a migration made has no seal, because there may be no key then; it must be as it was made."""
        return super().seal_holds() or self._is_preset()

    def _is_preset(self) -> bool:
        if self.seal_key or self.seal_signature:
            return False
        presets = [(code, name, drafts, position) for position, (code, name, drafts) in enumerate(PRESET_ROLES)]
        return (self.code, self.name, self.may_draft, self.position) in presets


class MembershipQuerySet(models.QuerySet["Membership"]):
    def held_by(self, person: models.Model) -> "MembershipQuerySet":
        """Those of an active person; somebody deactivated has none that count."""
        return self.filter(person=person, person__is_active=True)

    def reaching(self, department: Department) -> "MembershipQuerySet":
        return self.filter(Q(department=None) | Q(department__in=department.reaching_department_ids()))

    def reaching_column(self, column: Callable[[str], Combinable], path: str) -> "MembershipQuerySet":
        """Those that reach the department at `path` of an outer query. `column` makes an OuterRef of such a path."""
        condition = Q(department=None)
        for names in REACHING_PATHS:
            condition |= Q(department=column("__".join([path, *names])))
        return self.filter(condition)


class Membership(Sealed):
    """A person has a role in a department, its children and its columns, or on the whole site.

    Granted and revoked by departments.services only, which write the ledger; `verify` names any that it lacks.
    """

    seal_kind = "membership"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("role"))
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("department"),
        help_text=_("Empty: the whole site."),
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["person__username", "role__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role", "department"],
                name="one_grant_of_a_role_in_a_department",
                violation_error_message=_("This person has this role there already."),
            ),
            models.UniqueConstraint(
                fields=["person", "role"],
                condition=Q(department=None),
                name="one_grant_of_a_role_for_the_whole_site",
                violation_error_message=_("This person has this role for the whole site already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person.full_name}: {self.role} · {self.department or _('whole site')}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "person": self.person_id,
            "role": self.role.code,
            "department": self.department_id,
        }

    def clean(self) -> None:
        """Refuse a role for somebody who has the name of another person with a role."""
        if self.person_id is None:
            return
        try:
            check_full_name(self.person)
        except ValidationError as error:
            raise ValidationError({"person": error.message_dict["full_name"]}) from error
