"""Actions on drafts: revise, park, resume, discard, hand to a colleague."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts
from articles.models import Article, Revision
from articles.models.revision import RevisionState
from departments import permissions
from departments.exceptions import WrongState
from departments.models import Department
from inputs.visible_text import visible_text
from ledger.monitoring.alarms import alarms_outlive_rollback
from ledger.record import record
from workflow.actions import preview_links, round_records
from workflow.actions.context import article_action, require_reason
from workflow.models import RoundState
from workflow.notifications import recipients
from workflow.rules.revision_text import checked_content
from workflow.rules.states import PublicState, TextState
from workflow.rules.transitions import Action

# What a copy does not take over: no two documents have these in common.
NOT_COPIED = {"dated": None, "document_number": "", "index_number": "", "issued_on": None}


def revise(article: Article, by: User) -> Revision:
    """A new draft from the text that was published last."""
    with article_action(article, Action.REVISE, by):
        published = drafts.base_publication(article)
        published.revision.check_submitted_text()
        # Whoever had a hand in words that no leader has approved has one in what is made of them.
        article.update_sealed(in_charge=by)
        draft = drafts.copy_as_draft(
            published.revision, by=by, keep_contributors=published.is_emergency, based_on=published.revision
        )
        record("article.revision_begun", article, by=by, revision=draft.number, based_on=published.revision.number)
    return draft


def park(article: Article, by: User) -> None:
    """Sets the draft aside, so that a small correction of the published text can go through first."""
    with article_action(article, Action.PARK, by):
        article.revisions.get(state=RevisionState.DRAFT).update_sealed(state=RevisionState.PARKED)
        record("article.parked", article, by=by)


def resume(article: Article, by: User) -> Revision:
    """Take up the parked draft again. Its author must merge a change of the published text before submitting it."""
    with article_action(article, Action.RESUME, by):
        article.revisions.get(state=RevisionState.PARKED).update_sealed(state=RevisionState.DRAFT)
        record("article.resumed", article, by=by)
    return article.active_draft()


def merge_published_change(article: Article, by: User) -> None:
    """The person says that the change of the published text stands in the draft too; it may be submitted again."""
    with article_action(article, Action.MERGE_PUBLISHED_CHANGE, by):
        draft, published = article.active_draft(), drafts.base_publication(article)
        draft.check_seal()
        drafts.add_contributor(draft, by)
        if published.is_emergency:
            drafts.copy_contributors(
                draft, published.revision
            )  # their words stand in the draft now, and nobody approved them
        article.revisions.filter(pk=draft.pk).update(based_on=published.revision)
        drafts.seal_draft(draft)
        record("article.change_taken_in", article, by=by, revision=draft.number, change=published.revision.number)


def hand_draft(article: Article, by: User, to: User, reason: str = "") -> None:
    """Puts the draft on a colleague's desk and tells them. `reason`: what is still to be done.

    Raises NotAllowed when the colleague does not write for the department.
    """
    with article_action(article, Action.HAND_DRAFT, by):
        permissions.check_draft(to, article.department)
        article.update_sealed(in_charge=to)
        recipients.notify(recipients.NotificationEvent.DRAFT_HANDED, article, by=by, reason=reason, to=to)
        facts = {"to": to.pk, "to_name": to.full_name, "reason": visible_text(reason)}
        record("article.draft_handed", article, by=by, **facts)


@alarms_outlive_rollback()
@transaction.atomic
def copy_as_new(source: Revision, by: User, department: Department) -> Article:
    """A new article with the words of `source`, but for NOT_COPIED, for a department that the person writes for.

    Whoever had a hand in words that no leader has approved has one in the copy too.
    """
    permissions.check_see(by, source.article.department)
    permissions.check_draft(by, department)
    if source.expunged_at:
        raise WrongState(_("This text was expunged; there is nothing to copy."))
    checked_content(source)
    facts = {"created_by": by, "created_by_name": by.full_name, "in_charge": by}
    article = drafts.add_article(Article(department=department, **facts))
    is_approved = source.publications.filter(is_emergency=False).exists()
    draft = drafts.copy_as_draft(source, by=by, keep_contributors=not is_approved, based_on=None, into=article)
    drafts.save_draft(draft, dict(NOT_COPIED), by=by, version=draft.version)
    record("article.copied", article, by=by, of=source.article_id, revision=source.number, department=department.pk)
    return article


def discard(article: Article, by: User, reason: str = "") -> None:
    """Discards what is in hand. An article that was never public goes with it; nothing is deleted.

    During a review a reason is needed.
    """
    with article_action(article, Action.DISCARD, by) as (state, at):
        opened = article.rounds.open().first()
        if opened:
            reason = require_reason(reason)
            round_records.close_round(opened, RoundState.DISCARDED, at)
            recipients.notify(recipients.NotificationEvent.DISCARDED, article, by=by, round=opened, reason=reason)
        in_hand = RevisionState.PARKED if state.text == TextState.PARKED else RevisionState.DRAFT
        for revision in article.revisions.filter(state=in_hand):
            revision.update_sealed(state=RevisionState.DISCARDED)
        links = preview_links.end_links(article, at)
        if state.public == PublicState.UNPUBLISHED:
            article.update_sealed(discarded_at=at)
        record("article.discarded", article, by=by, was=state.text, reason=visible_text(reason), links=links)
