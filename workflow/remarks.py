"""Remarks 批注 on a text under review: made, withdrawn, taken over into the draft that comes back.

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
from articles import destroying, drafts
from articles.markup import running_text
from articles.models import Article, Revision
from articles.passages import AcrossParagraphs, NotFound, Quote, locate, quote_at, replaced
from articles.sanitising import printable
from departments import permissions
from departments.permissions import NotAllowed
from workflow.models import Remark, Round, RoundState
from workflow.seeing import check_see_round
from workflow.transitions import WrongState


class BadRemark(WrongState):
    """Something in the remark is not possible; `field` names the field of the form that it is about."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


@transaction.atomic
def remark(
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
    if Round.objects.select_for_update().get(pk=round.pk).state != RoundState.OPEN:
        raise WrongState(_("This round is closed."))
    if round.remarks.count() >= Remark.MOST:
        raise WrongState(_("There are %(most)d remarks already. Return the text instead.") % {"most": Remark.MOST})
    made = Remark(
        round=round,
        person=by,
        person_name=by.full_name,
        field=field,
        text=printable(text).strip(),
        is_suggestion=replacement is not None,
        replacement=" ".join(printable(replacement or "").split("\n")),
    )
    found = _anchored(round.revision, field, quote)
    made.exact, made.prefix, made.suffix = found.exact, found.prefix, found.suffix
    _check_words(made)
    if made.is_suggestion:
        _check_replaceable(made, round.revision)
    made.save()
    return made


def _anchored(revision: Revision, field: str, quote: Quote) -> Quote:
    if len(quote.exact) > Remark.LONGEST_PASSAGE:
        raise BadRemark("exact", _("The passage is too long; mark at most %(most)d characters.") % _most("exact"))
    words = _words_of(revision, field)
    try:
        return quote_at(words, locate(words, quote))
    except NotFound as error:
        raise BadRemark("exact", str(error)) from error


def _words_of(revision: Revision, field: str) -> str:
    return revision.title if field == Remark.Field.TITLE else running_text(revision.body)


def _most(field: str) -> dict[str, Any]:
    return {"most": Remark._meta.get_field(field).max_length}


def _check_words(made: Remark) -> None:
    for field in ("exact", "text", "replacement"):
        if len(getattr(made, field)) > _most(field)["most"]:
            raise BadRemark(field, _("This is too long; at most %(most)d characters.") % _most(field))
    if not made.is_suggestion and not made.text:
        raise BadRemark("text", _("Say what is to be noted about the passage."))
    if made.is_suggestion and made.replacement == made.exact:
        raise BadRemark("replacement", _("These are the words that stand there already."))


def _check_replaceable(made: Remark, revision: Revision) -> None:
    """A suggestion that nobody could take over is better made in words."""
    try:
        _with_replacement(made, revision)
    except (AcrossParagraphs, NotFound, ValidationError) as error:
        raise BadRemark("replacement", " ".join(getattr(error, "messages", [str(error)]))) from error


def _with_replacement(suggestion: Remark, revision: Revision) -> dict[str, str]:
    """The title or body with the suggested words in place of the passage, as save_draft takes it."""
    words = _words_of(revision, suggestion.field)
    span = locate(words, suggestion.quote)
    if suggestion.field == Remark.Field.TITLE:
        title = f"{words[: span[0]]}{suggestion.replacement}{words[span[1] :]}".strip()
        Revision._meta.get_field("title").clean(title, revision)
        return {"title": title}
    return {"body": replaced(revision.body, span, suggestion.replacement)}


@transaction.atomic
def withdraw(made: Remark, by: User) -> None:
    """Who wrote it takes it away again, while the round is open."""
    if by.pk != made.person_id:
        raise NotAllowed(_("Only who made a remark withdraws it."))
    if Round.objects.select_for_update().get(pk=made.round_id).state != RoundState.OPEN:
        raise WrongState(_("This round is closed; the remark stays."))
    if Remark.objects.filter(pk=made.pk, withdrawn_at=None).update(withdrawn_at=timezone.now()) != 1:
        raise WrongState(_("This remark has been withdrawn already."))


@transaction.atomic
def take_over(suggestion: Remark, by: User, version: int) -> list[str]:
    """Puts the suggested words into the draft: a save by the drafter over the save numbered `version`.

    Returns what was lost in sanitising. Raises StaleDraft when somebody saved since, and WrongState when there is no
    draft or the passage does not stand in it any more, or not once only.
    """
    draft = _draft(suggestion, by)
    if not suggestion.is_suggestion:
        raise WrongState(_("This remark suggests no other words. Change the text by hand."))
    try:
        lost = drafts.save_draft(draft, _with_replacement(suggestion, draft), by=by, version=version)
    except (AcrossParagraphs, NotFound) as error:
        raise WrongState(_("Not taken over: %(why)s") % {"why": error}) from error
    except ValidationError as error:
        raise WrongState(_("Not taken over: %(why)s") % {"why": " ".join(error.messages)}) from error
    _settle(suggestion, by, Remark.Settlement.TAKEN)
    return lost


@transaction.atomic
def settle(made: Remark, by: User) -> None:
    """The drafter has dealt with it, or will not: it is off the list, and stays readable."""
    _draft(made, by)
    _settle(made, by, Remark.Settlement.DONE)


def _draft(made: Remark, by: User) -> Revision:
    article = made.round.article
    permissions.check_draft(by, article.department)
    draft = article.active_draft()
    if draft is None:
        raise WrongState(_("This article is no longer a draft; nothing was saved."))
    if not Remark.objects.given_back_with(article).filter(pk=made.pk).exists():
        raise WrongState(_("This remark was withdrawn, or belongs to a text that has been approved."))
    return draft


def _settle(made: Remark, by: User, how: str) -> None:
    facts = {"settlement": how, "settled_at": timezone.now(), "settled_by": by, "settled_by_name": by.full_name}
    if Remark.objects.filter(pk=made.pk, settlement="").update(**facts) != 1:
        raise WrongState(_("Somebody has dealt with this remark already."))


def for_draft(article: Article) -> list[Remark]:
    """What the drafter has still to look at, and what is settled, in the order of the text as far as it is known."""
    return list(Remark.objects.given_back_with(article).select_related("round").order_by("-round__number", "at", "pk"))


def empty(article: Article, at: datetime | None = None) -> None:
    """Remarks are words about an article, often its own words: expunging empties them."""
    words = dict.fromkeys(("exact", "prefix", "suffix", "text", "replacement"), "")
    mine = Remark.objects.filter(round__article=article, expunged_at=None)
    mine.update(**words, expunged_at=at or timezone.now())


destroying.also.append(empty)
