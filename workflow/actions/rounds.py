"""Actions on rounds: submit, take back, approve, return, hand over."""

import json
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts, publishing
from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from database.compiled_query import CompiledQuery
from database.json_subquery import JSONSubquery, datetime_from_json
from departments.exceptions import NotAllowed, WrongState
from departments.setup import end_setup_with_publication
from inputs.visible_text import visible_text
from ledger.canonical_json import canonical_timestamp
from ledger.record import record
from workflow.actions import round_records
from workflow.actions.context import article_action, require_future, require_reason, round_action
from workflow.exceptions import BadTime, StaleText
from workflow.models import Decision, Round, RoundState, RoundStep, Verdict
from workflow.models.round import DECISION_FIELDS
from workflow.notifications import recipients
from workflow.rules.authorization import check_allowed
from workflow.rules.transitions import Action
from workflow.rules.unconfirmed import check_two_hands

# The ledger's verbs for a decision. The opinion stands with the decision and not in the ledger.
DECISION_VERBS = ("article.approved", "article.published", "article.scheduled", "article.returned")


def submit(article: Article, by: User, seen: str | None = None) -> Round:
    """Freezes the active draft and opens a round on it.

    `seen`: digest of the draft that the person looked at; raises StaleText when the draft says something else now.
    Without it nothing is compared. Approvals of a round that was taken back count again when the text is identical.
    """
    with article_action(article, Action.SUBMIT, by) as (_state, at):
        draft, before = _draft_and_last_round(article)
        draft.check_seal()
        if seen is not None and seen != draft.compute_digest():
            raise StaleText(_("The draft has changed since you opened it. Read it again; nothing was submitted."))
        drafts.check_draft_ready(draft)
        drafts.add_contributor(draft, by)
        drafts.freeze(draft, at)
        identical = before and before["state"] == RoundState.TAKEN_BACK and before["digest"] == draft.digest
        keep = round_records.approvals(before["id"]) if identical else []
        number = before["number"] + 1 if before else 1
        opened = round_records.open_round(article, draft, by=by, at=at, kept_approvals=keep, number=number)
        recipients.notify(recipients.NotificationEvent.SUBMITTED, article, by=by, round=opened)
        facts = round_records.round_ledger_data(opened, draft.contributor_ids())
        record("article.submitted", article, by=by, revision=draft.number, **facts)
    return opened


def _draft_and_last_round(article: Article) -> tuple[Revision, dict | None]:
    """The active draft with all that hangs on it, and id, number, state and digest of the newest round. One query."""
    draft = _draft_with_last_round.first(article.pk)
    draft.article = article
    return draft, next(iter(draft.last_round_rows), None)


def _drafts_with_last_round(article: int) -> QuerySet[Revision]:
    last = Round.objects.filter(article=OuterRef("article")).order_by("-number")[:1]
    rows = JSONSubquery(last, "id", "number", "state", digest="revision__digest")
    drafts_of_article = Revision.objects.with_related_rows().filter(article=article, state=RevisionState.DRAFT)
    return drafts_of_article.annotate(last_round_rows=rows)


_draft_with_last_round = CompiledQuery(_drafts_with_last_round)


def take_back(round: Round, by: User) -> Revision:
    """Closes the round and gives the text back as a draft, which is returned."""
    with round_action(round, Action.TAKE_BACK) as (opened, at):
        article = opened.article
        check_allowed(Action.TAKE_BACK, by, article, opened)
        opened.check_text()
        round_records.close_round(opened, RoundState.TAKEN_BACK, at)
        draft = drafts.copy_as_draft(opened.revision, by=by, keep_contributors=True, based_on=opened.revision.based_on)
        recipients.notify(recipients.NotificationEvent.TAKEN_BACK, article, by=by, round=opened)
        record("article.taken_back", article, by=by, round=opened.number)
    return draft


def _record_decision(
    round: Round, by: User, seen: str, verdict: Verdict, comment: str, at: datetime
) -> tuple[RoundStep, Decision]:
    """Checks that the person may decide now, on the text they saw, and writes the decision."""
    principal = check_allowed(Action.APPROVE, by, round.article, round)
    if not seen:
        raise StaleText(_("The decision does not say which text it is about. Open the review page and decide there."))
    round.check_text()
    if seen != round.revision.digest or any(row["digest"] != seen for row in round.decision_rows):
        raise StaleText(_("The text has changed since you opened it. Read it again; nothing was decided."))
    step = round.current_step()
    decision = Decision(
        round=round,
        step=step,
        person=by,
        person_name=by.full_name,
        principal=principal,
        principal_name=principal.full_name,
        verdict=verdict,
        digest=seen,
        comment=visible_text(comment),
        unconfirmed=round.unconfirmed_then,
        decided_at=at,
    )
    decision.apply_seal()
    decision.save(force_insert=True)
    round.decision_rows.append(_decision_row(decision, step))
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
    with round_action(round, Action.APPROVE, decider=by) as (opened, now):
        article = opened.article
        step, decision = _record_decision(opened, by, seen, Verdict.APPROVE, comment, now)
        following = next((later for later in opened.steps_in_order() if later.position > step.position), None)
        is_last = following is None
        step.decision_count = opened.decision_count(step)
        is_passed = step.decision_count >= step.people
        if at and not (is_last and is_passed):
            raise BadTime(_("Only who signs off says when the article appears; leave the time empty."))
        at = require_future(at, now) if at else None
        if is_passed:
            round_records.pass_step(step, now, following)
        opened.waiting_step = following if is_passed else step
        facts = {"round": opened.number, "step": step.name, "digest": seen, **_decision_facts(decision)}
        if not (is_last and is_passed):
            recipients.notify(recipients.NotificationEvent.APPROVED, article, by=by, round=opened)
            record("article.approved", article, by=by, **facts)
            return None
        opened.check_passed_steps()
        text = opened.revision_with_rows()
        text.article = article
        drafts.check_files(text)
        if not article.is_setup_over:
            end_setup_with_publication(by=by)
        sign_offs = [_sign_off_data(row) for row in opened.decision_rows]
        former = None if opened.publication_rows else []  # known not to be there: no need to ask
        publication, ended = publishing.create_publication(
            text, at=at or now, now=now, sign_offs=sign_offs, existing=former
        )
        round_records.close_round(opened, RoundState.APPROVED, now, publication=publication)
        recipients.notify(recipients.NotificationEvent.PUBLISHED, article, by=by, round=opened)
        record(
            "article.scheduled" if at else "article.published",
            article,
            by=by,
            **facts,
            publication=publication.number,
            live_from=publication.live_from,
            dated=publication.dated,
            dated_openly=opened.revision.dated is not None,
            seals=publishing.sealed_digests(publication),
            ends=publishing.recorded_ends(*ended),
        )
    return publication


def _decision_facts(decision: Decision) -> dict[str, Any]:
    """For the ledger: in whose place a deputy decided, and what of the decider's account was unconfirmed."""
    facts: dict[str, Any] = {}
    if decision.principal_id != decision.person_id:
        facts |= {"principal": decision.principal_id, "on_behalf_of": decision.principal_name}
    if decision.unconfirmed:
        facts["unconfirmed"] = decision.unconfirmed
    return facts


def _decision_row(decision: Decision, step: RoundStep) -> dict:
    """The decision just made, as `RoundQuerySet.with_related_rows` brings the earlier ones."""
    row = {name: getattr(decision, name) for name in DECISION_FIELDS}
    decided_at = canonical_timestamp(decision.decided_at)
    return {**row, "step_name": step.name, "step_position": step.position, "decided_at": decided_at}


def _sign_off_data(row: dict) -> dict:
    unconfirmed = row["unconfirmed"]  # SQLite hands JSON in JSON out as text
    unconfirmed = json.loads(unconfirmed) if isinstance(unconfirmed, str) else unconfirmed
    return {
        "step": row["step_name"],
        "person": row["person_id"],
        "name": row["person_name"],
        "for": row["principal_name"] if row["principal_id"] != row["person_id"] else "",
        "time": canonical_timestamp(datetime_from_json(row["decided_at"])),
        **({"unconfirmed": unconfirmed} if unconfirmed else {}),
    }


def return_for_changes(round: Round, by: User, seen: str, reason: str) -> Revision:
    """Returns the text to its authors with a reason; the draft that they go on with is returned."""
    with round_action(round, Action.RETURN, decider=by) as (opened, at):
        article = opened.article
        step, decision = _record_decision(opened, by, seen, Verdict.RETURN, require_reason(reason), at)
        round_records.close_round(opened, RoundState.RETURNED, at)
        draft = drafts.copy_as_draft(
            opened.revision, by=opened.submitted_by, keep_contributors=True, based_on=opened.revision.based_on
        )
        recipients.notify(recipients.NotificationEvent.RETURNED, article, by=by, round=opened, reason=reason)
        facts = {"round": opened.number, "step": step.name, "digest": seen, **_decision_facts(decision)}
        record("article.returned", article, by=by, **facts)
    return draft


def hand_over(round_step: RoundStep, by: User, to: User, reason: str = "") -> None:
    """Lets somebody decide a step who has not its role, because nobody else can.

    They still need clean hands, and decide once; a superuser cannot hand a step to themselves, and hands over no step
    of a text of their own.
    """
    check_allowed(Action.HAND_OVER, by, round_step.round.article, round_step.round)
    with round_action(round_step.round, Action.HAND_OVER) as (opened, _at):
        article = opened.article
        step = opened.current_step()
        if step is None or step.pk != round_step.pk:
            raise WrongState(_("This step is not waiting for anybody."))
        if to == by:
            raise WrongState(_("Hand the step to somebody else than yourself."))
        check_allowed(Action.HAND_OVER, by, article, opened)
        check_two_hands(by, opened.contributor_ids())
        if not to.is_active or to.pk in opened.contributor_ids() or opened.has_decision_by(to):
            raise WrongState(
                _("%(name)s cannot decide here: deactivated, had a hand in the text, or has decided already.")
                % {"name": to.full_name}
            )
        try:
            check_two_hands(to, opened.contributor_ids() | opened.decider_ids())
        except NotAllowed as error:
            raise WrongState(str(error)) from error
        step.update_sealed(handed_to=to)
        recipients.notify(recipients.NotificationEvent.HANDED_OVER, article, by=by, round=opened, to=to)
        record(
            "article.handed_over",
            article,
            by=by,
            round=opened.number,
            step=step.name,
            to=to.pk,
            to_name=to.full_name,
            reason=visible_text(reason),
        )
