"""Models of pipelines 审批流程 and their steps."""

from collections.abc import Collection

from django.db import models
from django.db.models import Case, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from departments.models import Department, Role


class Pipeline(models.Model):
    """审批流程: the ordered steps that a submission passes. Rounds copy them, so a change touches later ones only."""

    name = models.CharField(_("name"), max_length=50, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    is_default = models.BooleanField(_("for departments that chose none"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_pipeline"),
        ]

    def __str__(self) -> str:
        return self.name

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As Django does, save for the default: the former one gives way (workflow.admin.pipelines)."""
        super().validate_constraints(exclude={*(exclude or ()), "is_default"})


class StepQuerySet(models.QuerySet["Step"]):
    def for_department(self, department: Department) -> "StepQuerySet":
        """Steps, in order, of the department's pipeline: picked by it, by what it belongs to, or the default.

        A pipeline that is no longer in use counts as not picked.
        """
        nearest = [department.pk, department.responsible_id, department.parent_id]
        asked = [pk for pk in nearest if pk]
        order = Case(*(When(department=pk, then=Value(place)) for place, pk in enumerate(asked)))
        picked = PipelineChoice.objects.filter(department__in=asked, pipeline__is_active=True).order_by(order)
        default = Pipeline.objects.filter(is_default=True)
        return self.filter(
            pipeline=Coalesce(Subquery(picked.values("pipeline")[:1]), Subquery(default.values("pk")[:1]))
        ).order_by("position")


class Step(models.Model):
    """审批环节: who decides, how many of them, within which time. The last step of a pipeline signs off."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="steps", verbose_name=_("pipeline"))
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=30)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+", verbose_name=_("role that decides"))
    people = models.PositiveSmallIntegerField(_("how many people"), default=1)
    due_hours = models.PositiveIntegerField(_("due within hours"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = StepQuerySet.as_manager()

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
