"""Shorthand calls of workflow services."""

from typing import Any

import pytest

from accounts.models import User
from articles import drafts
from articles.models import Article, Publication, Revision
from departments.exceptions import NotAllowed
from tests.factories import nothing_changes
from workflow import services
from workflow.actions import openings
from workflow.models import Round
from workflow.rules.authorization import decision_refusal
from workflow.rules.eligible_deciders import rounds_awaiting


def approve(waiting: Round, by: User, **words: Any) -> Publication | None:
    """Approves the text that the round pins."""
    return services.approve(waiting, by=by, seen=waiting.revision.digest, **words)


def seen(waiting: Round, by: User, **words: Any) -> dict[str, Any]:
    """What the form of the review page sends when this person has opened it."""
    return {"opened": openings.issue_token(waiting, by), **words}


def give_back(waiting: Round, by: User, reason: str = "请补充数据") -> Revision:
    return services.return_for_changes(waiting, by=by, seen=waiting.revision.digest, reason=reason)


def edit(article: Article, by: User, **content: Any) -> None:
    """Saves the active draft with `content`, or some other body."""
    draft = article.active_draft()
    drafts.save_draft(draft, content or {"body": f"<p>{by.full_name}改过。</p>"}, by=by, version=draft.version)


def mine(by: User) -> list[Round]:
    """What the person's queue lists."""
    return list(rounds_awaiting(by))


def refused(waiting: Round, by: User) -> None:
    """Both decisions are refused, with nothing changed; the queue does not list the round, and the page says why."""
    with nothing_changes():
        for decide in (approve, give_back):
            with pytest.raises(NotAllowed):
                decide(waiting, by)
    assert waiting not in mine(by)
    assert decision_refusal(by, waiting)
