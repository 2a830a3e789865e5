"""Default pipelines and quick phrases of a new site."""

from django.db import models

from departments.models import Role
from workflow.models import Pipeline, QuickPhrase, Step
from workflow.models.pipeline import PRESET_DUE_HOURS, PRESET_PIPELINES
from workflow.models.remark import PRESET_PHRASES

ModelClass = type[models.Model]


def install_pipelines(
    role_model: ModelClass = Role,
    pipeline_model: ModelClass = Pipeline,
    step_model: ModelClass = Step,
    phrase_model: ModelClass = QuickPhrase,
) -> None:
    """Makes the missing pipelines and phrases. Migrations hand in the models as they were then."""
    for text, position in PRESET_PHRASES:
        phrase_model.objects.get_or_create(text=text, defaults={"position": position})
    roles = {role.code: role for role in role_model.objects.all()}
    for name, description, is_default, steps in PRESET_PIPELINES:
        pipeline, is_new = pipeline_model.objects.get_or_create(
            name=name, defaults={"description": description, "is_default": is_default}
        )
        if is_new:
            for position, (step, code) in enumerate(steps, 1):
                step_model.objects.create(
                    pipeline=pipeline, position=position, name=step, role=roles[code], due_hours=PRESET_DUE_HOURS
                )
