"""Publishing in an emergency, without approval: loud, flagged until another person confirms it."""

from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts, publishing
from articles.models import Article, Publication
from ledger.canonical import moment
from ledger.record import record
from workflow import notices, rounds
from workflow.acting import StaleText, act, given_reason
from workflow.models import Emergency, RoundState
from workflow.transitions import Action, WrongState

STEP = "emergency"  # what stands in the sealed sign-offs in place of a step's name


def publish_in_emergency(article: Article, by: User, seen: str, reason: str) -> Publication:
    """Publishes the text in hand at once, past all steps. `seen`: its digest, also while it is a draft.

    The public page says so until `confirm_emergency`.
    """
    with act(article, Action.PUBLISH_IN_EMERGENCY, by) as (_state, at):
        reason = given_reason(reason)
        opened = article.rounds.open().select_related("revision").first()
        revision = opened.revision if opened else article.active_draft()
        if seen != (revision.digest or revision.compute_digest()):
            raise StaleText(_("The text has changed since you opened it. Read it again; nothing was published."))
        if opened:
            drafts.check_files(revision)
            rounds.close(opened, RoundState.BYPASSED, at)
        else:
            drafts.check_ready(revision)
            drafts.freeze(revision, at)
        sign_off = {"step": STEP, "person": by.pk, "name": by.full_name, "for": "", "time": moment(at)}
        publication, ended = publishing.publish(revision, at=at, now=at, sign_offs=[sign_off], is_emergency=True)
        Emergency.objects.create(publication=publication, reason=reason, at=at, by=by, by_name=by.full_name)
        notices.tell(notices.Event.EMERGENCY, article, by=by, round=opened, reason=reason)
        record(
            "article.published_in_emergency",
            article,
            by=by,
            publication=publication.number,
            digest=revision.digest,
            hands=sorted(revision.hands()),
            reason=reason,
            seals=publishing.seals(publication, *ended),
        )
    return publication


def confirm_emergency(article: Article, by: User, seen: str) -> None:
    """Clears the flag of an emergency publication: by another person, who had no hand in the text either."""
    with act(article, Action.CONFIRM_EMERGENCY, by) as (_state, at):
        emergency = Emergency.objects.open().filter(publication__article=article).select_related("publication").first()
        if emergency is None:
            raise WrongState(_("No emergency publication of this article waits for confirmation."))
        if seen != emergency.publication.digest:
            raise StaleText(_("The decision is about another text than the one published. Read it again."))
        confirmed = {"confirmed_at": at, "confirmed_by": by, "confirmed_by_name": by.full_name}
        Emergency.objects.filter(pk=emergency.pk, confirmed_at=None).update(**confirmed)
        publication = emergency.publication
        publishing.clear_emergency(publication)
        notices.tell(notices.Event.EMERGENCY_CONFIRMED, article, by=by, publications=[publication])
        record(
            "article.emergency_confirmed",
            article,
            by=by,
            publication=publication.number,
            digest=seen,
            seals=publishing.seals(publication),
        )
