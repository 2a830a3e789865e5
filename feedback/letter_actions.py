"""Actions on letters: take, answer, close, reopen."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import User
from departments import permissions
from departments.exceptions import WrongState
from departments.models import Department
from feedback.models import LETTER_TRANSITIONS, Letter, LetterState
from inputs.visible_text import visible_text
from ledger import verbs
from ledger.monitoring.alarms import raise_alarm
from ledger.record import record

VERBS = {
    LetterState.IN_HAND: "letter.taken_in_hand",
    LetterState.ANSWERED: "letter.answered",
    LetterState.CLOSED: "letter.closed",
}
verbs.register_verbs(
    "letter",
    gettext_lazy("Letters"),
    {
        "letter.taken_in_hand": gettext_lazy("took it in hand"),
        "letter.answered": gettext_lazy("answered it"),
        "letter.closed": gettext_lazy("closed it without an answer"),
    },
)
# Recorded by feedback.retention, which only a command loads.
verbs.register_verbs(
    "letters",
    gettext_lazy("Forgetting who wrote"),
    {"letters.forgotten": gettext_lazy("forgot who wrote settled letters")},
)


class AnswerMissing(WrongState):
    """There is nothing to answer with."""


def department_of(letter: Letter) -> Department | None:
    """Whose letter it is: the department that its article belongs to now."""
    return letter.article.department if letter.article else None


@transaction.atomic
def change_state(letter: Letter, *, by: User, to: LetterState, expected_state: str, answer: str = "") -> None:
    """Brings a letter to another state. `expected_state`: the state that the person saw; `answer` is kept in every
    state, and shown to the visitor once the letter is answered.

    Raises NotAllowed; WrongState when somebody else was quicker or the letter cannot go there; AnswerMissing.
    """
    locked = Letter.objects.select_for_update(no_key=True, of=("self",))
    fresh = locked.select_related("article__department__parent", "article__department__responsible").get(pk=letter.pk)
    permissions.check_answer_letters(by, department_of(fresh))
    if fresh.state != expected_state:
        state = {"state": fresh.get_state_display()}
        raise WrongState(_("Somebody else was quicker: this letter is now “%(state)s”. Nothing was changed.") % state)
    if to not in LETTER_TRANSITIONS[LetterState(expected_state)]:
        raise WrongState(_("From this state the letter cannot go there. Nothing was changed."))
    if to == LetterState.ANSWERED and not visible_text(answer):
        raise AnswerMissing(_("Write the answer first."))
    if not has_intact_seal(fresh):
        raise WrongState(
            _("This letter was changed in the database, outside the site. Nothing was done; tell an administrator.")
        )
    at, answered, closed = timezone.now(), to == LetterState.ANSWERED, to == LetterState.CLOSED
    changes = {
        "state": to.value,
        "answer": visible_text(answer),
        "answered_by": by if answered else None,
        "answered_by_name": by.full_name if answered else "",
        "answered_at": at if answered else None,
        "closed_at": at if closed else None,
    }
    for name, value in changes.items():
        setattr(fresh, name, value)
    fresh.apply_seal()
    changes |= {"seal_key": fresh.seal_key, "seal_signature": fresh.seal_signature}
    if Letter.objects.filter(pk=letter.pk, state=expected_state).update(**changes) != 1:
        raise WrongState(_("Somebody else was quicker. Nothing was changed."))
    facts = {"before": expected_state, "after": to.value, "article": fresh.article_id}
    record(VERBS[to], fresh, by=by, **facts, seal=fresh.sealed_digest())


def has_intact_seal(letter: Letter) -> bool:
    """Whether the letter and its answer are what was sealed; raises an alarm if not."""
    if letter.seal_holds():
        return True
    raise_alarm(f"letter {letter.pk}", gettext_noop("its seal does not hold; its page is not shown"))
    return False
