"""The acts on articles. Each is one transaction: lock, check who and when, change, write the ledger.

All raise NotAllowed for the wrong person (departments.permissions) and WrongState for the wrong moment; then nothing
has changed. `seen` is the digest of the revision that the person looked at.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts, publishing
from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from ledger.canonical import moment
from ledger.record import record
from workflow import rounds
from workflow.authority import check_may
from workflow.models import Decision, Round, RoundState, RoundStep, Verdict
from workflow.states import Public, State, Text, state_of
from workflow.transitions import Action, WrongState, check_possible


class ReasonMissing(WrongState):
    """The act needs a reason."""


class StaleText(WrongState):
    """The decision was about a text that is not the one under review."""


class BadTime(WrongState):
    """The moment of publication that was asked for is not possible."""


@contextmanager
def _act(article: Article, action: Action, at: datetime) -> Iterator[State]:
    """One transaction that holds the article's lock; yields its state, for which the table has been consulted."""
    with transaction.atomic():
        article.refresh_from_db(from_queryset=Article.objects.select_for_update())
        state = state_of(article, at)
        check_possible(action, state)
        yield state


def _reason(text: str) -> str:
    if not text.strip():
        raise ReasonMissing(_("Give a reason; nothing was changed."))
    return text.strip()


def submit(article: Article, by: User) -> Round:
    """Freezes the active draft and opens a round on it.

    Approvals of a round that was taken back count again when the text is identical.
    """
    check_may(Action.SUBMIT, by, article)
    at = timezone.now()
    with _act(article, Action.SUBMIT, at):
        # Locked too: saving takes no lock of the article's, and a save in between would freeze under a wrong digest.
        draft = article.revisions.select_for_update().get(state=RevisionState.DRAFT)
        _check_ready(draft)
        drafts.add_hand(draft, by)
        drafts.freeze(draft, at)
        before = article.rounds.select_related("revision").order_by("number").last()
        identical = before and before.state == RoundState.TAKEN_BACK and before.revision.digest == draft.digest
        opened = rounds.open_round(article, draft, by=by, at=at, keep=rounds.approvals(before) if identical else [])
        record(
            "article.submitted",
            article,
            by=by,
            round=opened.number,
            revision=draft.number,
            digest=draft.digest,
            pipeline=opened.pipeline_name,
        )
    return opened


def _check_ready(draft: Revision) -> None:
    """Raises WrongState for a draft that nobody could sensibly decide on, whichever way its words came in."""
    try:
        draft.clean_fields()
    except ValidationError as error:
        raise WrongState(" ".join(error.messages)) from error
    if not (draft.body.strip() or draft.address):
        raise WrongState(_("The article is empty: write its body, or give the address that it leads to."))
    published = drafts.live_or_latest(draft.article)
    if published and draft.based_on_id != published.revision_id:
        raise WrongState(
            _("The published text has changed since this draft was begun. Take the change in before you submit.")
        )


def take_back(round: Round, by: User) -> Revision:
    """Closes the round and gives the text back as a draft, which is returned."""
    at = timezone.now()
    with _act(article := round.article, Action.TAKE_BACK, at):
        round = _open(round)
        check_may(Action.TAKE_BACK, by, article, round)
        rounds.close(round, RoundState.TAKEN_BACK, at)
        draft = drafts.copy_as_draft(round.revision, by=by, keep_hands=True, based_on=round.revision.based_on)
        record("article.taken_back", article, by=by, round=round.number)
    return draft


def _open(round: Round) -> Round:
    """The round as it is now. Raises WrongState when it has been closed, saying how."""
    fresh = Round.objects.select_related("revision", "article__department", "submitted_by").get(pk=round.pk)
    if fresh.state != RoundState.OPEN:
        last = fresh.decisions.order_by("decided_at").last()
        who = last.person_name if last else fresh.submitted_by_name
        raise WrongState(
            _("This round is closed already: %(state)s (%(name)s).") % {"state": fresh.get_state_display(), "name": who}
        )
    return fresh


def _decide(round: Round, by: User, seen: str, verdict: Verdict, comment: str, at: datetime) -> RoundStep:
    """Checks that the person may decide now, on the text they saw, and writes the decision."""
    check_may(Action.APPROVE, by, round.article, round)
    if not seen:
        raise StaleText(_("The decision does not say which text it is about. Open the review page and decide there."))
    if seen != round.revision.digest:
        raise StaleText(_("The text has changed since you opened it. Read it again; nothing was decided."))
    step = round.current_step()
    Decision.objects.create(
        round=round,
        step=step,
        person=by,
        person_name=by.full_name,
        principal=by,
        principal_name=by.full_name,
        verdict=verdict,
        digest=seen,
        comment=comment.strip(),
        decided_at=at,
    )
    return step


def approve(
    round: Round,
    by: User,
    seen: str,
    comment: str = "",
    at: datetime | None = None,
) -> Publication | None:
    """Approves at the present step. The last step signs off: the text is published, from `at` on if that is given.

    Returns the publication when there is one.
    """
    now = timezone.now()
    with _act(article := round.article, Action.APPROVE, now):
        round = _open(round)
        step = _decide(round, by, seen, Verdict.APPROVE, comment, now)
        is_last = not round.steps.filter(passed_at=None).exclude(pk=step.pk).exists()
        is_passed = step.decisions.count() >= step.people
        _check_schedule(at, now, signs_off=is_last and is_passed)
        if is_passed:
            rounds.pass_step(step, now)
            rounds.reach_next(round, now)
        facts = {"round": round.number, "step": step.name, "digest": seen}
        if not (is_last and is_passed):
            record("article.approved", article, by=by, **facts)
            return None
        publication = publishing.publish(round.revision, at=at or now, now=now, sign_offs=_sign_offs(round))
        rounds.close(round, RoundState.APPROVED, now, publication=publication)
        record(
            "article.scheduled" if at else "article.published",
            article,
            by=by,
            **facts,
            publication=publication.number,
            live_from=publication.live_from,
            dated=publication.dated,
            dated_openly=round.revision.dated is not None,
        )
    return publication


def _check_schedule(at: datetime | None, now: datetime, *, signs_off: bool) -> None:
    if at is None:
        return
    if not signs_off:
        raise BadTime(_("Only who signs off says when the article appears; leave the time empty."))
    if at <= now:
        raise BadTime(_("The time lies in the past. Leave it empty to publish at once."))


def _sign_offs(round: Round) -> list[dict]:
    return [
        {
            "step": decision.step.name,
            "person": decision.person_id,
            "name": decision.person_name,
            "for": decision.principal_name if decision.principal_id != decision.person_id else "",
            "time": moment(decision.decided_at),
        }
        for decision in rounds.approvals(round)
    ]


def return_for_changes(round: Round, by: User, seen: str, reason: str) -> Revision:
    """Returns the text to its authors with a reason; the draft that they go on with is returned."""
    at = timezone.now()
    with _act(article := round.article, Action.RETURN, at):
        round = _open(round)
        step = _decide(round, by, seen, Verdict.RETURN, _reason(reason), at)
        rounds.close(round, RoundState.RETURNED, at)
        draft = drafts.copy_as_draft(
            round.revision, by=round.submitted_by, keep_hands=True, based_on=round.revision.based_on
        )
        record("article.returned", article, by=by, round=round.number, step=step.name, digest=seen)
    return draft


def revise(article: Article, by: User) -> Revision:
    """A new draft from the text that was published last."""
    check_may(Action.REVISE, by, article)
    with _act(article, Action.REVISE, timezone.now()):
        published = drafts.live_or_latest(article).revision
        draft = drafts.copy_as_draft(published, by=by, keep_hands=False, based_on=published)
        record("article.revision_begun", article, by=by, revision=draft.number, based_on=published.number)
    return draft


def unschedule(article: Article, by: User, reason: str) -> Round | None:
    """Calls off the scheduled publication, of several the last; what it was to replace stays.

    Unless another text is in hand by now, the round waits for its last step again, and is returned.
    """
    check_may(Action.UNSCHEDULE, by, article)
    at = timezone.now()
    with _act(article, Action.UNSCHEDULE, at) as state:
        reason = _reason(reason)
        publication = article.publications.scheduled(at).order_by("live_from").last()  # each may follow another
        publishing.call_off(publication)
        reopened = None
        if state.text == Text.SETTLED:
            closed = publication.round
            kept = [decision for decision in rounds.approvals(closed) if decision.step != closed.steps.last()]
            reopened = rounds.open_round(article, publication.revision, by=closed.submitted_by, at=at, keep=kept)
        record("article.unscheduled", article, by=by, publication=publication.number, reason=reason)
    return reopened


def withdraw(article: Article, by: User, reason: str, notice: str) -> None:
    """Takes the live text away at once; visitors read `notice` (410). A scheduled replacement is called off too."""
    check_may(Action.WITHDRAW, by, article)
    at = timezone.now()
    with _act(article, Action.WITHDRAW, at):
        reason = _reason(reason)
        publication = publishing.current(article, at)
        for replacement in article.publications.scheduled(at).order_by("-live_from"):
            publishing.call_off(replacement)
        publishing.withdraw(
            publication, by=by, reason=reason, notice=notice.strip() or _("This article was withdrawn."), at=at
        )
        record("article.withdrawn", article, by=by, publication=publication.number, reason=reason)


def discard(article: Article, by: User, reason: str = "") -> None:
    """Discards what is in hand. An article that was never public goes with it; nothing is deleted.

    During a review a reason is needed.
    """
    check_may(Action.DISCARD, by, article)
    at = timezone.now()
    with _act(article, Action.DISCARD, at) as state:
        if state.text == Text.IN_REVIEW:
            reason = _reason(reason)
            rounds.close(article.rounds.open().get(), RoundState.DISCARDED, at)
        article.revisions.filter(state=RevisionState.DRAFT).update(state=RevisionState.DISCARDED)
        if state.public == Public.UNPUBLISHED:
            Article.objects.filter(pk=article.pk, discarded_at=None).update(discarded_at=at)
        record("article.discarded", article, by=by, was=state.text, reason=reason.strip())
