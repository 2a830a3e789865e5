"""The pipelines that every site begins with."""

from django.db import models

from departments.models import Role
from workflow.models import Pipeline, Step

# name, description, is default, steps as (name, code of the role)
PIPELINES = [
    ("两级审批", "审核人审核，签发人签发。", True, [("审核", "reviewer"), ("签发", "publisher")]),
]


Model = type[models.Model]


def install(role_model: Model = Role, pipeline_model: Model = Pipeline, step_model: Model = Step) -> None:
    """Makes the missing pipelines. Migrations hand in the models as they were then."""
    roles = {role.code: role for role in role_model.objects.all()}
    for name, description, is_default, steps in PIPELINES:
        pipeline, is_new = pipeline_model.objects.get_or_create(
            name=name, defaults={"description": description, "is_default": is_default}
        )
        if is_new:
            for position, (step, code) in enumerate(steps, 1):
                step_model.objects.create(
                    pipeline=pipeline, position=position, name=step, role=roles[code], due_hours=48
                )
