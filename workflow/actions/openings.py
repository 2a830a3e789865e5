"""Records of who opened a review page, and the signed token in its form.

The token ties one form to one person, round and text. The rows tell the queue what bulk approval may take.
"""

from collections.abc import Iterable

from django.core import signing
from django.utils.translation import gettext as _

from accounts.models import User
from ledger.seals import SEAL_FIELDS
from workflow.exceptions import NotOpened
from workflow.models import Opening, Round

SALT = "workflow.actions.openings"


def note_opening(round: Round, person: User) -> None:
    """Keep the first time that the person opened the review page."""
    opening = Opening(round=round, person=person, digest=round.revision.digest)
    opening.apply_seal()
    facts = {name: getattr(opening, name) for name in ("opened_at", *SEAL_FIELDS)}
    Opening.objects.get_or_create(round=round, person=person, digest=opening.digest, defaults=facts)


def opened_by(person: User, rounds: Iterable[Round]) -> set[tuple[int, str]]:
    """Return (id of the round, digest of the text) of what the person opened among the rounds. One query."""
    openings = Opening.objects.filter(person=person, round__in=rounds)
    return {(opening.round_id, opening.digest) for opening in openings if opening.seal_holds()}


def check_opened(round: Round, person: User, digest: str) -> None:
    """Raises NotOpened if the person never opened the review page of the text with this digest."""
    if (round.pk, digest) not in opened_by(person, [round]):
        raise NotOpened(_("you have not opened it yet. Open and read it first."))


def issue_token(round: Round, person: User) -> str:
    """Return a signed token for the form of the review page. The signature carries the time."""
    facts = {"round": round.pk, "person": person.pk, "digest": round.revision.digest}
    return signing.dumps(facts, salt=SALT)


def read_token(token: str, round: Round, person: User) -> str:
    """Return the digest of the text that the page of the token showed.

    Raises NotOpened if the token is not ours, or is another person's or another round's. It never expires: the text
    is frozen, and each person decides once a round.
    """
    try:
        facts = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        facts = {}
    if (facts.get("round"), facts.get("person")) != (round.pk, person.pk):
        raise NotOpened(
            _("Nothing was decided: this did not come from a page on which you opened this text. Read it, then decide.")
        )
    return facts["digest"]
