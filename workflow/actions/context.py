"""The transaction of an action: lock, check state and permission, change, record."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from articles.drafts import DraftNotReady
from articles.models import Article
from database.compiled_query import CompiledQuery
from departments.authority import check_department
from departments.exceptions import TamperedRow, WrongState
from inputs.visible_text import visible_text
from ledger.models import SETUP_ENDED_VERB, Entry
from ledger.monitoring.alarms import alarms_outlive_rollback, report_broken_seal
from ledger.resealing import ResealRefused
from ledger.seals import BrokenSeal
from workflow.exceptions import BadTime, ReasonMissing
from workflow.models import Round
from workflow.rules.authorization import check_allowed
from workflow.rules.states import (
    ArticleState,
    derive_state,
    derive_state_in_review,
    publication_annotations,
    state_annotations,
)
from workflow.rules.transitions import Action, check_possible
from workflow.rules.unconfirmed import with_changes


class ActionContext(NamedTuple):
    """When an act happens, and the state of the article then."""

    state: ArticleState
    at: datetime


@contextmanager
def article_action(article: Article, action: Action, by: User) -> Iterator[ActionContext]:
    """One transaction that holds the article's lock, for an act that is this person's and possible in this state.

    The clock is read once the lock is held, so that the order of acts is the order of their times.
    Raises NotAllowed for the wrong person before anything is said about the state, and WrongState.
    """
    with alarms_outlive_rollback(), _refusals_as_wrong_state(), transaction.atomic():
        at = _lock_article(article, action)
        check_allowed(action, by, article)
        state = derive_state(_article_with_state.first(article.pk), article.discarded_at, at)
        check_possible(action, state)
        yield ActionContext(state, at)


class RoundContext(NamedTuple):
    """A round as it is at the moment `at` of an act on it, with all that `RoundQuerySet.with_related_rows` brings."""

    round: Round
    at: datetime


@contextmanager
def round_action(round: Round, action: Action, *, decider: User | None = None) -> Iterator[RoundContext]:
    """As `article_action`, for an act on an open round. Who may do it hangs on the round: the caller checks.

    `decider`: who is about to decide; the round then comes with what must be known of their account.
    Raises WrongState when the round has been closed, saying how and by whom.
    """
    article = round.article
    with alarms_outlive_rollback(), _refusals_as_wrong_state(), transaction.atomic():
        at = _lock_article(article, action)
        fresh = _round_with_changes.first(round.pk, decider.pk) if decider else _round_with_rows.first(round.pk)
        if fresh is None:
            raise WrongState(_("There is no such round: the article was never submitted."))
        check_open(fresh)
        check_possible(action, derive_state_in_review(fresh, at))
        fresh.article = article
        fresh.check_seals()
        yield RoundContext(fresh, at)


def check_open(round: Round) -> None:
    """Raises WrongState if the round is closed, saying how and by whom."""
    if round.state != "open":
        closed = {"state": round.get_state_display(), "name": round.closed_by_name()}
        raise WrongState(_("This round is closed already: %(state)s (%(name)s).") % closed)


def _lock_article(article: Article, action: Action) -> datetime:
    """Lock the article, read it afresh with its department, and return the time then.

    `article.is_setup_over` says whether anything may have been public before (departments.setup).
    Raises BrokenSeal and TamperedRow if one of these rows was changed outside the site. A withdrawal goes on all the
    same: what was tampered with can always be taken away.
    """
    fresh = _locked_article.first(article.pk)
    if action != Action.WITHDRAW:
        fresh.check_seal()
        check_department(fresh.department)
    for field in Article._meta.concrete_fields:
        setattr(article, field.attname, getattr(fresh, field.attname))
    article.department = fresh.department
    article.is_setup_over = fresh.is_setup_over
    return timezone.now()


# With the departments that its authority comes from (departments.models.REACHING_PATHS).
DEPARTMENT_AND_ABOVE = ("department__parent__responsible", "department__responsible__parent")
# no_key: a lock against keys would stop the checks of foreign keys at a colleague's COMMIT, and end in a deadlock.
_locked_article = CompiledQuery(
    lambda pk: (
        Article.objects.select_related(*DEPARTMENT_AND_ABOVE)
        .annotate(is_setup_over=Exists(Entry.objects.filter(verb=SETUP_ENDED_VERB)))
        .select_for_update(no_key=True, of=("self",))
        .filter(pk=pk)
    )
)
_article_with_state = CompiledQuery(lambda pk: Article.objects.annotate(**state_annotations("pk")).filter(pk=pk))


def _rounds_with_rows(pk: int) -> QuerySet[Round]:
    return Round.objects.with_related_rows().annotate(**publication_annotations("article")).filter(pk=pk)


_round_with_rows = CompiledQuery(_rounds_with_rows)
_round_with_changes = CompiledQuery(lambda pk, person: with_changes(_rounds_with_rows(pk), person), int, int)


@contextmanager
def _refusals_as_wrong_state() -> Iterator[None]:
    """Outside the transaction: what it wrote is undone by now, and an alarm stays."""
    try:
        yield
    except BrokenSeal as error:
        report_broken_seal(error)
        raise TamperedRow(error) from error
    except TamperedRow as error:
        report_broken_seal(error.broken)
        raise
    except DraftNotReady as error:
        raise WrongState(str(error)) from error
    except ResealRefused as error:
        error.report()
        raise WrongState(str(error)) from error


def require_reason(text: str) -> str:
    """The reason without blanks around it. Raises ReasonMissing when nobody would see one."""
    if not (reason := visible_text(text)):
        raise ReasonMissing(_("Give a reason; nothing was changed."))
    return reason


def require_future(at: datetime, now: datetime) -> datetime:
    """`at`, which must lie ahead. Raises BadTime when it does not."""
    if at <= now:
        raise BadTime(_("This time has passed. Give a later one."))
    return at
