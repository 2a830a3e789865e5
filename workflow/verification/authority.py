"""Verify pipelines, choices of pipelines and delegations against the ledger."""

from collections.abc import Iterator

from departments.models import Department
from ledger.models import Entry
from ledger.verification.checks import register_verifier
from ledger.verification.walks import walk
from workflow.models import Delegation, ExpungingRequest, Opening, Pipeline
from workflow.models.pipeline import PRESET_PIPELINES
from workflow.verification.ledger_rows import last_entries


@register_verifier
def verify_pipelines() -> Iterator[str]:
    """Each pipeline as it was recorded last, or, when it never was, as every site begins with it."""
    named = {*Pipeline.objects.values_list("name", flat=True)}
    named |= {entry.data.get("name") for entry in Entry.objects.filter(verb__startswith="pipeline.").iterator()}
    last = last_entries("pipeline.created", "pipeline.changed", "pipeline.deleted")
    for pipeline in Pipeline.objects.order_by("pk"):
        entry = last.pop(str(pipeline.pk), None)
        expected = pipeline.sealed_digest() if pipeline.seal_key else None
        if not pipeline.seal_holds():
            yield f"pipeline {pipeline.pk} ({pipeline}): its seal does not hold; it or a step was changed outside"
        elif (entry and entry.data.get("seal")) != expected:
            yield f"pipeline {pipeline.pk} ({pipeline}): changed outside the site; the ledger says otherwise"
    for pk, entry in last.items():
        if entry.verb != "pipeline.deleted":
            yield f"pipeline {pk} ({entry.data.get('name')}): stands in the ledger, but is gone"
    for name, *_rest in PRESET_PIPELINES:
        if name not in named:
            yield f"pipeline {name}: came with the site, but is gone without an entry in the ledger"


@register_verifier
def verify_pipeline_choices() -> Iterator[str]:
    """Each department uses the pipeline that was chosen for it."""
    chosen = {pk: entry.data.get("seal") for pk, entry in last_entries("pipeline.chosen").items()}
    for department in Department.objects.select_related("pipeline_choice").order_by("pk"):
        choice = getattr(department, "pipeline_choice", None)
        present = choice.sealed_digest() if choice else None
        if present != chosen.get(str(department.pk)) or (choice and not choice.seal_holds()):
            yield f"department {department.pk} ({department.name}): its pipeline was chosen outside the site"


@register_verifier
def verify_delegations() -> Iterator[str]:
    """Each delegation was granted by the site, for that period, and is revoked when the ledger says so."""
    last = last_entries("delegation.granted", "delegation.revoked")
    for delegation in Delegation.objects.order_by("pk").iterator():
        where = f"delegation {delegation.pk} ({delegation})"
        entry = last.pop(str(delegation.pk), None)
        if not delegation.seal_holds():
            yield f"{where}: its seal does not hold; changed outside the site"
        elif entry is None or entry.data.get("seal") != delegation.sealed_digest():
            yield f"{where}: is not what the ledger says of it last; changed, revoked or restored outside the site"
    for pk in last:
        yield f"delegation {pk}: stands in the ledger, but is gone"


@register_verifier
def verify_openings_and_requests() -> Iterator[str]:
    """Who opened which text, and who asked that an article be expunged, was written by the site."""
    for opening in walk(Opening.objects.order_by("pk"), article="round__article"):
        if not opening.seal_holds():
            yield f"opening {opening.pk} (round {opening.round_id}): its seal does not hold; put in outside the site"
    for asked in ExpungingRequest.objects.order_by("pk").iterator():
        if not asked.seal_holds():
            yield f"request to expunge {asked.pk} (article {asked.article_id}): its seal does not hold"
