"""Actions on publications: unschedule, withdraw, expire, pin, move."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from articles import publishing
from articles.models import Article
from articles.publication_records import load_records
from departments.exceptions import WrongState
from departments.models import Department
from inputs.visible_text import visible_text
from ledger.record import record
from workflow.actions import round_records
from workflow.actions.context import article_action, require_future, require_reason
from workflow.exceptions import BadTime
from workflow.models import Round
from workflow.notifications import recipients
from workflow.rules.states import TextState
from workflow.rules.transitions import Action


def unschedule(article: Article, by: User, reason: str) -> Round | None:
    """Calls off the scheduled publication, of several the last; what it was to replace stays.

    Unless another text is in hand by now, the round waits for its last step again, and is returned.
    """
    with article_action(article, Action.UNSCHEDULE, by) as (state, at):
        reason = require_reason(reason)
        publication = article.publications.scheduled(at).order_by("live_from").last()  # each may follow another
        records = load_records(article)
        publishing.call_off_publication(publication, at, records)
        ended = [publication, *publishing.reopen_predecessors(publication, at, records)]
        reopened, opened = None, {}
        if state.text in (TextState.SETTLED, TextState.PARKED):
            closed = publication.round
            closed.check_text()  # else the round would be about words that nobody submitted
            kept = [decision for decision in round_records.approvals(closed.pk) if decision.step != closed.steps.last()]
            text = closed.revision  # the round pins it; the publication's row could be forged
            reopened = round_records.open_round(article, text, by=closed.submitted_by, at=at, kept_approvals=kept)
            opened = round_records.round_ledger_data(reopened, text.contributor_ids())
        recipients.notify(
            recipients.NotificationEvent.UNSCHEDULED,
            article,
            by=by,
            round=reopened,
            reason=reason,
            publications=[publication],
        )
        facts = {"publication": publication.number, "reason": reason, "ends": publishing.recorded_ends(*ended)}
        record("article.unscheduled", article, by=by, **facts, **opened)
    return reopened


def withdraw(article: Article, by: User, reason: str, notice: str) -> None:
    """Takes the live text away at once; visitors read `notice` (410). A scheduled replacement is called off too."""
    with article_action(article, Action.WITHDRAW, by) as (_state, at):
        reason = require_reason(reason)
        publication = publishing.live_publication(article, at)
        replacements = list(article.publications.scheduled(at).order_by("-live_from"))
        records = load_records(article)
        for replacement in replacements:
            publishing.call_off_publication(replacement, at, records)
        notice = visible_text(notice) or _("This article was withdrawn.")
        publishing.withdraw_publication(publication, by=by, reason=reason, notice=notice, at=at, records=records)
        ended = [publication, *replacements]
        recipients.notify(recipients.NotificationEvent.WITHDRAWN, article, by=by, reason=reason, publications=ended)
        ends = publishing.recorded_ends(*ended)
        record("article.withdrawn", article, by=by, publication=publication.number, reason=reason, ends=ends)


def expire(article: Article, by: User, at: datetime | None) -> None:
    """Lets the live publication end at a moment ahead, and every correction of it too; None: until further notice.

    Raises BadTime for a time that has passed, and for None where no end is set.
    """
    with article_action(article, Action.EXPIRE, by) as (_state, now):
        publication = publishing.live_publication(article, now)
        end = publication.recorded_end()
        if at is None and publication.live_until is None and (end is None or end.until is None):
            raise BadTime(_("No end is set. Give a time."))
        publishing.schedule_end(publication, require_future(at, now) if at else None, now)
        ends = publishing.recorded_ends(publication)
        record("article.expiry_set", article, by=by, publication=publication.number, live_until=at, ends=ends)


def pin(article: Article, by: User, until: datetime | None) -> None:
    """Keeps the article at the top of its department's listing until a moment ahead; None takes it down again."""
    with article_action(article, Action.PIN, by) as (_state, now):
        publication = publishing.live_publication(article, now)
        publishing.pin_publication(publication, require_future(until, now) if until else None)
        facts = {"publication": publication.number, "department": publication.department_id, "until": until}
        record("article.pinned", article, by=by, **facts)


def move(article: Article, by: User, to: Department) -> None:
    """Moves an article to another department, its publications with it; the old address leads to the new one."""
    with article_action(article, Action.MOVE, by) as (_state, at):
        if to.kind == "link" or to.pk == article.department_id:
            raise WrongState(_("Choose another department, one that holds articles."))
        before = article.department
        article.update_sealed(department=to)
        sealed = publishing.sealed_digests(*publishing.move_publications(article, to, at))
        names = {"was": before.pk, "was_name": before.name, "to": to.pk, "to_name": to.name}
        record("article.moved", article, by=by, **names, seals=sealed)
