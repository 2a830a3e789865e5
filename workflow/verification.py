"""What `verify` asks of decisions: behind every publication stands a round with each step approved, and the ledger."""

from collections.abc import Iterator

from articles.models import Publication
from ledger.canonical import moment
from ledger.models import Entry
from ledger.verification import check
from workflow.models import Verdict


@check
def sign_offs() -> Iterator[str]:
    """The sealed sign-offs are the decisions of the round, all on this digest, enough of them at each step."""
    rows = Publication.objects.filter(is_emergency=False).select_related("round")
    prefetched = rows.prefetch_related("round__steps", "round__decisions").order_by("pk")
    for publication in prefetched.iterator(chunk_size=500):
        where = f"publication {publication.pk} (article {publication.article_id})"
        of = getattr(publication, "round", None)
        if of is None or of.revision_id != publication.revision_id:
            yield f"{where}: no round approved it"
            continue
        approvals = [decision for decision in of.decisions.all() if decision.verdict == Verdict.APPROVE]
        said = sorted((decision.person_id, moment(decision.decided_at)) for decision in approvals)
        if said != sorted((sign["person"], sign["time"]) for sign in publication.sign_offs):
            yield f"{where}: its sign-offs are not the decisions of its round"
        if any(decision.digest != publication.digest for decision in approvals):
            yield f"{where}: decided on another text"
        for step in of.steps.all():
            if sum(decision.step_id == step.pk for decision in approvals) < step.people:
                yield f"{where}: step {step.position} ({step.name}) was not decided by {step.people}"


@check
def publications_stand_in_the_ledger() -> Iterator[str]:
    known = {
        (entry.object_id, entry.data.get("publication")): entry.data.get("digest")
        for entry in Entry.objects.filter(verb__in=["article.published", "article.scheduled"]).iterator(chunk_size=2000)
    }
    rows = (
        Publication.objects.filter(is_emergency=False).order_by("pk").values_list("pk", "article", "number", "digest")
    )
    for pk, article, number, digest in rows.iterator(chunk_size=2000):
        if known.pop((str(article), number), None) != digest:
            yield f"publication {pk} (article {article}): the ledger does not have it"
    for article, number in known:
        yield f"article {article}: publication {number} stands in the ledger, but is gone"
