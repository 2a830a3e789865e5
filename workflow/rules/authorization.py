"""Check whether a person may run an action; `transitions` says which actor each action needs.

Services enforce with `check_allowed`; pages offer the `available_actions`, which ask the same function.
"""

from django.utils.translation import gettext as _

from accounts.models import User
from articles.models import Article
from departments import permissions
from departments.exceptions import NotAllowed, WrongState
from workflow.models import Emergency, Round
from workflow.rules.eligible_deciders import check_decide
from workflow.rules.pipeline_steps import checked_signing_role_ids
from workflow.rules.states import ArticleState
from workflow.rules.transitions import TRANSITIONS, Action, Who, possible_actions
from workflow.rules.unconfirmed import check_two_hands


def check_allowed(action: Action, person: User, article: Article, round: Round | None = None) -> User:
    """Raises NotAllowed for the wrong person. `round`: the one that a take-back or a decision is about.

    Returns in whose place the person acts: their own, but for a deputy's decision. Raises WrongState when a decision
    is asked for that has been taken meanwhile.
    """
    department = article.department
    match TRANSITIONS[Action(action)].who:
        case Who.DRAFTER:
            permissions.check_draft(person, department)
        case Who.AUTHOR:
            hands = round.contributor_ids()
            permissions.check_take_back(person, department, submitter_id=round.submitted_by_id, contributor_ids=hands)
        case Who.DECIDER:
            return check_decide(person, round)
        case Who.SIGNER:
            permissions.check_signer(person, department, checked_signing_role_ids(department))
        case Who.OTHER_SIGNER:
            permissions.check_signer(person, department, checked_signing_role_ids(department))
            participants = _emergency_participant_ids(article)
            permissions.check_not_participant(person, participants)
            check_two_hands(person, participants)
        case Who.SUPERUSER:
            permissions.check_superuser(person)
        case Who.OTHER_SUPERUSER:
            permissions.check_superuser(person)
            if round and round.pk and person.pk in round.contributor_ids():
                raise NotAllowed(_("You had a hand in this text, so another superuser must say who decides on it."))
    return person


def _emergency_participant_ids(article: Article) -> set[int]:
    """Ids of who published the article in emergency or had a hand in that text."""
    emergency = Emergency.objects.unconfirmed_of(article)
    return {emergency.by_id, *emergency.publication.revision.contributor_ids()} if emergency else set()


def available_actions(article: Article, state: ArticleState, person: User) -> list[Action]:
    """The acts that the person may do now, in the order of the table."""
    open_round = article.rounds.open().select_related("revision").first()
    return [action for action in possible_actions(state) if _is_allowed(action, person, article, open_round)]


def _is_allowed(action: Action, person: User, article: Article, open_round: Round | None) -> bool:
    try:
        check_allowed(action, person, article, open_round)
    except (NotAllowed, WrongState):
        return False
    return True


def decision_refusal(person: User, round: Round) -> str:
    """Why the person cannot decide on the round; "" when they can."""
    try:
        check_allowed(Action.APPROVE, person, round.article, round)
    except (NotAllowed, WrongState) as error:
        return str(error)
    return ""
