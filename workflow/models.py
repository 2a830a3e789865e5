"""Pipelines, rounds and decisions."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from articles.models import Article, Publication, Revision
from departments.models import Department, Membership, Role


class PipelineQuerySet(models.QuerySet["Pipeline"]):
    def of(self, department: Department) -> "Pipeline | None":
        """What the department picked, else the department it belongs to, else the default."""
        asked = [department.pk, department.responsible_id, department.parent_id]
        chosen = dict(
            PipelineChoice.objects.filter(department__in=[pk for pk in asked if pk]).values_list(
                "department", "pipeline"
            )
        )
        pk = next((chosen[pk] for pk in asked if pk in chosen), None)
        return self.filter(pk=pk).first() if pk else self.filter(is_default=True).first()


class Pipeline(models.Model):
    """审批流程: the ordered steps that a submission passes. Rounds copy them, so a change touches later ones only."""

    name = models.CharField(_("name"), max_length=50, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    is_default = models.BooleanField(_("for departments that chose none"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = PipelineQuerySet.as_manager()

    class Meta:
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_pipeline"),
        ]

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """审批环节: who decides, how many of them, within which time. The last step of a pipeline signs off."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="steps", verbose_name=_("pipeline"))
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=30)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+", verbose_name=_("role that decides"))
    people = models.PositiveSmallIntegerField(_("how many people"), default=1)
    due_hours = models.PositiveIntegerField(_("due within hours"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["pipeline", "position"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "position"], name="steps_of_a_pipeline_are_ordered"),
            models.CheckConstraint(condition=Q(people__gte=1), name="a_step_needs_somebody"),
        ]

    def __str__(self) -> str:
        return self.name


class PipelineChoice(models.Model):
    """The pipeline that a department has picked."""

    department = models.OneToOneField(
        Department, on_delete=models.CASCADE, related_name="pipeline_choice", verbose_name=_("department")
    )
    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="choices", verbose_name=_("pipeline"))

    class Meta:
        verbose_name = _("pipeline of a department")
        verbose_name_plural = _("pipelines of departments")

    def __str__(self) -> str:
        return f"{self.department}: {self.pipeline}"


class Delegation(models.Model):
    """授权 (A/B 角): a leader names a deputy for a period. The decision then records both names."""

    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations", verbose_name=_("leader")
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deputyships", verbose_name=_("deputy")
    )
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-begins_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(principal=models.F("deputy")), name="nobody_is_their_own_deputy"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("begins_at")), name="a_delegation_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.principal} → {self.deputy}"


class RoundState(models.TextChoices):
    OPEN = "open", _("in review")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")
    TAKEN_BACK = "taken_back", _("taken back")
    DISCARDED = "discarded", _("discarded")


class RoundQuerySet(models.QuerySet["Round"]):
    def open(self) -> "RoundQuerySet":
        return self.filter(state=RoundState.OPEN)

    def awaiting(self, person: User) -> "RoundQuerySet":
        """Open rounds whose present step the person may decide, oldest first: permissions.check_decide as a query."""
        reached: dict[int, list[Membership]] = {}
        for membership in Membership.objects.of(person):
            reached.setdefault(membership.role_id, []).append(membership)
        condition = Q(pk__in=[])
        for role, memberships in reached.items():
            held = Membership.objects.filter(pk__in=[membership.pk for membership in memberships])
            departments = Department.objects.reached_by(held).values("pk")
            condition |= Q(role=role, round__article__department__in=departments)
        steps = RoundStep.objects.filter(condition, reached_at__isnull=False, passed_at=None)
        return (
            self.open()
            .filter(pk__in=steps.values("round"))
            .exclude(revision__contributions__person=person)
            .exclude(decisions__person=person)
            .order_by("submitted_at", "pk")
        )


class Round(models.Model):
    """审批轮次: one submission of one frozen revision."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="rounds", verbose_name=_("article"))
    number = models.PositiveIntegerField(_("round"))
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="rounds", verbose_name=_("revision"))
    pipeline = models.ForeignKey(
        Pipeline, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("pipeline")
    )
    pipeline_name = models.CharField(_("pipeline then"), max_length=50)
    state = models.CharField(_("state"), max_length=10, choices=RoundState.choices, default=RoundState.OPEN)
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    submitted_by_name = models.CharField(_("submitted by"), max_length=50)
    closed_at = models.DateTimeField(_("closed"), null=True)
    publication = models.OneToOneField(
        Publication, on_delete=models.PROTECT, null=True, related_name="round", verbose_name=_("publication")
    )

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        ordering = ["article", "number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="rounds_of_an_article_are_numbered"),
            models.UniqueConstraint(fields=["article"], condition=Q(state="open"), name="one_open_round_an_article"),
            models.CheckConstraint(condition=Q(state__in=RoundState.values), name="round_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | ~Q(state="open") & Q(closed_at__isnull=False),
                name="a_closed_round_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state="approved") | Q(publication=None), name="only_an_approved_round_publishes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision} · {self.number}"

    def current_step(self) -> "RoundStep | None":
        """The step whose turn it is; None once all have passed."""
        return self.steps.filter(passed_at=None).select_related("role").order_by("position").first()


class RoundStep(models.Model):
    """A step as it was when the round began."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="steps", verbose_name=_("round"))
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=30)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+", verbose_name=_("role that decides"))
    people = models.PositiveSmallIntegerField(_("how many people"), default=1)
    due_hours = models.PositiveIntegerField(_("due within hours"), null=True)
    reached_at = models.DateTimeField(_("reached"), null=True)
    passed_at = models.DateTimeField(_("passed"), null=True)
    handed_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("handed to"),
    )

    class Meta:
        verbose_name = _("step of a round")
        verbose_name_plural = _("steps of a round")
        ordering = ["round", "position"]
        constraints = [
            models.UniqueConstraint(fields=["round", "position"], name="steps_of_a_round_are_ordered"),
        ]

    def __str__(self) -> str:
        return self.name


class Verdict(models.TextChoices):
    APPROVE = "approve", _("approved")
    RETURN = "return", _("returned")


class Decision(models.Model):
    """审批意见: one person's word at one step, on exactly the text with `digest`. Append-only.

    `principal` is the leader in whose place the person decided, or the person: each of both decides once a round.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("round"))
    step = models.ForeignKey(RoundStep, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("step"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("person")
    )
    person_name = models.CharField(_("name then"), max_length=50)
    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("on behalf of")
    )
    principal_name = models.CharField(_("on behalf of"), max_length=50)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    digest = models.CharField(_("digest of what was seen"), max_length=64)
    comment = models.TextField(_("opinion"), blank=True, max_length=2000)
    decided_at = models.DateTimeField(_("decided"), default=timezone.now)
    kept_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("kept from an earlier round on the identical text"),
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "person"], name="each_person_decides_once_a_round"),
            models.UniqueConstraint(fields=["round", "principal"], name="each_principal_decides_once_a_round"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="verdict_is_known"),
            models.CheckConstraint(condition=~Q(verdict="return") | ~Q(comment=""), name="returning_needs_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.get_verdict_display()}"
