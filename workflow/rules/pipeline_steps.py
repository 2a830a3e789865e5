"""The steps that a department's pipeline prescribes, and the roles that sign off."""

from django.utils.translation import gettext as _

from departments.exceptions import WrongState
from departments.models import Department
from workflow.models import Pipeline, Step


def pipeline_and_steps(department: Department) -> tuple[Pipeline, list[Step]]:
    """The department's pipeline and its active steps in order. Raises WrongState if there are none. One query."""
    steps = list(Step.objects.for_department(department).filter(is_active=True).select_related("pipeline", "role"))
    if not steps:
        raise WrongState(
            _("%(department)s has no pipeline with steps. Ask a superuser to set one up.") % {"department": department}
        )
    return steps[0].pipeline, steps


def signing_role_ids(department: Department) -> set[int]:
    """Ids of the roles that sign off in the department: those of the last step of its pipeline. One query."""
    last = Step.objects.for_department(department).filter(is_active=True).order_by("-position").first()
    return {last.role_id} if last else set()
