"""Models of letters 来信 from visitors."""

import re

from django.conf import settings
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from articles.models import Article
from departments import permissions
from ledger.canonical_json import sha256
from ledger.seals import Sealed, signing_input

# No 0 and O, 1, I and L: a receipt is read out on the telephone and copied from paper.
RECEIPT_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
RECEIPT_LENGTH = 20  # 31^20 ways, 99 bits: nobody comes upon somebody else's by trying
MIN_TEXT_LENGTH, MAX_TEXT_LENGTH = 10, 2000  # characters of a letter; MAX_TEXT_LENGTH of an answer too


def derive_receipt(form_digest: str) -> str:
    """Return the receipt of the letter with this form digest. SECRET_KEY makes it; no row holds it."""
    number = int.from_bytes(salted_hmac("feedback.receipt", form_digest, algorithm="sha256").digest())
    places = [number // len(RECEIPT_ALPHABET) ** place for place in range(RECEIPT_LENGTH)]
    return "".join(RECEIPT_ALPHABET[value % len(RECEIPT_ALPHABET)] for value in places)


def format_receipt(receipt: str) -> str:
    """In groups of four, as people read it."""
    return "-".join(receipt[start : start + 4] for start in range(0, RECEIPT_LENGTH, 4))


def parse_receipt(typed: str) -> str:
    """A receipt as it is stored, from what somebody typed or pasted; empty when it cannot be one."""
    found = re.sub(r"[\s-]", "", typed).upper()
    return found if re.fullmatch(f"[{RECEIPT_ALPHABET}]{{{RECEIPT_LENGTH}}}", found) else ""


class LetterKind(models.TextChoices):
    ERROR = "error", _("error on the site")
    OPINION = "opinion", _("opinion")
    QUESTION = "question", _("question")


class LetterState(models.TextChoices):
    NEW = "new", _("new")
    IN_HAND = "in_hand", _("in hand")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed without an answer")


# From which state a letter can go where. The desk's buttons are made from this.
LETTER_TRANSITIONS = {
    LetterState.NEW: (LetterState.ANSWERED, LetterState.IN_HAND, LetterState.CLOSED),
    LetterState.IN_HAND: (LetterState.ANSWERED, LetterState.CLOSED),
    LetterState.ANSWERED: (LetterState.IN_HAND,),  # the answer was wrong: it is taken back and given anew
    LetterState.CLOSED: (LetterState.IN_HAND,),  # it was no spam after all
}


class LetterQuerySet(models.QuerySet["Letter"]):
    def with_receipt(self, receipt: str) -> "LetterQuerySet":
        return self.filter(receipt_digest=sha256(receipt))

    def new(self) -> "LetterQuerySet":
        return self.filter(state=LetterState.NEW)

    def for_person(self, person: User) -> "LetterQuerySet":
        """Those that the person may read and answer; the same rule as departments.permissions.check_answer_letters."""
        if person.is_superuser:
            return self
        theirs = Q(article__department__in=permissions.departments_to_see(person))
        if permissions.can_answer_letters(person, None):
            theirs |= Q(article=None)
        return self.filter(theirs)

    def resolved_before(self, moment: object) -> "LetterQuerySet":
        """Answered or closed before the moment."""
        return self.filter(Q(answered_at__lt=moment) | Q(closed_at__lt=moment))


class Letter(Sealed):
    """One letter of a visitor. Its text never changes; feedback.letter_actions changes its state and records that.

    It is sealed when it comes in, and again with every change of its state and when name and contact are erased.
    """

    seal_kind = "letter"

    # SHA-256 of the receipt: a reader of the database, or of a backup, cannot read later answers with it.
    receipt_digest = models.CharField(_("digest of the receipt"), max_length=64, unique=True, editable=False)
    # SHA-256 of the form that was sent and of what stood in it: pressing the button twice makes one letter.
    form_digest = models.CharField(_("form digest"), max_length=64, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=LetterKind.choices)
    text = models.TextField(_("text"), max_length=MAX_TEXT_LENGTH, validators=[MinLengthValidator(MIN_TEXT_LENGTH)])
    name = models.CharField(_("visitor's name"), max_length=50, blank=True)
    contact = models.CharField(_("e-mail or phone"), max_length=100, blank=True)
    page = models.CharField(_("page"), max_length=500, blank=True, validators=[RegexValidator(r"^/(?![/\\])[^\s\\]*$")])
    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, null=True, blank=True, related_name="letters", verbose_name=_("article")
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    state = models.CharField(_("state"), max_length=10, choices=LetterState.choices, default=LetterState.NEW)
    answer = models.TextField(_("answer"), max_length=MAX_TEXT_LENGTH, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_by_name = models.CharField(_("name then"), max_length=50, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters from visitors")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "-id"], name="letters_by_state")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LetterKind.values), name="letter_kind_is_known"),
            models.CheckConstraint(condition=Q(state__in=LetterState.values), name="letter_state_is_known"),
            models.CheckConstraint(condition=~Q(text=""), name="a_letter_says_something"),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False, answered_by__isnull=False)
                & ~Q(answer="")
                & ~Q(answered_by_name="")
                | ~Q(state="answered") & Q(answered_at=None, answered_by=None, answered_by_name=""),
                name="an_answered_letter_says_what_by_whom_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | ~Q(state="closed") & Q(closed_at=None),
                name="a_closed_letter_says_when",
            ),
            # By position, not `startswith` or `Left`: after LIKE … ESCAPE '\' or SUBSTR(…, 1, 1) Django cannot read the
            # constraints of an SQLite table any more (_get_column_collations), and `verify` reads them.
            models.CheckConstraint(
                condition=Q(page="")
                | Q(Exact(StrIndex("page", Value("/")), 1)) & ~Q(Exact(StrIndex("page", Value("//")), 1)),
                name="a_letter_names_pages_of_this_site_only",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.formatted_receipt}"

    def manifest(self) -> dict:
        return {**self._lasting_facts(), "visitor": [self.name, self.contact]}

    def sealed_digest(self) -> str:
        """SHA-256 of what the seal covers save name and contact.

        The ledger keeps it for ever: with a digest over everything somebody could try out telephone numbers after they
        were erased, and the digest would not survive the erasing.
        """
        return sha256(signing_input(self.seal_kind, self._lasting_facts()))

    def _lasting_facts(self) -> dict:
        return {
            "schema": 1,
            "receipt": self.receipt_digest,
            "form": self.form_digest,
            "kind": self.kind,
            "text": self.text,
            "page": self.page,
            "article": self.article_id,
            "created": self.created_at,
            "state": self.state,
            "answer": self.answer,
            "answered_by": self.answered_by_id,
            "answered_by_name": self.answered_by_name,
            "answered": self.answered_at,
            "closed": self.closed_at,
        }

    @cached_property
    def receipt(self) -> str:
        """The receipt; "" when the letter came in under another SECRET_KEY, and only the visitor has it still."""
        derived = derive_receipt(self.form_digest)
        return derived if sha256(derived) == self.receipt_digest else ""

    @property
    def formatted_receipt(self) -> str:
        """What the desk calls the letter by: its receipt in groups of four, or else its number."""
        return format_receipt(self.receipt) if self.receipt else str(self.pk)

    @property
    def next_states(self) -> tuple[LetterState, ...]:
        return LETTER_TRANSITIONS[LetterState(self.state)]

    def progress(self) -> list[tuple[str, bool, bool]]:
        """The states from here to there for the visitor: (name, whether it is reached, whether it is this one)."""
        last = LetterState.CLOSED if self.state == LetterState.CLOSED else LetterState.ANSWERED
        names = {LetterState.NEW: _("received"), LetterState.IN_HAND: _("in hand"), last: last.label}
        here = list(names).index(LetterState(self.state))
        return [(name, place <= here, place == here) for place, name in enumerate(names.values())]


class RecentLetter(models.Model):
    """That somebody sent a letter within the last hour: a keyed hash that nobody can turn back."""

    visitor = models.CharField(_("visitor"), max_length=32)
    at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("recent letter")
        verbose_name_plural = _("recent letters")

    def __str__(self) -> str:
        return str(self.at)
