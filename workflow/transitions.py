"""The transition table: which act is possible in which state, what it leads to, and who does it.

Services, buttons, tests and the diagram in docs/workflow.md are all derived from it. Who is meant by each `Who`,
departments.permissions decides.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from workflow.states import Public, State, Text


class Action(models.TextChoices):
    SUBMIT = "submit", _("Submit for approval")
    TAKE_BACK = "take_back", _("Take back")
    APPROVE = "approve", pgettext_lazy("button", "Approve")
    RETURN = "return", _("Return for changes")
    REVISE = "revise", _("Write a new version")
    UNSCHEDULE = "unschedule", _("Call off the schedule")
    WITHDRAW = "withdraw", _("Withdraw")
    DISCARD = "discard", _("Discard")


class Who(models.TextChoices):
    DRAFTER = "drafter", _("who writes for the department")
    AUTHOR = "author", _("who wrote or submitted the text")
    DECIDER = "decider", _("whose step it is, and who had no hand in the text")
    SIGNER = "signer", _("who signs off in the department, and superusers")


class WrongState(Exception):
    """The right person at the wrong time: nothing was changed, and the message says why."""


@dataclass(frozen=True)
class Transition:
    """`texts`, `publics`: the states in which the act is possible; `to_text`, `to_public`: what it can lead to.

    An empty `to_…` means that this side stays as it is.
    """

    action: Action
    who: Who
    texts: frozenset[Text]
    publics: frozenset[Public]
    to_text: tuple[Text, ...] = ()
    to_public: tuple[Public, ...] = ()

    def possible_in(self, state: State) -> bool:
        return state.text in self.texts and state.public in self.publics


ANY_PUBLIC = frozenset(Public)
WRITING = frozenset({Text.DRAFT, Text.RETURNED})

TRANSITIONS = {
    transition.action: transition
    for transition in [
        Transition(Action.SUBMIT, Who.DRAFTER, WRITING, ANY_PUBLIC, (Text.IN_REVIEW,)),
        Transition(Action.TAKE_BACK, Who.AUTHOR, frozenset({Text.IN_REVIEW}), ANY_PUBLIC, (Text.DRAFT,)),
        Transition(
            Action.APPROVE,
            Who.DECIDER,
            frozenset({Text.IN_REVIEW}),
            ANY_PUBLIC,
            (Text.IN_REVIEW, Text.SETTLED),
            (Public.LIVE, Public.SCHEDULED, Public.REPLACING),
        ),
        Transition(Action.RETURN, Who.DECIDER, frozenset({Text.IN_REVIEW}), ANY_PUBLIC, (Text.RETURNED,)),
        Transition(
            Action.REVISE,
            Who.DRAFTER,
            frozenset({Text.SETTLED}),
            ANY_PUBLIC - {Public.UNPUBLISHED},
            (Text.DRAFT,),
        ),
        Transition(
            Action.UNSCHEDULE,
            Who.SIGNER,
            frozenset(Text) - {Text.DISCARDED},
            frozenset({Public.SCHEDULED, Public.REPLACING}),
            (Text.IN_REVIEW,),  # the round waits for its last step again, unless another text is in hand by now
            tuple(Public),  # as it was before the last schedule
        ),
        # Never held up by a draft, a round or a schedule of the same article.
        Transition(
            Action.WITHDRAW,
            Who.SIGNER,
            frozenset(Text) - {Text.DISCARDED},
            frozenset({Public.LIVE, Public.REPLACING}),
            (),
            (Public.WITHDRAWN,),  # what was scheduled to replace it is called off
        ),
        Transition(
            Action.DISCARD,
            Who.DRAFTER,
            frozenset({*WRITING, Text.IN_REVIEW}),
            ANY_PUBLIC,
            (Text.DISCARDED, Text.SETTLED),
        ),
    ]
}


def check_possible(action: Action, state: State) -> None:
    """Raises WrongState unless the table allows the act in this state."""
    transition = TRANSITIONS[Action(action)]
    if not transition.possible_in(state):
        raise WrongState(
            _("“%(action)s” is not possible now: the article is %(state)s.")
            % {"action": transition.action.label, "state": state.label}
        )


def possible_actions(state: State) -> list[Action]:
    return [action for action, transition in TRANSITIONS.items() if transition.possible_in(state)]
