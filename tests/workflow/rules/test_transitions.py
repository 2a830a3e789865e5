"""Every action in every state by everybody, from the transition table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import services as accounts
from accounts.models import User
from articles.models import Article
from departments.exceptions import NotAllowed, WrongState
from departments.models import Department
from tests.factories import IMPOSSIBLE, Newsroom, everything, grant, person
from workflow import services
from workflow.actions.restoring import TextVersion
from workflow.models import Round, RoundStep
from workflow.rules.authorization import available_actions, check_allowed
from workflow.rules.eligible_deciders import rounds_awaiting
from workflow.rules.states import ArticleState, PublicState, TextState, state_of
from workflow.rules.transitions import TRANSITIONS, Action, Who, check_possible

POSSIBLE = [
    ArticleState(text, public, is_parked=text == TextState.PARKED)
    for text in TextState
    for public in PublicState
    if (text, public) not in IMPOSSIBLE
]
# A situation is a state and, in review, the step that the round waits at.
SITUATIONS = [
    (state, step)
    for state in POSSIBLE
    for step in (["reviewer", "publisher"] if state.text == TextState.IN_REVIEW else [""])
]

# What every run tries. The rest is for --all.
IN_EVERY_RUN = {
    (TextState.DRAFT, PublicState.UNPUBLISHED),
    (TextState.RETURNED, PublicState.UNPUBLISHED),
    (TextState.IN_REVIEW, PublicState.LIVE),
    (TextState.SETTLED, PublicState.LIVE),
}

# Who of the table → the people of the room meant by it. `chief` has submitted the text in hand; the decider is the one
# whose role the step names, and hands in the text count more than roles and more than being a superuser.
MEANT = {
    Who.DRAFTER: {"drafter", "colleague", "admin", "chief"},
    Who.AUTHOR: {"drafter", "chief"},
    Who.SIGNER: {"publisher", "admin", "chief"},
    Who.OTHER_SIGNER: {"publisher", "admin", "chief"},
    Who.SUPERUSER: {"admin", "chief"},
    Who.OTHER_SUPERUSER: {"admin"},
}


def cast(room: Newsroom) -> dict[str, Any]:
    """The people of the room, a superuser with every role who will have a hand in the text, and one who has left."""
    chief = person("chief", is_superuser=True)
    leaver = person("leaver", is_superuser=True)
    for one in (chief, leaver):
        for role in ("drafter", "reviewer", "publisher"):
            grant(one, role, room.department, room.admin)
    leaver.is_active = False
    accounts.change_user(leaver, by=room.admin)
    return {**room.people, "chief": chief, "leaver": leaver}


def staged(room: Newsroom, people: dict[str, Any], state: ArticleState, step: str) -> Article:
    """An article in the situation, its text in hand (if any) submitted by the chief."""
    article = room.article_in(state.text, state.public, submitter=people["chief"])
    if step == "publisher":
        waiting = article.rounds.open().get()
        services.approve(waiting, by=room.reviewer, seen=waiting.revision.digest)
    assert state_of(article) == state
    return article


def attempt(action: Action, article: Article, by: Any) -> None:
    """The act by its service, on the newest round of the article where the act is about a round."""
    # An article that was never submitted has none: somebody who makes one up gets no further.
    found = article.rounds.last() or Round(article=article)
    seen = found.revision.digest if found.pk else "0" * 64
    draft, step = article.active_draft(), found.current_step() if found.pk else None
    later = timezone.now() + timedelta(days=7)
    elsewhere = Department.objects.exclude(pk=article.department_id).first()
    second = somebody("publisher") if by.is_superuser else somebody("admin")
    asked: dict[Action, tuple[Any, dict[str, Any]]] = {
        Action.TAKE_BACK: (found, {}),
        Action.APPROVE: (found, {"seen": seen}),
        Action.RETURN: (found, {"seen": seen, "reason": "请改"}),
        Action.HAND_OVER: (step or RoundStep(round=found), {"to": somebody("stranger")}),
        Action.HAND_DRAFT: (article, {"to": somebody("colleague"), "reason": "请接着写"}),
        Action.UNSCHEDULE: (article, {"reason": "推迟"}),
        Action.WITHDRAW: (article, {"reason": "有误", "notice": "已撤稿"}),
        Action.DISCARD: (article, {"reason": "不再需要"}),
        Action.EXPIRE: (article, {"at": later}),
        Action.PIN: (article, {"until": later}),
        Action.MOVE: (article, {"to": elsewhere}),
        Action.PUBLISH_IN_EMERGENCY: (article, {"seen": draft.compute_digest() if draft else seen, "reason": "急"}),
        Action.CONFIRM_EMERGENCY: (article, {"seen": seen}),
        Action.EXPUNGE: (article, {"seconded_by": second, "reason": "依法销毁"}),
        Action.RESTORE: (article, {"source": TextVersion(article.revisions.select_related("cover").first())}),
    }
    about, words = asked.get(action, (article, {}))
    service = services.return_for_changes if action == Action.RETURN else getattr(services, action)
    service(about, by=by, **words)


def somebody(name: str) -> User:
    return User.objects.get(username__startswith=f"{name}-")


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is rolled back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def is_meant(name: str, who: Who, step: str) -> bool:
    return name == step if who == Who.DECIDER else name in MEANT[who]


def done(action: Action, article: Article, by: Any) -> bool:
    """Whether the person got their way; a refusal is one of the two kinds, and says why."""
    try:
        attempt(action, fresh(article), by)
    except (NotAllowed, WrongState) as refusal:
        if not str(refusal):
            pytest.fail(f"{action} was refused without a word")
        return False
    return True


def situation_id(part: ArticleState | str) -> str:
    return f"{part.text}-{part.public}" if isinstance(part, ArticleState) else part


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (state, step)
        if (state.text, state.public) in IN_EVERY_RUN
        else pytest.param(state, step, marks=pytest.mark.slow)
        for state, step in SITUATIONS
    ],
    ids=situation_id,
)
def test_an_act_is_offered_and_happens_when_the_table_allows_it_and_otherwise_changes_nothing(newsroom, state, step):
    """Scenario 11. In each of these states it is also somebody's turn, or nothing is left to do."""
    people = cast(newsroom)
    article = staged(newsroom, people, state, step)
    check_somebodys_turn(article, state, step, newsroom, people)
    before = everything()
    wrong = []
    for name, by in people.items():
        legal = {
            action for action, row in TRANSITIONS.items() if row.is_possible_in(state) and is_meant(name, row.who, step)
        }
        if (offered := available_actions(article, state, by)) != [action for action in TRANSITIONS if action in legal]:
            wrong.append(f"{name} is offered {offered}")
        with undone():
            wrong += [f"{action} by {name} was done" for action in set(Action) - legal if done(action, article, by)]
            if everything() != before:
                wrong.append(f"{name} changed something by an act that was refused")
        for action in legal:
            with undone():
                if not done(action, article, by):
                    wrong.append(f"{action} by {name} was refused")
                elif not leads_to(TRANSITIONS[action], state, after := state_of(fresh(article)), step):
                    wrong.append(f"{action} by {name} led to {after}")
    assert wrong == []


def fresh(article: Article) -> Article:
    """As the database has it: an act that was rolled back leaves its traces in the object that it was done with."""
    return Article.objects.get(pk=article.pk)


def leads_to(transition: Any, before: ArticleState, after: ArticleState, step: str) -> bool:
    """Whether the table says that the act can lead there. A side that it names may also stay as it was, not both."""
    sides = [(before.text, after.text, transition.to_text), (before.public, after.public, transition.to_public)]
    stays = not (transition.to_text or transition.to_public) or before.text in transition.to_text
    stays = stays or before.text not in transition.changing_text
    moved = after != before or stays or (transition.action == Action.APPROVE and step == "reviewer")
    return moved and all(now in (then, *possible) for then, now, possible in sides)


def check_somebodys_turn(
    article: Article, state: ArticleState, step: str, room: Newsroom, people: dict[str, Any]
) -> None:
    """As in opensafely-core/airlock: no state in which an article is stuck."""
    writing = {name for name, by in people.items() if Action.SUBMIT in available_actions(article, state, by)}
    waiting = {name for name, by in people.items() if rounds_awaiting(by).filter(article=article).exists()}
    match state.text:
        case TextState.DRAFT | TextState.RETURNED:
            assert writing and not waiting
        case TextState.IN_REVIEW:
            assert waiting == {step} and not writing
        case TextState.SETTLED:
            assert not waiting and not writing
            assert Action.REVISE in available_actions(article, state, room.drafter)
        case TextState.PARKED:
            assert not waiting and not writing
            assert Action.RESUME in available_actions(article, state, room.drafter)
        case TextState.DISCARDED:
            left = {action for by in people.values() for action in available_actions(article, state, by)}
            assert not waiting and not writing and left == {Action.EXPUNGE}


def test_every_action_has_its_row_in_the_table():
    assert set(TRANSITIONS) == set(Action)


@pytest.mark.parametrize("state", POSSIBLE, ids=situation_id)
@pytest.mark.parametrize("action", ["publish", "", "APPROVE", "approve ", "delete"])
def test_an_unknown_act_is_possible_in_no_state(state, action):
    """Scenario 12."""
    with pytest.raises(ValueError, match="is not a valid Action"):
        check_possible(action, state)


def test_an_unknown_act_is_nobodys(newsroom):
    """Scenario 12."""
    article = newsroom.draft()
    with pytest.raises(ValueError, match="is not a valid Action"):
        check_allowed("publish", newsroom.admin, article)
    check_allowed("submit", newsroom.admin, article)  # the known one beside it


@pytest.mark.parametrize("text", ["published", "", "DRAFT"])
def test_an_unknown_state_does_not_exist(text):
    """Scenario 12."""
    with pytest.raises(ValueError, match="is not a valid Text"):
        TextState(text)
