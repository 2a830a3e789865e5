"""Models of pipelines 审批流程 and their steps."""

from collections.abc import Collection

from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from database.json_subquery import JSONSubquery
from departments.models import Department, Role
from inputs.visible_text import validate_visible
from ledger.seals import Sealed

# The pipelines that every site begins with: name, description, is default, steps as (name, code of the role)
PRESET_PIPELINES = [
    ("两级", "审核人审核，签发人签发。", True, [("审核", "reviewer"), ("签发", "publisher")]),
    ("一级", "一位领导审批后即发布，适合人少的部门。", False, [("签发", "publisher")]),
    (
        "三审三校",
        "初审、复审、终审由三个人分别进行。",
        False,
        [("初审", "reviewer"), ("复审", "second-reviewer"), ("终审", "publisher")],
    ),
]
PRESET_DUE_HOURS = 48


class PipelineQuerySet(models.QuerySet["Pipeline"]):
    def with_step_rows(self) -> "PipelineQuerySet":
        """Each pipeline with its steps in order. One query."""
        steps = Step.objects.filter(pipeline=OuterRef("pk")).order_by("position")
        names = ("id", "position", "name", "role_id", "people", "due_hours", "is_active")
        return self.annotate(step_rows=JSONSubquery(steps, *names, role_code="role__code", role_name="role__name"))


class Pipeline(Sealed):
    """审批流程: the ordered steps that a submission passes. Rounds copy them, so a change touches later ones only.

    The seal covers the steps too.
    """

    seal_kind = "pipeline"

    name = models.CharField(_("name"), max_length=50, unique=True, validators=[validate_visible])
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

    def steps_in_order(self) -> "list[Step]":
        """All steps, also those that are not in use. A query, unless the pipeline came from `with_step_rows`."""
        rows = getattr(self, "step_rows", None)
        if rows is None:
            return list(self.steps.select_related("role").order_by("position"))
        return [Step.from_row(self, row) for row in rows]

    def clear_step_rows(self) -> None:
        """Ask the database again the next time: the steps have been changed."""
        self.__dict__.pop("step_rows", None)

    def ledger_data(self) -> dict:
        """What the ledger keeps of it, steps included."""
        return {
            "name": self.name,
            "description": self.description,
            "is_default": self.is_default,
            "active": self.is_active,
            "steps": [step.ledger_data() for step in self.steps_in_order()],
        }

    def manifest(self) -> dict:
        return {"schema": 1, "id": self.pk, **self.ledger_data()}

    def seal_holds(self) -> bool:
        """A pipeline that a migration made has no seal, because there may be no key then; it must be as it was made."""
        is_unsealed = not (self.seal_key or self.seal_signature)
        return super().seal_holds() or (is_unsealed and self.ledger_data() == preset_ledger_data(self.name))

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


def preset_ledger_data(name: str) -> dict | None:
    """Return `Pipeline.ledger_data()` of the preset pipeline with this name as it was made, or None."""
    for preset, description, is_default, steps in PRESET_PIPELINES:
        if preset == name:
            made = [
                Step(position=position, name=step, role=Role(code=code), due_hours=PRESET_DUE_HOURS)
                for position, (step, code) in enumerate(steps, 1)
            ]
            facts = {"name": name, "description": description, "is_default": is_default, "active": True}
            return {**facts, "steps": [step.ledger_data() for step in made]}
    return None


class Step(models.Model):
    """审批环节: who decides, how many of them, within which time. The last step of a pipeline signs off."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="steps", verbose_name=_("pipeline"))
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=30, validators=[validate_visible])
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

    @classmethod
    def from_row(cls, pipeline: Pipeline, row: dict) -> "Step":
        """The step as `PipelineQuerySet.with_step_rows` brings it."""
        role = Role(pk=row["role_id"], code=row["role_code"], name=row["role_name"])
        names = ("id", "position", "name", "people", "due_hours")
        return cls(
            pipeline=pipeline, role=role, is_active=bool(row["is_active"]), **{name: row[name] for name in names}
        )

    def ledger_data(self) -> dict:
        return {
            "position": self.position,
            "name": self.name,
            "role": self.role.code,
            "people": self.people,
            "due_hours": self.due_hours,
            "active": self.is_active,
        }


class PipelineChoice(Sealed):
    """The pipeline that a department has picked."""

    seal_kind = "pipeline choice"

    department = models.OneToOneField(
        Department, on_delete=models.CASCADE, related_name="pipeline_choice", verbose_name=_("department")
    )
    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="choices", verbose_name=_("pipeline"))

    class Meta:
        verbose_name = _("pipeline of a department")
        verbose_name_plural = _("pipelines of departments")

    def __str__(self) -> str:
        return f"{self.department}: {self.pipeline}"

    def manifest(self) -> dict:
        return {"schema": 1, "department": self.department_id, "pipeline": self.pipeline_id}
