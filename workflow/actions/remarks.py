"""Remarks 批注 on a text under review: add, withdraw, accept into the draft.

A leader who finds a wrong comma suggests the right one and stays a reviewer: the text changes only when a drafter takes
the suggestion over, which is a save of that drafter's. Everything here is one transaction and raises NotAllowed for
the wrong person and WrongState for the wrong moment, as the acts of workflow.services do.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from articles import drafts, expunging
from articles.models import Article, Revision
from articles.text.markup import text_content
from articles.text.passages import PassageCrossesBlocks, PassageNotFound, Quote, locate_quote, quote_at, replace_passage
from articles.text.plain_text import strip_control_characters
from departments import permissions
from departments.exceptions import NotAllowed, WrongState
from inputs.visible_text import visible_text
from ledger.monitoring.alarms import alarms_outlive_rollback, intact_rows
from ledger.seals import SEAL_FIELDS
from workflow.exceptions import BadRemark
from workflow.models import Remark, Round, RoundState
from workflow.rules.visibility import check_see_round

EXPUNGED_AT_ONCE = 100  # remarks in one statement


@alarms_outlive_rollback()
@transaction.atomic
def add_remark(
    round: Round,
    by: User,
    quote: Quote,
    *,
    field: str = Remark.Field.BODY,
    text: str = "",
    replacement: str | None = None,
) -> Remark:
    """Puts a remark on a passage of the round's text. `replacement`: what is suggested in its place; None: nothing.

    The passage is kept as the text has it, with what stands round it, whatever of that was sent. Raises BadRemark.
    """
    check_see_round(by, round)
    if Round.objects.select_for_update(no_key=True).get(pk=round.pk).state != RoundState.OPEN:
        raise WrongState(_("This round is closed."))
    if round.remarks.count() >= Remark.MAX_PER_ROUND:
        raise WrongState(
            _("There are %(most)d remarks already. Return the text instead.") % {"most": Remark.MAX_PER_ROUND}
        )
    made = Remark(
        round=round,
        person=by,
        person_name=by.full_name,
        field=field,
        text=visible_text(strip_control_characters(text)),
        is_suggestion=replacement is not None,
        replacement=" ".join(strip_control_characters(replacement or "").split("\n")),
    )
    round.check_text()
    found = _anchor(round.revision, field, quote)
    made.exact, made.prefix, made.suffix = found.exact, found.prefix, found.suffix
    _check_fields(made)
    if made.is_suggestion:
        _check_replaceable(made, round.revision)
    made.apply_seal()
    made.save(force_insert=True)
    return made


def _anchor(revision: Revision, field: str, quote: Quote) -> Quote:
    if len(quote.exact) > Remark.MAX_PASSAGE_CHARACTERS:
        raise BadRemark(
            "exact", _("The passage is too long; mark at most %(most)d characters.") % _max_length_params("exact")
        )
    words = _field_text(revision, field)
    try:
        return quote_at(words, locate_quote(words, quote))
    except PassageNotFound as error:
        raise BadRemark("exact", str(error)) from error


def _field_text(revision: Revision, field: str) -> str:
    return revision.title if field == Remark.Field.TITLE else text_content(revision.body)


def _max_length_params(field: str) -> dict[str, Any]:
    return {"most": Remark._meta.get_field(field).max_length}


def _check_fields(remark: Remark) -> None:
    for field in ("exact", "text", "replacement"):
        if len(getattr(remark, field)) > _max_length_params(field)["most"]:
            raise BadRemark(field, _("This is too long; at most %(most)d characters.") % _max_length_params(field))
    if not remark.is_suggestion and not remark.text:
        raise BadRemark("text", _("Say what is to be noted about the passage."))
    if remark.is_suggestion and remark.replacement == remark.exact:
        raise BadRemark("replacement", _("These are the words that stand there already."))


def _check_replaceable(remark: Remark, revision: Revision) -> None:
    """A suggestion that nobody could take over is better made in words."""
    try:
        _apply_suggestion(remark, revision)
    except (PassageCrossesBlocks, PassageNotFound, ValidationError) as error:
        raise BadRemark("replacement", " ".join(getattr(error, "messages", [str(error)]))) from error


def _apply_suggestion(suggestion: Remark, revision: Revision) -> dict[str, str]:
    """The title or body with the suggested words in place of the passage, as save_draft takes it."""
    words = _field_text(revision, suggestion.field)
    span = locate_quote(words, suggestion.quote)
    if suggestion.field == Remark.Field.TITLE:
        title = f"{words[: span[0]]}{suggestion.replacement}{words[span[1] :]}".strip()
        Revision._meta.get_field("title").clean(title, revision)
        return {"title": title}
    return {"body": replace_passage(revision.body, span, suggestion.replacement)}


@transaction.atomic
def withdraw_remark(remark: Remark, by: User) -> None:
    """Who wrote it takes it away again, while the round is open."""
    if by.pk != remark.person_id:
        raise NotAllowed(_("Only who made a remark withdraws it."))
    if Round.objects.select_for_update(no_key=True).get(pk=remark.round_id).state != RoundState.OPEN:
        raise WrongState(_("This round is closed; the remark stays."))
    fresh = _lock_remark(remark)
    if fresh.withdrawn_at:
        raise WrongState(_("This remark has been withdrawn already."))
    fresh.update_sealed(withdrawn_at=timezone.now())


def _lock_remark(remark: Remark) -> Remark:
    return Remark.objects.select_for_update(no_key=True).get(pk=remark.pk)


@transaction.atomic
def accept_suggestion(suggestion: Remark, by: User, version: int) -> list[str]:
    """Puts the suggested words into the draft: a save by the drafter over the save numbered `version`.

    Returns what was lost in sanitising. Raises BrokenSeal for a suggestion that was changed outside the site,
    StaleDraft when somebody saved since, and WrongState when there is no draft or the passage does not stand in it any
    more, or not once only.
    """
    draft = _require_draft(suggestion, by)
    suggestion.check_seal()
    if not suggestion.is_suggestion:
        raise WrongState(_("This remark suggests no other words. Change the text by hand."))
    try:
        lost = drafts.save_draft(draft, _apply_suggestion(suggestion, draft), by=by, version=version)
    except (PassageCrossesBlocks, PassageNotFound) as error:
        raise WrongState(_("Not taken over: %(why)s") % {"why": error}) from error
    except ValidationError as error:
        raise WrongState(_("Not taken over: %(why)s") % {"why": " ".join(error.messages)}) from error
    _mark_resolved(suggestion, by, Remark.Resolution.TAKEN)
    return lost


@transaction.atomic
def resolve_remark(remark: Remark, by: User) -> None:
    """The drafter has dealt with it, or will not: it is off the list, and stays readable."""
    _require_draft(remark, by)
    _mark_resolved(remark, by, Remark.Resolution.DONE)


def _require_draft(remark: Remark, by: User) -> Revision:
    article = remark.round.article
    permissions.check_draft(by, article.department)
    draft = article.active_draft()
    if draft is None:
        raise WrongState(_("This article is no longer a draft; nothing was saved."))
    if not Remark.objects.on_returned_rounds(article).filter(pk=remark.pk).exists():
        raise WrongState(_("This remark was withdrawn, or belongs to a text that has been approved."))
    return draft


def _mark_resolved(remark: Remark, by: User, how: str) -> None:
    fresh = _lock_remark(remark)
    if fresh.resolution:
        raise WrongState(_("Somebody has dealt with this remark already."))
    facts = {"resolution": how, "resolved_at": timezone.now(), "resolved_by": by, "resolved_by_name": by.full_name}
    fresh.update_sealed(**facts)


def on_round(round: Round) -> list[Remark]:
    """Return the active remarks on the round's text, without those that were changed or put in outside the site."""
    return intact_rows(round.remarks.active())


def for_draft(article: Article) -> list[Remark]:
    """What the drafter has still to look at, and what is settled, in the order of the text as far as it is known.

    Without what was changed or put in outside the site.
    """
    return intact_rows(
        Remark.objects.on_returned_rounds(article).select_related("round").order_by("-round__number", "at", "pk")
    )


def expunge_remarks(article: Article, at: datetime | None = None) -> None:
    """Remarks are words about an article, often its own words: expunging empties them.

    A remark that was changed outside the site is emptied too, but not sealed again: `verify` still names it. Its old
    seal goes in any case, because somebody could try out words with it until some fit.
    """
    fields = dict.fromkeys(("exact", "prefix", "suffix", "text", "replacement"), "")
    fields |= {"expunged_at": at or timezone.now()}
    remarks = list(Remark.objects.filter(round__article=article, expunged_at=None))
    for remark in remarks:
        is_intact = remark.seal_holds()
        for name, value in {**fields, **dict.fromkeys(SEAL_FIELDS, "")}.items():
            setattr(remark, name, value)
        if is_intact:
            remark.apply_seal()
    Remark.objects.bulk_update(remarks, [*fields, *SEAL_FIELDS], batch_size=EXPUNGED_AT_ONCE)


expunging.erase_hooks.append(expunge_remarks)
