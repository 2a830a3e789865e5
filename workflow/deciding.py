"""Submitting, taking back, approving, returning, handing over: the acts of a round."""

from datetime import datetime

from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts, publishing
from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from articles.prepared import Prepared
from articles.rows import Rows, moment_of
from ledger.canonical import moment
from ledger.record import record
from workflow import notices, rounds
from workflow.acting import BadTime, StaleText, act, act_on, given_reason, later_than
from workflow.authority import check_may
from workflow.models import Decision, Round, RoundState, RoundStep, Verdict
from workflow.transitions import Action, WrongState


def submit(article: Article, by: User) -> Round:
    """Freezes the active draft and opens a round on it.

    Approvals of a round that was taken back count again when the text is identical.
    """
    with act(article, Action.SUBMIT, by) as (_state, at):
        draft, before = _draft_and_last_round(article)
        drafts.check_ready(draft)
        drafts.add_hand(draft, by)
        drafts.freeze(draft, at)
        identical = before and before["state"] == RoundState.TAKEN_BACK and before["digest"] == draft.digest
        keep = rounds.approvals(before["id"]) if identical else []
        number = before["number"] + 1 if before else 1
        opened = rounds.open_round(article, draft, by=by, at=at, keep=keep, number=number)
        notices.tell(notices.Event.SUBMITTED, article, by=by, round=opened)
        facts = rounds.facts(opened, draft.hands())
        record("article.submitted", article, by=by, revision=draft.number, **facts)
    return opened


def _draft_and_last_round(article: Article) -> tuple[Revision, dict | None]:
    """The active draft with all that hangs on it, and id, number, state and digest of the newest round. One query."""
    draft = _drafts.first(article.pk)
    draft.article = article
    return draft, next(iter(draft.last_round_rows), None)


def _drafts_with_last_round(article: int) -> QuerySet[Revision]:
    last = Round.objects.filter(article=OuterRef("article")).order_by("-number")[:1]
    rows = Rows(last, "id", "number", "state", digest="revision__digest")
    drafts_of_article = Revision.objects.in_full().filter(article=article, state=RevisionState.DRAFT)
    return drafts_of_article.annotate(last_round_rows=rows)


_drafts = Prepared(_drafts_with_last_round)


def take_back(round: Round, by: User) -> Revision:
    """Closes the round and gives the text back as a draft, which is returned."""
    with act_on(round, Action.TAKE_BACK) as (opened, at):
        article = opened.article
        check_may(Action.TAKE_BACK, by, article, opened)
        rounds.close(opened, RoundState.TAKEN_BACK, at)
        draft = drafts.copy_as_draft(opened.revision, by=by, keep_hands=True, based_on=opened.revision.based_on)
        notices.tell(notices.Event.TAKEN_BACK, article, by=by, round=opened)
        record("article.taken_back", article, by=by, round=opened.number)
    return draft


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
    round.decision_rows.append(_as_row(decision, step))
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
    with act_on(round, Action.APPROVE) as (opened, now):
        article = opened.article
        step, decision = _decide(opened, by, seen, Verdict.APPROVE, comment, now)
        following = next((later for later in opened.steps_in_order() if later.position > step.position), None)
        is_last = following is None
        step.decided = opened.decisions_at(step)
        is_passed = step.decided >= step.people
        if at and not (is_last and is_passed):
            raise BadTime(_("Only who signs off says when the article appears; leave the time empty."))
        at = later_than(at, now) if at else None
        if is_passed:
            rounds.pass_step(step, now, following)
        opened.waiting = following if is_passed else step
        facts = {"round": opened.number, "step": step.name, "digest": seen, **_in_place_of(decision)}
        if not (is_last and is_passed):
            notices.tell(notices.Event.APPROVED, article, by=by, round=opened)
            record("article.approved", article, by=by, **facts)
            return None
        text = opened.text()
        text.article = article
        drafts.check_files(text)
        sign_offs = [_sign_off(row) for row in opened.decision_rows]
        former = None if opened.publication_rows else []  # known not to be there: no need to ask
        publication, resealed = publishing.publish(text, at=at or now, now=now, sign_offs=sign_offs, former=former)
        rounds.close(opened, RoundState.APPROVED, now, publication=publication)
        notices.tell(notices.Event.PUBLISHED, article, by=by, round=opened)
        record(
            "article.scheduled" if at else "article.published",
            article,
            by=by,
            **facts,
            publication=publication.number,
            live_from=publication.live_from,
            dated=publication.dated,
            dated_openly=opened.revision.dated is not None,
            seals=publishing.seals(publication, *resealed),
        )
    return publication


def _in_place_of(decision: Decision) -> dict[str, str]:
    """For the ledger: in whose place a deputy decided."""
    return {"on_behalf_of": decision.principal_name} if decision.principal_id != decision.person_id else {}


def _as_row(decision: Decision, step: RoundStep) -> dict:
    """The decision just made, as `RoundQuerySet.in_full` brings the earlier ones."""
    names = ("step_id", "person_id", "person_name", "principal_id", "principal_name", "verdict")
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
    with act_on(round, Action.RETURN) as (opened, at):
        article = opened.article
        step, _decision = _decide(opened, by, seen, Verdict.RETURN, given_reason(reason), at)
        rounds.close(opened, RoundState.RETURNED, at)
        draft = drafts.copy_as_draft(
            opened.revision, by=opened.submitted_by, keep_hands=True, based_on=opened.revision.based_on
        )
        notices.tell(notices.Event.RETURNED, article, by=by, round=opened, reason=reason)
        record("article.returned", article, by=by, round=opened.number, step=step.name, digest=seen)
    return draft


def hand_over(round_step: RoundStep, by: User, to: User, reason: str = "") -> None:
    """Lets somebody decide a step who has not its role, because nobody else can.

    They still need clean hands, and decide once; a superuser cannot hand a step to themselves.
    """
    check_may(Action.HAND_OVER, by, round_step.round.article)
    with act_on(round_step.round, Action.HAND_OVER) as (opened, _at):
        article = opened.article
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
