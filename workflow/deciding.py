"""Submitting, taking back, approving, returning, handing over: the acts of a round."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts, publishing
from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from ledger.canonical import moment
from ledger.record import record
from workflow import notices, rounds
from workflow.acting import BadTime, StaleText, act, given_reason, later_than
from workflow.authority import check_may
from workflow.models import Decision, Round, RoundState, RoundStep, Verdict
from workflow.rows import moment_of
from workflow.transitions import Action, WrongState


def submit(article: Article, by: User) -> Round:
    """Freezes the active draft and opens a round on it.

    Approvals of a round that was taken back count again when the text is identical.
    """
    check_may(Action.SUBMIT, by, article)
    with act(article, Action.SUBMIT) as (_state, at):
        # Locked too: saving takes no lock of the article's, and a save in between would freeze under a wrong digest.
        drafts_of_article = article.revisions.select_related("cover").select_for_update(of=("self",))
        draft = drafts_of_article.get(state=RevisionState.DRAFT)
        drafts.check_ready(draft)
        drafts.add_hand(draft, by)
        drafts.freeze(draft, at)
        before = article.rounds.select_related("revision").order_by("number").last()
        identical = before and before.state == RoundState.TAKEN_BACK and before.revision.digest == draft.digest
        keep = rounds.approvals(before) if identical else []
        opened = rounds.open_round(article, draft, by=by, at=at, keep=keep, number=before.number + 1 if before else 1)
        notices.tell(notices.Event.SUBMITTED, article, by=by, round=opened)
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


def take_back(round: Round, by: User) -> Revision:
    """Closes the round and gives the text back as a draft, which is returned."""
    with act(article := round.article, Action.TAKE_BACK) as (_state, at):
        round = _open(round)
        check_may(Action.TAKE_BACK, by, article, round)
        rounds.close(round, RoundState.TAKEN_BACK, at)
        draft = drafts.copy_as_draft(round.revision, by=by, keep_hands=True, based_on=round.revision.based_on)
        notices.tell(notices.Event.TAKEN_BACK, article, by=by, round=round)
        record("article.taken_back", article, by=by, round=round.number)
    return draft


def _open(round: Round) -> Round:
    """The round as it is now. Raises WrongState when it has been closed, saying how."""
    fresh = Round.objects.in_full().get(pk=round.pk)
    if fresh.state != RoundState.OPEN:
        last = fresh.decisions.order_by("decided_at").last()
        who = last.person_name if last else fresh.submitted_by_name
        raise WrongState(
            _("This round is closed already: %(state)s (%(name)s).") % {"state": fresh.get_state_display(), "name": who}
        )
    return fresh


def _decide(
    round: Round, by: User, seen: str, verdict: Verdict, comment: str, at: datetime
) -> tuple[RoundStep, Decision]:
    """Checks that the person may decide now, on the text they saw, and writes the decision."""
    principal = check_may(Action.APPROVE, by, round.article, round)
    if not seen:
        raise StaleText(_("The decision does not say which text it is about. Open the review page and decide there."))
    if seen != round.revision.digest:
        raise StaleText(_("The text has changed since you opened it. Read it again; nothing was decided."))
    step = round.current_step()
    decision = Decision.objects.create(
        round=round,
        step=step,
        person=by,
        person_name=by.full_name,
        principal=principal,
        principal_name=principal.full_name,
        verdict=verdict,
        digest=seen,
        comment=comment.strip(),
        decided_at=at,
    )
    return step, decision


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
    with act(article := round.article, Action.APPROVE) as (_state, now):
        round = _open(round)
        step, decision = _decide(round, by, seen, Verdict.APPROVE, comment, now)
        following = next((later for later in round.steps_in_order() if later.position > step.position), None)
        is_last = following is None
        is_passed = round.decisions_at(step) + 1 >= step.people
        if at and not (is_last and is_passed):
            raise BadTime(_("Only who signs off says when the article appears; leave the time empty."))
        at = later_than(at, now) if at else None
        if is_passed:
            rounds.pass_step(step, now, following)
        facts = {"round": round.number, "step": step.name, "digest": seen, **_in_place_of(decision)}
        if not (is_last and is_passed):
            notices.tell(notices.Event.APPROVED, article, by=by, round=round)
            record("article.approved", article, by=by, **facts)
            return None
        round.revision.article = article
        sign_offs = [*round.decision_rows, _as_row(decision, step)]
        publication = publishing.publish(
            round.revision, at=at or now, now=now, sign_offs=[_sign_off(row) for row in sign_offs]
        )
        rounds.close(round, RoundState.APPROVED, now, publication=publication)
        notices.tell(notices.Event.PUBLISHED, article, by=by, round=round)
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


def _in_place_of(decision: Decision) -> dict[str, str]:
    """For the ledger: in whose place a deputy decided."""
    return {"on_behalf_of": decision.principal_name} if decision.principal_id != decision.person_id else {}


def _as_row(decision: Decision, step: RoundStep) -> dict:
    """The decision just made, as `RoundQuerySet.in_full` brings the earlier ones."""
    names = ("person_id", "person_name", "principal_id", "principal_name", "verdict")
    row = {name: getattr(decision, name) for name in names}
    return {**row, "step_name": step.name, "decided_at": moment(decision.decided_at)}


def _sign_off(row: dict) -> dict:
    return {
        "step": row["step_name"],
        "person": row["person_id"],
        "name": row["person_name"],
        "for": row["principal_name"] if row["principal_id"] != row["person_id"] else "",
        "time": moment(moment_of(row["decided_at"])),
    }


def return_for_changes(round: Round, by: User, seen: str, reason: str) -> Revision:
    """Returns the text to its authors with a reason; the draft that they go on with is returned."""
    with act(article := round.article, Action.RETURN) as (_state, at):
        round = _open(round)
        step, _decision = _decide(round, by, seen, Verdict.RETURN, given_reason(reason), at)
        rounds.close(round, RoundState.RETURNED, at)
        draft = drafts.copy_as_draft(
            round.revision, by=round.submitted_by, keep_hands=True, based_on=round.revision.based_on
        )
        notices.tell(notices.Event.RETURNED, article, by=by, round=round, reason=reason)
        record("article.returned", article, by=by, round=round.number, step=step.name, digest=seen)
    return draft


def hand_over(round_step: RoundStep, by: User, to: User, reason: str = "") -> None:
    """Lets somebody decide a step who has not its role, because nobody else can.

    They still need clean hands, and decide once; a superuser cannot hand a step to themselves.
    """
    opened = round_step.round
    check_may(Action.HAND_OVER, by, opened.article)
    with act(article := opened.article, Action.HAND_OVER):
        opened = _open(opened)
        step = opened.current_step()
        if step is None or step.pk != round_step.pk:
            raise WrongState(_("This step is not waiting for anybody."))
        if to == by:
            raise WrongState(_("Hand the step to somebody else than yourself."))
        if not to.is_active or to.pk in opened.hands() or opened.decided_by(to):
            raise WrongState(
                _("%(name)s cannot decide here: deactivated, had a hand in the text, or has decided already.")
                % {"name": to.full_name}
            )
        RoundStep.objects.filter(pk=step.pk).update(handed_to=to)
        notices.tell(notices.Event.HANDED_OVER, article, by=by, round=opened, to=to)
        record(
            "article.handed_over",
            article,
            by=by,
            round=opened.number,
            step=step.name,
            to=to.pk,
            to_name=to.full_name,
            reason=reason.strip(),
        )
