"""Which form an action asks for, and which service runs it."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from articles import publishing
from articles.models import Article
from departments.exceptions import WrongState
from workflow import services
from workflow.actions.expunging import may_expunge
from workflow.desk.forms import (
    EmergencyForm,
    ExpiryForm,
    HandDraftForm,
    HandOverForm,
    MoveForm,
    PinForm,
    ReasonForm,
    SeenDigestForm,
    WithdrawalForm,
)
from workflow.models import Emergency, ExpungingRequest, Round
from workflow.rules.transitions import Action

# Acts that ask for words before they happen; the others happen at the press of their button.
ACTION_FORMS: dict[Action, type[forms.Form]] = {
    Action.DISCARD: ReasonForm,
    Action.UNSCHEDULE: ReasonForm,
    Action.WITHDRAW: WithdrawalForm,
    Action.EXPIRE: ExpiryForm,
    Action.PIN: PinForm,
    Action.MOVE: MoveForm,
    Action.HAND_DRAFT: HandDraftForm,
    Action.HAND_OVER: HandOverForm,
    Action.PUBLISH_IN_EMERGENCY: EmergencyForm,
    Action.CONFIRM_EMERGENCY: SeenDigestForm,
    Action.EXPUNGE: ReasonForm,
}


# Acts that have a page of their own, and no button among the others.
ACTIONS_WITH_OWN_PAGE = {Action.APPROVE, Action.RETURN, Action.RESTORE}

# Acts whose buttons warn.
DANGEROUS_ACTIONS = {Action.DISCARD, Action.WITHDRAW, Action.PUBLISH_IN_EMERGENCY, Action.EXPUNGE}


def action_form(action: Action, article: Article, person: User, data: Any = None, shown_digest: str = "") -> forms.Form:
    """The form of an asking act; hidden in it, `shown_digest`, that of the text that the page shows."""
    initial = {}
    if action == Action.PUBLISH_IN_EMERGENCY:
        initial["seen"] = shown_digest
    elif action == Action.CONFIRM_EMERGENCY:
        emergency = Emergency.objects.unconfirmed_of(article)
        initial["seen"] = emergency.publication.digest if emergency else ""
    elif action == Action.EXPIRE and (live := publishing.live_publication(article, timezone.now())):
        initial["at"] = live.planned_until
    elif action == Action.EXPUNGE and (asked := ExpungingRequest.objects.filter(article=article).first()):
        initial["reason"] = asked.reason
    return ACTION_FORMS[action](data, article=article, person=person, prefix=action, initial=initial)


def _require_open_round(article: Article) -> Round:
    opened = article.rounds.open().first()
    if opened is None:
        raise WrongState(_("Nothing of this article is in review."))
    return opened


def perform(action: Action, article: Article, by: User, answers: dict[str, Any]) -> None:
    """Perform the action with the answers of its form. Raises what the service raises."""
    match action:
        case Action.TAKE_BACK:
            services.take_back(_require_open_round(article), by=by)
        case Action.HAND_OVER:
            services.hand_over(_require_open_round(article).current_step(), by=by, **answers)
        case Action.EXPUNGE:
            _request_or_expunge(article, by, answers["reason"])
        case _:
            getattr(services, action.value)(article, by=by, **answers)


def _request_or_expunge(article: Article, by: User, reason: str) -> None:
    """The first person asks, the second one does it."""
    asked = ExpungingRequest.objects.filter(article=article).select_related("by").first()
    if asked is None or asked.by == by or not may_expunge(asked.by, article):
        services.ask_to_expunge(article, by=by, reason=reason)
    else:
        services.expunge(article, by=asked.by, seconded_by=by, reason=asked.reason)
