"""Bulk approval: confirm a list of opened rounds, then approve them.

A tick is "<id of the round>:<digest of the text that the list showed>".
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.core import signing
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from departments.exceptions import NotAllowed, WrongState
from workflow import services
from workflow.actions.context import check_open
from workflow.actions.openings import check_opened
from workflow.desk.queue import PAGE_SIZE
from workflow.exceptions import StaleText
from workflow.models import Round
from workflow.rules.authorization import check_allowed
from workflow.rules.transitions import Action
from workflow.rules.visibility import round_or_404

SALT = "workflow.desk.bulk_approval"
NUMBER_SHOWN = 20  # characters; a longer number than any round has was made up


@dataclass
class Selection:
    """What became of the ticks: the rounds that passed, and (name, reason) of each that was refused."""

    rounds: list[Round] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left_over: bool = False  # more was ticked than one page holds

    @property
    def sentence(self) -> str:
        count = len(self.rounds)
        text = ngettext("%(count)d article approved.", "%(count)d articles approved.", count)
        return text % {"count": count} if count else ""


def select(ticks: list[str], person: User) -> Selection:
    """Sort the ticks into rounds that the person may approve now and refusals. Decides nothing."""

    def check(found: Round, seen: str) -> None:
        check_open(found)
        check_allowed(Action.APPROVE, person, found.article, found)
        found.check_text()
        if seen != found.revision.digest:
            raise StaleText(_("The text has changed since you opened it. Read it again; nothing was decided."))
        check_opened(found, person, seen)

    return _for_each(ticks, person, check)


def approve(ticks: list[str], person: User) -> Selection:
    """Approve each of the ticks that `select` let pass."""

    def decide(found: Round, seen: str) -> None:
        services.approve(found, by=person, seen=seen)

    return _for_each(ticks, person, decide)


def _for_each(ticks: list[str], person: User, do: Callable[[Round, str], None]) -> Selection:
    """Call `do` for each round. Titles are named only to people who may see the article."""
    ticks = list(dict.fromkeys(ticks))
    done = Selection(left_over=len(ticks) > PAGE_SIZE)
    for tick in ticks[:PAGE_SIZE]:
        pk, _colon, seen = tick.partition(":")
        name = _("Submission %(number)s") % {"number": pk[:NUMBER_SHOWN]}
        try:
            found = round_or_404(person, int(pk) if pk.isdecimal() and len(pk) <= NUMBER_SHOWN else 0)
            name = found.shown_title or name  # an expunged text has none
            do(found, seen)
        except Http404:
            done.refused.append((name, _("there is no such submission.")))
        except (NotAllowed, WrongState) as error:
            done.refused.append((name, str(error)))
        else:
            done.rounds.append(found)
    return done


def issue_token(selection: Selection, person: User) -> str:
    """Return a signed token for the confirmation page, so that exactly the listed rounds are approved."""
    ticks = [f"{found.pk}:{found.revision.digest}" for found in selection.rounds]
    return signing.dumps({"person": person.pk, "ticks": ticks}, salt=SALT)


def read_token(token: str, person: User) -> list[str]:
    """Return the ticks of a confirmation page; none if the token is not ours or is another person's."""
    try:
        facts = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return []
    return facts["ticks"] if facts["person"] == person.pk else []
