"""The steps that a department's pipeline prescribes, and the roles that sign off."""

from django.utils.translation import gettext as _

from departments.authority import check_current, newest_seal
from departments.exceptions import TamperedRow, WrongState
from departments.models import Department
from ledger.seals import BrokenSeal
from workflow.models import Pipeline, PipelineChoice, Step

PIPELINE_VERBS = ("pipeline.created", "pipeline.changed", "pipeline.deleted")


def pipeline_and_steps(department: Department) -> tuple[Pipeline, list[Step]]:
    """Return the department's pipeline and its active steps in order, each row checked against its seal. Two queries.

    A department uses the pipeline that it picked, that its responsible or its parent department picked, or the default.
    A pipeline that is no longer in use counts as not picked. Raises WrongState if there are no steps, and TamperedRow
    if a choice or a pipeline was changed or taken away outside the site.
    """
    pipelines = {
        pipeline.pk: pipeline
        for pipeline in Pipeline.objects.with_step_rows().annotate(
            newest=newest_seal("workflow.pipeline", "pk", PIPELINE_VERBS)
        )
    }
    pipeline = _picked_pipeline(department, pipelines)
    if pipeline is None:
        pipeline = next((found for found in pipelines.values() if found.is_default), None)
    steps = []
    if pipeline:
        check_current(pipeline, pipeline.newest)
        steps = [step for step in pipeline.steps_in_order() if step.is_active]
    if not steps:
        raise WrongState(
            _("%(department)s has no pipeline with steps. Ask a superuser to set one up.") % {"department": department}
        )
    return pipeline, steps


def _picked_pipeline(department: Department, pipelines: dict[int, Pipeline]) -> Pipeline | None:
    nearest = [pk for pk in (department.pk, department.responsible_id, department.parent_id) if pk]
    departments = Department.objects.filter(pk__in=nearest).select_related("pipeline_choice")
    newest = newest_seal("departments.department", "pk", ["pipeline.chosen"])
    by_pk = {found.pk: found for found in departments.annotate(newest_choice=newest)}
    for pk in nearest:
        found = by_pk[pk]
        choice: PipelineChoice | None = getattr(found, "pipeline_choice", None)
        if choice:
            check_current(choice, found.newest_choice)
        elif found.newest_choice:
            raise TamperedRow(BrokenSeal(found))
        pipeline = pipelines[choice.pipeline_id] if choice else None
        if pipeline:
            check_current(pipeline, pipeline.newest)
            if pipeline.is_active:
                return pipeline
    return None


def checked_signing_role_ids(department: Department) -> set[int]:
    """Return the ids of the roles that sign off in the department, as `signing_role_ids` does, from checked rows."""
    try:
        _pipeline, steps = pipeline_and_steps(department)
    except WrongState:
        return set()
    return {steps[-1].role_id}


def signing_role_ids(department: Department) -> set[int]:
    """Ids of the roles that sign off in the department: those of the last step of its pipeline. One query.

    For lists and notifications. Actions ask `checked_signing_role_ids`.
    """
    last = Step.objects.for_department(department).filter(is_active=True).order_by("-position").first()
    return {last.role_id} if last else set()
