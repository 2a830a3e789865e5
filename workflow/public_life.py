"""Acts on what is public: calling off a schedule, withdrawing, ending at a time, pinning, moving."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from articles import publishing
from articles.models import Article
from departments.models import Department
from ledger.record import record
from workflow import notices, rounds
from workflow.acting import act, given_reason, later_than
from workflow.authority import check_may
from workflow.models import Round
from workflow.states import Text
from workflow.transitions import Action, WrongState


def unschedule(article: Article, by: User, reason: str) -> Round | None:
    """Calls off the scheduled publication, of several the last; what it was to replace stays.

    Unless another text is in hand by now, the round waits for its last step again, and is returned.
    """
    check_may(Action.UNSCHEDULE, by, article)
    with act(article, Action.UNSCHEDULE) as (state, at):
        reason = given_reason(reason)
        publication = article.publications.scheduled(at).order_by("live_from").last()  # each may follow another
        publishing.call_off(publication)
        reopened = None
        if state.text in (Text.SETTLED, Text.PARKED):
            closed = publication.round
            kept = [decision for decision in rounds.approvals(closed) if decision.step != closed.steps.last()]
            reopened = rounds.open_round(article, publication.revision, by=closed.submitted_by, at=at, keep=kept)
        notices.tell(
            notices.Event.UNSCHEDULED, article, by=by, round=reopened, reason=reason, publications=[publication]
        )
        record("article.unscheduled", article, by=by, publication=publication.number, reason=reason)
    return reopened


def withdraw(article: Article, by: User, reason: str, notice: str) -> None:
    """Takes the live text away at once; visitors read `notice` (410). A scheduled replacement is called off too."""
    check_may(Action.WITHDRAW, by, article)
    with act(article, Action.WITHDRAW) as (_state, at):
        reason = given_reason(reason)
        publication = publishing.current(article, at)
        replacements = list(article.publications.scheduled(at).order_by("-live_from"))
        for replacement in replacements:
            publishing.call_off(replacement)
        notice = notice.strip() or _("This article was withdrawn.")
        publishing.withdraw(publication, by=by, reason=reason, notice=notice, at=at)
        ended = [publication, *replacements]
        notices.tell(notices.Event.WITHDRAWN, article, by=by, reason=reason, publications=ended)
        record("article.withdrawn", article, by=by, publication=publication.number, reason=reason)


def expire(article: Article, by: User, at: datetime) -> None:
    """Lets the live publication end at a moment ahead."""
    check_may(Action.EXPIRE, by, article)
    with act(article, Action.EXPIRE) as (_state, now):
        publication = publishing.current(article, now)
        publishing.end(publication, later_than(at, now))
        record("article.expiry_set", article, by=by, publication=publication.number, live_until=at)


def pin(article: Article, by: User, until: datetime | None) -> None:
    """Keeps the article at the top of its department's listing until a moment ahead; None takes it down again."""
    check_may(Action.PIN, by, article)
    with act(article, Action.PIN) as (_state, now):
        publication = publishing.current(article, now)
        publishing.pin(publication, later_than(until, now) if until else None)
        record("article.pinned", article, by=by, publication=publication.number, until=until)


def move(article: Article, by: User, to: Department) -> None:
    """Moves an article to another department, its publications with it; the old address leads to the new one."""
    check_may(Action.MOVE, by, article)
    with act(article, Action.MOVE) as (_state, at):
        if to.kind == "link" or to.pk == article.department_id:
            raise WrongState(_("Choose another department, one that holds articles."))
        before = article.department
        Article.objects.filter(pk=article.pk).update(department=to)
        article.department = to
        publishing.move(article, to, at)
        record("article.moved", article, by=by, was=before.pk, was_name=before.name, to=to.pk, to_name=to.name)
