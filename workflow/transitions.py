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
    PARK = "park", _("Park the draft")
    RESUME = "resume", _("Take up the parked draft")
    TAKE_IN = "take_in", _("The change of the published text is taken in")
    RESTORE = "restore", _("Restore an earlier wording")
    DISCARD = "discard", _("Discard")
    HAND_DRAFT = "hand_draft", _("Hand the draft to a colleague")
    HAND_OVER = "hand_over", _("Hand over")
    EXPIRE = "expire", _("Set an end")
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
    moving: frozenset[Text] = frozenset(Text)  # the texts that this act changes; others stay as they are
    needs: str = ""  # a flag of the state that must be up
    unless: str = ""  # a flag of the state that must be down

    def possible_in(self, state: State) -> bool:
        return (
            state.text in self.texts
            and state.public in self.publics
            and (not self.needs or getattr(state, self.needs))
            and (not self.unless or not getattr(state, self.unless))
        )


ANY_PUBLIC = frozenset(Public)
EVER_PUBLIC = ANY_PUBLIC - {Public.UNPUBLISHED}
IN_USE = frozenset(Text) - {Text.DISCARDED}
WRITING = frozenset({Text.DRAFT, Text.RETURNED})

TRANSITIONS = {
    transition.action: transition
    for transition in [
        Transition(Action.SUBMIT, Who.DRAFTER, WRITING, ANY_PUBLIC, (Text.IN_REVIEW,), unless="is_outdated"),
        Transition(Action.TAKE_BACK, Who.AUTHOR, frozenset({Text.IN_REVIEW}), ANY_PUBLIC, (Text.DRAFT,)),
        Transition(
            Action.APPROVE,
            Who.DECIDER,
            frozenset({Text.IN_REVIEW}),
            ANY_PUBLIC,
            (Text.IN_REVIEW, Text.SETTLED, Text.PARKED),
            (Public.LIVE, Public.SCHEDULED, Public.REPLACING),
        ),
        Transition(Action.RETURN, Who.DECIDER, frozenset({Text.IN_REVIEW}), ANY_PUBLIC, (Text.RETURNED,)),
        Transition(
            Action.REVISE,
            Who.DRAFTER,
            frozenset({Text.SETTLED, Text.PARKED}),
            EVER_PUBLIC,
            (Text.DRAFT,),
        ),
        # A small correction of the published text can pass while a large draft waits.
        Transition(
            Action.PARK,
            Who.DRAFTER,
            WRITING,
            frozenset({Public.LIVE, Public.REPLACING}),
            (Text.PARKED,),
            unless="is_parked",
        ),
        Transition(Action.RESUME, Who.DRAFTER, frozenset({Text.PARKED}), ANY_PUBLIC, (Text.DRAFT, Text.RETURNED)),
        # Into the draft, as one more save of it; or into a new one, as REVISE begins one.
        Transition(
            Action.RESTORE,
            Who.DRAFTER,
            frozenset({*WRITING, Text.SETTLED, Text.PARKED}),
            ANY_PUBLIC,
            (Text.DRAFT,),
            moving=frozenset({Text.SETTLED, Text.PARKED}),
        ),
        Transition(Action.TAKE_IN, Who.DRAFTER, WRITING, EVER_PUBLIC, needs="is_outdated"),
        Transition(
            Action.UNSCHEDULE,
            Who.SIGNER,
            frozenset(Text) - {Text.DISCARDED},
            frozenset({Public.SCHEDULED, Public.REPLACING}),
            (Text.IN_REVIEW,),  # the round waits for its last step again, unless another text is in hand by now
            tuple(Public),  # as it was before the last schedule
            moving=frozenset({Text.SETTLED, Text.PARKED}),
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
            frozenset({*WRITING, Text.IN_REVIEW, Text.PARKED}),
            ANY_PUBLIC,
            (Text.DISCARDED, Text.SETTLED, Text.PARKED),
        ),
        Transition(Action.HAND_DRAFT, Who.DRAFTER, frozenset({*WRITING, Text.PARKED}), ANY_PUBLIC),
        Transition(Action.HAND_OVER, Who.SUPERUSER, frozenset({Text.IN_REVIEW}), ANY_PUBLIC),
        Transition(Action.EXPIRE, Who.SIGNER, IN_USE, frozenset({Public.LIVE})),
        Transition(Action.PIN, Who.SIGNER, IN_USE, frozenset({Public.LIVE, Public.REPLACING})),
        Transition(Action.MOVE, Who.SUPERUSER, IN_USE - {Text.IN_REVIEW}, ANY_PUBLIC),
        Transition(
            Action.PUBLISH_IN_EMERGENCY,
            Who.SIGNER,
            frozenset({*WRITING, Text.IN_REVIEW}),
            ANY_PUBLIC,
            (Text.SETTLED, Text.PARKED),
            (Public.LIVE,),
        ),
        Transition(Action.CONFIRM_EMERGENCY, Who.OTHER_SIGNER, IN_USE, EVER_PUBLIC, needs="is_emergency"),
        Transition(
            Action.EXPUNGE,
            Who.SIGNER,
            frozenset({Text.SETTLED, Text.DISCARDED}),
            frozenset({Public.UNPUBLISHED, Public.WITHDRAWN, Public.EXPIRED}),
            (Text.DISCARDED,),
        ),
    ]
}


def check_possible(action: Action, state: State) -> None:
    """Raises WrongState unless the table allows the act in this state."""
    transition = TRANSITIONS[Action(action)]
    if transition.possible_in(state):
        return
    if transition.unless == "is_outdated" and state.is_outdated and state.text in transition.texts:
        raise WrongState(
            _("The published text has changed since this draft was begun. Take the change in before you submit.")
        )
    if transition.unless == "is_parked" and state.is_parked and state.text in transition.texts:
        raise WrongState(_("Another draft of this article is parked already."))
    raise WrongState(
        _("“%(action)s” is not possible now: the article is %(state)s.")
        % {"action": transition.action.label, "state": state.label}
    )


def possible_actions(state: State) -> list[Action]:
    return [action for action, transition in TRANSITIONS.items() if transition.possible_in(state)]
