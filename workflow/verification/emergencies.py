"""Verify emergency publications against the ledger."""

from collections.abc import Iterator
from typing import Any

from articles.models import Publication
from articles.publication_records import EMERGENCY_VERB
from ledger.canonical_json import canonical_timestamp
from ledger.models import Entry
from ledger.resealing import is_same_data
from ledger.verification.checks import register_verifier
from ledger.verification.walks import new_entries, walk
from workflow.actions.emergencies import EMERGENCY_STEP_NAME
from workflow.models import Emergency
from workflow.verification.ledger_rows import CHUNK_ROWS, chunks, ledger_entries

CONFIRMED_VERB = "article.emergency_confirmed"


@register_verifier
def verify_emergencies() -> Iterator[str]:
    """Each emergency publication is on record: who, why and when; and who else confirmed it.

    Its flag is there until then.
    """
    rows = Emergency.objects.select_related("publication__revision").defer("publication__revision__body").order_by("pk")
    for chunk in chunks(walk(rows, article="publication__article", chunk_size=CHUNK_ROWS)):
        articles = [emergency.publication.article_id for emergency in chunk]
        entries = {
            (entry.object_id, entry.data.get("publication"), entry.verb): entry
            for entry in ledger_entries(articles, [EMERGENCY_VERB, CONFIRMED_VERB])
        }
        for emergency in chunk:
            key = (str(emergency.publication.article_id), emergency.publication.number)
            yield from _findings(emergency, entries.get((*key, EMERGENCY_VERB)), entries.get((*key, CONFIRMED_VERB)))
    flagged = Publication.objects.filter(is_emergency=True, emergency=None).order_by("pk")
    for publication in walk(flagged):
        yield f"publication {publication.pk} (article {publication.article_id}): flagged, but no emergency is on record"
    declared = new_entries(Entry.objects.filter(verb=EMERGENCY_VERB)).values_list("object_id", "data")
    for chunk in chunks(walk(declared)):
        articles = [int(article) for article, _data in chunk]
        found = Emergency.objects.filter(publication__article__in=articles)
        present = set(found.values_list("publication__article", "publication__number"))
        for article, data in chunk:
            if (int(article), data.get("publication")) not in present:
                yield f"article {article}: the emergency of publication {data.get('publication')} is gone"


def _findings(emergency: Emergency, declared: Entry | None, confirmed: Entry | None) -> Iterator[str]:
    """`declared`, `confirmed`: the entries of the publication and of its confirmation."""
    publication = emergency.publication
    where = f"publication {publication.pk} (article {publication.article_id})"
    if declared is None:
        yield f"{where}: the ledger does not have its emergency"
        return
    if declared.data.get("hands") != sorted(publication.revision.contributor_ids()):
        # They are who may not confirm it.
        yield f"publication {publication.pk}: whose hands are in its text is not what the ledger says"
    present = (emergency.by_id, emergency.by_name, emergency.reason)
    if present != (declared.actor_id, declared.actor_name, declared.data.get("reason")):
        yield f"{where}: who published it in emergency, or why, is not what the ledger says"
    if not is_same_data(publication.sign_offs, [_sign_off(emergency, declared)]):
        yield f"{where}: its sign-off is not that of its emergency"
    present = (emergency.confirmed_by_id, emergency.confirmed_by_name, canonical_timestamp(emergency.confirmed_at))
    expected = (confirmed.actor_id, confirmed.actor_name, confirmed.data.get("at")) if confirmed else (None, "", None)
    if present != expected or publication.is_emergency == (confirmed is not None):
        yield f"{where}: published in emergency, and its flag or confirmation is not what the ledger says"
    if confirmed and confirmed.actor_id in {declared.actor_id, *declared.data.get("hands", [])}:
        yield f"{where}: confirmed by somebody who had a part in it"


def _sign_off(emergency: Emergency, declared: Entry) -> dict[str, Any]:
    unconfirmed = declared.data.get("unconfirmed")
    return {
        "step": EMERGENCY_STEP_NAME,
        "person": emergency.by_id,
        "name": emergency.by_name,
        "for": "",
        "time": canonical_timestamp(emergency.at),
        **({"unconfirmed": unconfirmed} if unconfirmed else {}),
    }
