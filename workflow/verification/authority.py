"""Verify pipelines, choices of pipelines and delegations against the ledger."""

from collections.abc import Iterator
from typing import Any

from departments.models import Department
from ledger.canonical_json import canonical_json
from ledger.verification import register_verifier
from workflow import presets
from workflow.actions.pipelines import pipeline_ledger_data
from workflow.models import Delegation, Pipeline, PipelineChoice
from workflow.verification.ledger_rows import last_entries


@register_verifier
def verify_pipelines() -> Iterator[str]:
    """Each pipeline as it was recorded last, or, when it never was, as every site begins with it."""
    last = last_entries("pipeline.created", "pipeline.changed", "pipeline.deleted")
    for pipeline in Pipeline.objects.order_by("pk"):
        entry = last.get(str(pipeline.pk))
        right: Any = entry.data if entry else presets.preset_ledger_data(pipeline.name)
        if right is None or canonical_json(pipeline_ledger_data(pipeline)) != canonical_json(right):
            yield f"pipeline {pipeline.pk} ({pipeline}): changed outside the site; the ledger says otherwise"


@register_verifier
def verify_pipeline_choices() -> Iterator[str]:
    """Each department uses the pipeline that was chosen for it."""
    chosen = {int(pk): entry.data.get("pipeline") for pk, entry in last_entries("pipeline.chosen").items()}
    present = dict(PipelineChoice.objects.values_list("department", "pipeline"))
    for department in Department.objects.order_by("pk"):
        if present.get(department.pk) != chosen.get(department.pk):
            yield f"department {department.pk} ({department.name}): its pipeline was chosen outside the site"


@register_verifier
def verify_delegations() -> Iterator[str]:
    """Each delegation was granted by the site, for that period, and is revoked when the ledger says so."""
    granted, revoked = last_entries("delegation.granted"), last_entries("delegation.revoked")
    for delegation in Delegation.objects.order_by("pk").iterator():
        where = f"delegation {delegation.pk} ({delegation})"
        entry = granted.get(str(delegation.pk))
        names = ("principal", "deputy", "begins_at", "ends_at")
        values = (delegation.principal_id, delegation.deputy_id, delegation.begins_at, delegation.ends_at)
        if entry is None or canonical_json([entry.data.get(name) for name in names]) != canonical_json(values):
            yield f"{where}: is not what the ledger says was granted"
        elif (delegation.revoked_at is not None) != (str(delegation.pk) in revoked):
            yield f"{where}: revoked or restored outside the site"
