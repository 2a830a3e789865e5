"""Who may do what with this article now: the `Who` of the transition table, asked of departments.permissions.

Services enforce with `check_may`; pages offer what `offers` finds by the same function.
"""

from django.utils.translation import gettext as _

from accounts.models import User
from articles.models import Article
from departments import permissions
from departments.models import Department
from departments.permissions import NotAllowed
from workflow import rounds
from workflow.models import Round, RoundStep
from workflow.states import State
from workflow.transitions import TRANSITIONS, Action, Who, WrongState, possible_actions


def check_may(action: Action, person: User, article: Article, round: Round | None = None) -> None:
    """Raises NotAllowed for the wrong person. `round`: the one that a take-back or a decision is about.

    Raises WrongState when a decision is asked for that has been taken meanwhile.
    """
    department = article.department
    match TRANSITIONS[Action(action)].who:
        case Who.DRAFTER:
            permissions.check_draft(person, department)
        case Who.AUTHOR:
            permissions.check_take_back(
                person, department, submitter=round.submitted_by_id, hands=round.revision.hands()
            )
        case Who.DECIDER:
            step = round.current_step()
            if step is None:
                raise WrongState(_("Every step has been decided."))
            _check_not_overtaken(person, department, round, step)
            decided = set(round.decisions.values_list("person_id", flat=True))
            permissions.check_decide(person, department, step.role, hands=round.revision.hands(), decided=decided)
        case Who.SIGNER:
            permissions.check_withdraw(person, department, rounds.signing_roles(department))


def _check_not_overtaken(person: User, department: Department, round: Round, step: RoundStep) -> None:
    """Raises WrongState, naming who decided, for somebody whose own step has been passed and whose turn this is not."""
    if permissions.can_hold_role(person, department, step.role):
        return
    for decision in round.decisions.filter(step__passed_at__isnull=False).select_related("step__role"):
        if permissions.can_hold_role(person, department, decision.step.role):
            facts = {"step": decision.step.name, "name": decision.person_name}
            raise WrongState(_("“%(step)s” has been decided already (%(name)s).") % facts)


def offers(article: Article, state: State, person: User) -> list[Action]:
    """The acts that the person may do now, in the order of the table."""
    open_round = article.rounds.open().select_related("revision").first()
    return [action for action in possible_actions(state) if _may(action, person, article, open_round)]


def _may(action: Action, person: User, article: Article, open_round: Round | None) -> bool:
    try:
        check_may(action, person, article, open_round)
    except (NotAllowed, WrongState):
        return False
    return True


def why_not(person: User, round: Round) -> str:
    """Why the person cannot decide on the round; "" when they can."""
    try:
        check_may(Action.APPROVE, person, round.article, round)
    except (NotAllowed, WrongState) as error:
        return str(error)
    return ""
