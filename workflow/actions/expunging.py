"""Expunging 销毁: two people erase the texts and files of an article."""

from django.utils.translation import gettext as _

from accounts.models import User
from articles import expunging, publishing
from articles.models import Article
from departments.exceptions import NotAllowed, WrongState
from ledger.record import record
from workflow.actions.context import article_action, require_reason
from workflow.models import ExpungingRequest
from workflow.notifications import recipients
from workflow.rules.authorization import check_allowed
from workflow.rules.transitions import Action
from workflow.rules.unconfirmed import check_two_hands


def ask_to_expunge(article: Article, by: User, reason: str) -> ExpungingRequest:
    """The first of two people asks; nothing is destroyed yet. The request of somebody who has left gives way."""
    with article_action(article, Action.EXPUNGE, by) as (_state, at):
        reason = require_reason(reason)
        former = ExpungingRequest.objects.filter(article=article).select_related("by").first()
        if former and not may_expunge(former.by, article):
            former.delete()
        elif former:
            raise WrongState(_("Somebody has asked for this already; another person must second it."))
        asked = ExpungingRequest(article=article, by=by, by_name=by.full_name, reason=reason, at=at)
        asked.apply_seal()
        asked.save(force_insert=True)
        recipients.notify(recipients.NotificationEvent.EXPUNGING_ASKED, article, by=by, reason=reason)
        record("article.expunging_asked", article, by=by, reason=reason)
    return asked


def may_expunge(person: User, article: Article) -> bool:
    """Whether the person could be one of the two."""
    try:
        check_allowed(Action.EXPUNGE, person, article)
    except NotAllowed:
        return False
    return True


def expunge(article: Article, by: User, seconded_by: User, reason: str) -> None:
    """Destroys every word and file of an article that is not public. `by` asked for it, `seconded_by` agrees.

    Raises NotAllowed unless both may, and are two people.
    """
    with article_action(article, Action.EXPUNGE, by) as (_state, at):
        check_allowed(Action.EXPUNGE, seconded_by, article)
        asked = ExpungingRequest.objects.filter(article=article, by=by).first()
        if asked:
            asked.check_seal()
        if by == seconded_by:
            raise NotAllowed(_("Expunging takes two people."))
        check_two_hands(by, {seconded_by.pk})
        reason = require_reason(reason)
        digests = expunging.erase_article_content(article, at)
        record(
            "article.expunged",
            article,
            by=by,
            seconded_by=seconded_by.pk,
            seconded_by_name=seconded_by.full_name,
            reason=reason,
            digests=digests,
            seals=publishing.sealed_digests(*article.publications.all()),
        )
