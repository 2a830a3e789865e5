"""Actions on pipelines: change them, and choose one for a department."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from departments.models import Department
from ledger import verbs
from ledger.record import record
from ledger.seals import SEAL_FIELDS
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


def record_change(pipeline: Pipeline, *, by: User, is_new: bool) -> None:
    """Seal a pipeline as it now stands, and record it. Inside the transaction that changed it, after `check_seal`."""
    pipeline.clear_step_rows()
    pipeline.apply_seal()
    pipeline.save(update_fields=SEAL_FIELDS)
    facts = {**pipeline.ledger_data(), "seal": pipeline.sealed_digest()}
    record("pipeline.created" if is_new else "pipeline.changed", pipeline, by=by, **facts)


@transaction.atomic
def delete_pipeline(pipeline: Pipeline, *, by: User) -> None:
    """Deletes a pipeline that no department uses. Rounds that are under way keep their own steps.

    Raises ValidationError for the default one; Django raises ProtectedError when a department uses it.
    """
    if pipeline.is_default:
        raise ValidationError(_("This is the default pipeline. Make another one the default first."))
    record("pipeline.deleted", pipeline, by=by, name=pipeline.name, steps=pipeline.ledger_data()["steps"])
    pipeline.delete()


@transaction.atomic
def choose_pipeline(department: Department, pipeline: Pipeline | None, *, by: User) -> None:
    """Lets a department use a pipeline for its later rounds; None: the default one again."""
    chosen = None
    if pipeline is None:
        PipelineChoice.objects.filter(department=department).delete()
    else:
        pipeline.check_seal()
        if not pipeline.seal_key:  # it came with the site; the seal of the choice names it by its id
            record_change(pipeline, by=by, is_new=False)
        chosen = PipelineChoice(department=department, pipeline=pipeline)
        chosen.apply_seal()
        seal = {name: getattr(chosen, name) for name in SEAL_FIELDS}
        PipelineChoice.objects.update_or_create(department=department, defaults={"pipeline": pipeline, **seal})
    record(
        "pipeline.chosen",
        department,
        by=by,
        pipeline=pipeline.pk if pipeline else None,
        pipeline_name=pipeline.name if pipeline else "",
        seal=chosen.sealed_digest() if chosen else None,
    )
