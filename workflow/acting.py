"""What every act on an article shares: one transaction that locks, consults the table, changes and records."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.drafts import NotReady
from articles.models import Article
from workflow.states import State, state_of
from workflow.transitions import Action, WrongState, check_possible


class ReasonMissing(WrongState):
    """The act needs a reason."""


class StaleText(WrongState):
    """The decision was about a text that is not the one under review."""


class BadTime(WrongState):
    """The moment that was asked for is not possible."""


class Moment(NamedTuple):
    """When an act happens, and the state of the article then."""

    state: State
    at: datetime


@contextmanager
def act(article: Article, action: Action) -> Iterator[Moment]:
    """One transaction that holds the article's lock, for an act that the table allows in the article's state.

    The clock is read once the lock is held, so that the order of acts is the order of their times.
    """
    with transaction.atomic():
        related = Article.objects.select_related("department__parent", "department__responsible")
        article.refresh_from_db(from_queryset=related.select_for_update(of=("self",)))
        at = timezone.now()
        state = state_of(article, at)
        check_possible(action, state)
        try:
            yield Moment(state, at)
        except NotReady as error:
            raise WrongState(str(error)) from error


def given_reason(text: str) -> str:
    """The reason without blanks around it. Raises ReasonMissing when there is none."""
    if not text.strip():
        raise ReasonMissing(_("Give a reason; nothing was changed."))
    return text.strip()


def later_than(at: datetime, now: datetime) -> datetime:
    """`at`, which must lie ahead. Raises BadTime when it does not."""
    if at <= now:
        raise BadTime(_("This time has passed. Give a later one."))
    return at
