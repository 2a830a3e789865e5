"""Emergency publication without approval, and its confirmation by another person."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from articles import drafts, publishing
from articles.models import Article, Publication
from articles.publication_records import EMERGENCY_VERB
from departments.exceptions import WrongState
from departments.setup import end_setup_with_publication
from ledger.canonical_json import canonical_timestamp
from ledger.record import record
from ledger.resealing import ResealRefused, last_trustworthy_entry
from workflow.actions import round_records
from workflow.actions.context import article_action, require_reason
from workflow.exceptions import StaleText
from workflow.models import Emergency, RoundState
from workflow.notifications import recipients
from workflow.rules.text_in_hand import text_in_hand
from workflow.rules.transitions import Action
from workflow.rules.unconfirmed import unconfirmed_changes

EMERGENCY_STEP_NAME = "emergency"  # what stands in the sealed sign-offs in place of a step's name


def publish_in_emergency(article: Article, by: User, seen: str, reason: str) -> Publication:
    """Publishes the text in hand at once, past all steps. `seen`: its digest, also while it is a draft.

    The public page says so until `confirm_emergency`.
    """
    with article_action(article, Action.PUBLISH_IN_EMERGENCY, by) as (_state, at):
        reason = require_reason(reason)
        revision, opened = text_in_hand(article)
        if opened:
            opened.check_text()
        if seen != (revision.digest or revision.compute_digest()):
            raise StaleText(_("The text has changed since you opened it. Read it again; nothing was published."))
        if opened:
            opened.check_seals()
            drafts.check_files(revision)
            round_records.close_round(opened, RoundState.BYPASSED, at)
        else:
            revision.check_seal()
            drafts.check_draft_ready(revision)
            drafts.freeze(revision, at)
        if not article.is_setup_over:
            end_setup_with_publication(by=by)
        unconfirmed = unconfirmed_changes(by)
        sign_off = {
            "step": EMERGENCY_STEP_NAME,
            "person": by.pk,
            "name": by.full_name,
            "for": "",
            "time": canonical_timestamp(at),
            **({"unconfirmed": unconfirmed} if unconfirmed else {}),
        }
        publication, ended = publishing.create_publication(
            revision, at=at, now=at, sign_offs=[sign_off], is_emergency=True
        )
        Emergency.objects.create(publication=publication, reason=reason, at=at, by=by, by_name=by.full_name)
        recipients.notify(recipients.NotificationEvent.EMERGENCY, article, by=by, round=opened, reason=reason)
        record(
            "article.published_in_emergency",
            article,
            by=by,
            publication=publication.number,
            digest=revision.digest,
            hands=sorted(revision.contributor_ids()),
            **({"unconfirmed": unconfirmed} if unconfirmed else {}),
            reason=reason,
            live_from=publication.live_from,
            dated=publication.dated,
            dated_openly=revision.dated is not None,
            seals=publishing.sealed_digests(publication),
            ends=publishing.recorded_ends(*ended),
        )
    return publication


def confirm_emergency(article: Article, by: User, seen: str) -> None:
    """Clears the flag of an emergency publication: by another person, who had no hand in the text either."""
    with article_action(article, Action.CONFIRM_EMERGENCY, by) as (_state, at):
        emergency = Emergency.objects.unconfirmed_of(article)
        if emergency is None:
            raise WrongState(_("No emergency publication of this article waits for confirmation."))
        publication = emergency.publication
        publication.article = article
        publishing.check_as_recorded(publication)
        text = publication.revision
        text.check_submitted_text()
        if not seen == text.digest == publication.digest:
            raise StaleText(_("The decision is about another text than the one published. Read it again."))
        _check_participants(emergency)
        confirmed = {"confirmed_at": at, "confirmed_by": by, "confirmed_by_name": by.full_name}
        Emergency.objects.filter(pk=emergency.pk, confirmed_at=None).update(**confirmed)
        publishing.clear_emergency_flag(publication)
        recipients.notify(recipients.NotificationEvent.EMERGENCY_CONFIRMED, article, by=by, publications=[publication])
        record(
            "article.emergency_confirmed",
            article,
            by=by,
            publication=publication.number,
            digest=seen,
            at=at,
            seals=publishing.sealed_digests(publication),
        )


def _check_participants(emergency: Emergency) -> None:
    """Raise ResealRefused unless the rows that say who may not confirm are those that the ledger has."""
    publication = emergency.publication
    declared = last_trustworthy_entry(publication.article, [EMERGENCY_VERB], publication=publication.number)
    hands = sorted(publication.revision.contributor_ids())
    if declared is None or (declared.actor_id, declared.data.get("hands")) != (emergency.by_id, hands):
        raise ResealRefused(
            f"publication {publication.pk}",
            gettext_noop("article %(article)d: who had a part in its emergency publication was changed"),
            article=publication.article_id,
        )
