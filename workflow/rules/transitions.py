"""The transition table: each action with its source states, target states and actor.

Services, buttons, tests and the diagram in docs/workflow.md are all derived from it. departments.permissions decides
which people each `Who` means.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from departments.exceptions import WrongState
from workflow.rules.states import ArticleState, PublicState, TextState


class Action(models.TextChoices):
    SUBMIT = "submit", _("Submit for approval")
    TAKE_BACK = "take_back", _("Take back")
    APPROVE = "approve", pgettext_lazy("button", "Approve")
    RETURN = "return", _("Return for changes")
    REVISE = "revise", _("Write a new version")
    UNSCHEDULE = "unschedule", _("Call off the schedule")
    WITHDRAW = "withdraw", _("Withdraw")
    PARK = "park", _("Park the draft")
    RESUME = "resume", _("Take up the parked draft")
    MERGE_PUBLISHED_CHANGE = "merge_published_change", _("The change of the published text is taken in")
    RESTORE = "restore", _("Restore an earlier wording")
    DISCARD = "discard", _("Discard")
    HAND_DRAFT = "hand_draft", _("Hand the draft to a colleague")
    HAND_OVER = "hand_over", _("Hand over")
    EXPIRE = "expire", _("Set or lift the end")
    PIN = "pin", _("Pin to the top")
    MOVE = "move", _("Move to another department")
    PUBLISH_IN_EMERGENCY = "publish_in_emergency", _("Publish in emergency")
    CONFIRM_EMERGENCY = "confirm_emergency", _("Confirm the emergency publication")
    EXPUNGE = "expunge", _("Expunge")


class Who(models.TextChoices):
    DRAFTER = "drafter", _("who writes for the department")
    AUTHOR = "author", _("who wrote or submitted the text")
    DECIDER = "decider", _("whose step it is, and who had no hand in the text")
    SIGNER = "signer", _("who signs off in the department, and superusers")
    OTHER_SIGNER = "other_signer", _("who signs off in the department, or a superuser, and had no part in it")
    SUPERUSER = "superuser", _("superusers")
    OTHER_SUPERUSER = "other_superuser", _("superusers who had no hand in the text")


@dataclass(frozen=True)
class Transition:
    """`from_text`, `from_public`: the states in which the act is possible; `to_text`, `to_public`: what it can lead to.

    An empty `to_…` means that this side stays as it is.
    """

    action: Action
    who: Who
    from_text: frozenset[TextState]
    from_public: frozenset[PublicState]
    to_text: tuple[TextState, ...] = ()
    to_public: tuple[PublicState, ...] = ()
    changing_text: frozenset[TextState] = frozenset(
        TextState
    )  # the texts that this act changes; others stay as they are
    required_flag: str = ""  # a flag of the state that must be up
    forbidden_flag: str = ""  # a flag of the state that must be down

    def is_possible_in(self, state: ArticleState) -> bool:
        return (
            state.text in self.from_text
            and state.public in self.from_public
            and (not self.required_flag or getattr(state, self.required_flag))
            and (not self.forbidden_flag or not getattr(state, self.forbidden_flag))
        )


ANY_PUBLIC = frozenset(PublicState)
EVER_PUBLIC = ANY_PUBLIC - {PublicState.UNPUBLISHED}
NOT_DISCARDED = frozenset(TextState) - {TextState.DISCARDED}
DRAFT_STATES = frozenset({TextState.DRAFT, TextState.RETURNED})

TRANSITIONS = {
    transition.action: transition
    for transition in [
        Transition(
            Action.SUBMIT, Who.DRAFTER, DRAFT_STATES, ANY_PUBLIC, (TextState.IN_REVIEW,), forbidden_flag="is_outdated"
        ),
        Transition(Action.TAKE_BACK, Who.AUTHOR, frozenset({TextState.IN_REVIEW}), ANY_PUBLIC, (TextState.DRAFT,)),
        Transition(
            Action.APPROVE,
            Who.DECIDER,
            frozenset({TextState.IN_REVIEW}),
            ANY_PUBLIC,
            (TextState.IN_REVIEW, TextState.SETTLED, TextState.PARKED),
            (PublicState.LIVE, PublicState.SCHEDULED, PublicState.REPLACING),
        ),
        Transition(Action.RETURN, Who.DECIDER, frozenset({TextState.IN_REVIEW}), ANY_PUBLIC, (TextState.RETURNED,)),
        Transition(
            Action.REVISE,
            Who.DRAFTER,
            frozenset({TextState.SETTLED, TextState.PARKED}),
            EVER_PUBLIC,
            (TextState.DRAFT,),
        ),
        # A small correction of the published text can pass while a large draft waits.
        Transition(
            Action.PARK,
            Who.DRAFTER,
            DRAFT_STATES,
            frozenset({PublicState.LIVE, PublicState.REPLACING}),
            (TextState.PARKED,),
            forbidden_flag="is_parked",
        ),
        Transition(
            Action.RESUME, Who.DRAFTER, frozenset({TextState.PARKED}), ANY_PUBLIC, (TextState.DRAFT, TextState.RETURNED)
        ),
        # Into the draft, as one more save of it; or into a new one, as REVISE begins one.
        Transition(
            Action.RESTORE,
            Who.DRAFTER,
            frozenset({*DRAFT_STATES, TextState.SETTLED, TextState.PARKED}),
            ANY_PUBLIC,
            (TextState.DRAFT,),
            changing_text=frozenset({TextState.SETTLED, TextState.PARKED}),
        ),
        Transition(Action.MERGE_PUBLISHED_CHANGE, Who.DRAFTER, DRAFT_STATES, EVER_PUBLIC, required_flag="is_outdated"),
        Transition(
            Action.UNSCHEDULE,
            Who.SIGNER,
            frozenset(TextState) - {TextState.DISCARDED},
            frozenset({PublicState.SCHEDULED, PublicState.REPLACING}),
            (TextState.IN_REVIEW,),  # the round waits for its last step again, unless another text is in hand by now
            tuple(PublicState),  # as it was before the last schedule
            changing_text=frozenset({TextState.SETTLED, TextState.PARKED}),
        ),
        # Never held up by a draft, a round or a schedule of the same article.
        Transition(
            Action.WITHDRAW,
            Who.SIGNER,
            frozenset(TextState) - {TextState.DISCARDED},
            frozenset({PublicState.LIVE, PublicState.REPLACING}),
            (),
            (PublicState.WITHDRAWN,),  # what was scheduled to replace it is called off
        ),
        Transition(
            Action.DISCARD,
            Who.DRAFTER,
            frozenset({*DRAFT_STATES, TextState.IN_REVIEW, TextState.PARKED}),
            ANY_PUBLIC,
            (TextState.DISCARDED, TextState.SETTLED, TextState.PARKED),
        ),
        Transition(Action.HAND_DRAFT, Who.DRAFTER, frozenset({*DRAFT_STATES, TextState.PARKED}), ANY_PUBLIC),
        Transition(Action.HAND_OVER, Who.OTHER_SUPERUSER, frozenset({TextState.IN_REVIEW}), ANY_PUBLIC),
        Transition(Action.EXPIRE, Who.SIGNER, NOT_DISCARDED, frozenset({PublicState.LIVE})),
        Transition(Action.PIN, Who.SIGNER, NOT_DISCARDED, frozenset({PublicState.LIVE, PublicState.REPLACING})),
        Transition(Action.MOVE, Who.SUPERUSER, NOT_DISCARDED - {TextState.IN_REVIEW}, ANY_PUBLIC),
        Transition(
            Action.PUBLISH_IN_EMERGENCY,
            Who.SIGNER,
            frozenset({*DRAFT_STATES, TextState.IN_REVIEW}),
            ANY_PUBLIC,
            (TextState.SETTLED, TextState.PARKED),
            (PublicState.LIVE,),
        ),
        Transition(
            Action.CONFIRM_EMERGENCY, Who.OTHER_SIGNER, NOT_DISCARDED, EVER_PUBLIC, required_flag="is_emergency"
        ),
        Transition(
            Action.EXPUNGE,
            Who.SIGNER,
            frozenset({TextState.SETTLED, TextState.DISCARDED}),
            frozenset({PublicState.UNPUBLISHED, PublicState.WITHDRAWN, PublicState.EXPIRED}),
            (TextState.DISCARDED,),
        ),
    ]
}


def check_possible(action: Action, state: ArticleState) -> None:
    """Raises WrongState unless the table allows the act in this state."""
    transition = TRANSITIONS[Action(action)]
    if transition.is_possible_in(state):
        return
    if transition.forbidden_flag == "is_outdated" and state.is_outdated and state.text in transition.from_text:
        raise WrongState(
            _("The published text has changed since this draft was begun. Take the change in before you submit.")
        )
    if transition.forbidden_flag == "is_parked" and state.is_parked and state.text in transition.from_text:
        raise WrongState(_("Another draft of this article is parked already."))
    raise WrongState(
        _("“%(action)s” is not possible now: the article is %(state)s.")
        % {"action": transition.action.label, "state": state.label}
    )


def possible_actions(state: ArticleState) -> list[Action]:
    return [action for action, transition in TRANSITIONS.items() if transition.is_possible_in(state)]
