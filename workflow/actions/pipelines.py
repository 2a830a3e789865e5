"""Actions on pipelines: change them, and choose one for a department."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from departments.models import Department
from ledger import verbs
from ledger.record import record
from workflow.models import Pipeline, PipelineChoice

verbs.register_verbs(
    "pipeline",
    gettext_lazy("Pipelines"),
    {
        "pipeline.created": gettext_lazy("made the pipeline"),
        "pipeline.changed": gettext_lazy("changed the pipeline"),
        "pipeline.deleted": gettext_lazy("deleted the pipeline"),
        "pipeline.chosen": gettext_lazy("chose the pipeline of the department"),
    },
)


def _steps_ledger_data(pipeline: Pipeline) -> list[dict]:
    return [
        {
            "position": step.position,
            "name": step.name,
            "role": step.role.code,
            "people": step.people,
            "due_hours": step.due_hours,
            "active": step.is_active,
        }
        for step in pipeline.steps.select_related("role")
    ]


def pipeline_ledger_data(pipeline: Pipeline) -> dict:
    """What the ledger keeps of a pipeline, steps included."""
    return {
        "name": pipeline.name,
        "is_default": pipeline.is_default,
        "active": pipeline.is_active,
        "steps": _steps_ledger_data(pipeline),
    }


def record_change(pipeline: Pipeline, *, by: User, is_new: bool) -> None:
    """Records a pipeline as it now stands. Inside the transaction that changed it."""
    record("pipeline.created" if is_new else "pipeline.changed", pipeline, by=by, **pipeline_ledger_data(pipeline))


@transaction.atomic
def delete_pipeline(pipeline: Pipeline, *, by: User) -> None:
    """Deletes a pipeline that no department uses. Rounds that are under way keep their own steps.

    Raises ValidationError for the default one; Django raises ProtectedError when a department uses it.
    """
    if pipeline.is_default:
        raise ValidationError(_("This is the default pipeline. Make another one the default first."))
    record("pipeline.deleted", pipeline, by=by, name=pipeline.name, steps=_steps_ledger_data(pipeline))
    pipeline.delete()


@transaction.atomic
def choose_pipeline(department: Department, pipeline: Pipeline | None, *, by: User) -> None:
    """Lets a department use a pipeline for its later rounds; None: the default one again."""
    if pipeline is None:
        PipelineChoice.objects.filter(department=department).delete()
    else:
        PipelineChoice.objects.update_or_create(department=department, defaults={"pipeline": pipeline})
    record(
        "pipeline.chosen",
        department,
        by=by,
        pipeline=pipeline.pk if pipeline else None,
        pipeline_name=pipeline.name if pipeline else "",
    )
