"""Default pipelines and quick phrases of a new site."""

from django.db import models

from departments.models import Role
from workflow.models import Pipeline, QuickPhrase, Step

# name, description, is default, steps as (name, code of the role)
PIPELINES = [
    ("两级", "审核人审核，签发人签发。", True, [("审核", "reviewer"), ("签发", "publisher")]),
    ("一级", "一位领导审批后即发布，适合人少的部门。", False, [("签发", "publisher")]),
    (
        "三审三校",
        "初审、复审、终审由三个人分别进行。",
        False,
        [("初审", "reviewer"), ("复审", "second-reviewer"), ("终审", "publisher")],
    ),
]

# What texts are returned with most often.
PHRASES = [
    "请核对日期。",
    "请核对姓名和职务。",
    "请核对数据。",
    "请补充附件。",
    "格式不符合公文规范。",
    "文字请按批注修改。",
]

DUE_HOURS = 48
ModelClass = type[models.Model]


def preset_ledger_data(name: str) -> dict | None:
    """Return the ledger data of the preset pipeline with this name, as pipeline_ledger_data() has it, or None."""
    for preset, _description, is_default, steps in PIPELINES:
        if preset == name:
            return {
                "name": name,
                "is_default": is_default,
                "active": True,
                "steps": [
                    {
                        "position": position,
                        "name": step,
                        "role": code,
                        "people": 1,
                        "due_hours": DUE_HOURS,
                        "active": True,
                    }
                    for position, (step, code) in enumerate(steps, 1)
                ],
            }
    return None


def install_pipelines(
    role_model: ModelClass = Role,
    pipeline_model: ModelClass = Pipeline,
    step_model: ModelClass = Step,
    phrase_model: ModelClass = QuickPhrase,
) -> None:
    """Makes the missing pipelines and phrases. Migrations hand in the models as they were then."""
    for position, text in enumerate(PHRASES, 1):
        phrase_model.objects.get_or_create(text=text, defaults={"position": 10 * position})
    roles = {role.code: role for role in role_model.objects.all()}
    for name, description, is_default, steps in PIPELINES:
        pipeline, is_new = pipeline_model.objects.get_or_create(
            name=name, defaults={"description": description, "is_default": is_default}
        )
        if is_new:
            for position, (step, code) in enumerate(steps, 1):
                step_model.objects.create(
                    pipeline=pipeline, position=position, name=step, role=roles[code], due_hours=DUE_HOURS
                )
