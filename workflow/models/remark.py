"""Models of remarks 批注 and of quick phrases 常用语."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from articles.text.passages import Quote
from inputs.visible_text import validate_visible
from ledger.seals import Sealed
from workflow.models.round import Round, RoundState


class RemarkQuerySet(models.QuerySet["Remark"]):
    def active(self) -> "RemarkQuerySet":
        """Neither withdrawn by who wrote them nor destroyed."""
        return self.filter(withdrawn_at=None, expunged_at=None)

    def on_returned_rounds(self, article: Article) -> "RemarkQuerySet":
        """Those that the authors got with the texts that came back to them since the last approved one."""
        approved = Round.objects.filter(article=article, state=RoundState.APPROVED).order_by("-number")
        came_back = Round.objects.filter(article=article, state__in=[RoundState.RETURNED, RoundState.TAKEN_BACK])
        last = approved.values_list("number", flat=True).first()
        return self.active().filter(round__in=came_back.filter(number__gt=last or 0))


class Remark(Sealed):
    """Anchored to a passage of the frozen revision that its round is about. Words that nobody changes.

    Sealed when it is made, and again when it is withdrawn, settled or expunged.

    `exact`, `prefix`, `suffix`: the passage and what stands round it (articles.text.passages). A suggestion says what
    is to stand in its place: `replacement`, which is "" where the passage is to go.
    """

    seal_kind = "remark"

    class Field(models.TextChoices):
        TITLE = "title", _("title")
        BODY = "body", _("body")

    class Resolution(models.TextChoices):
        TAKEN = "taken", _("taken over")
        DONE = "done", _("dealt with")

    MAX_PASSAGE_CHARACTERS = 500
    MAX_REPLACEMENT_CHARACTERS = 200
    MAX_PER_ROUND = 200  # remarks on one round

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="remarks", verbose_name=_("round"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    person_name = models.CharField(_("name then"), max_length=50)
    at = models.DateTimeField(_("at"), default=timezone.now)
    field = models.CharField(_("where"), max_length=10, choices=Field.choices, default=Field.BODY)
    exact = models.CharField(_("passage"), max_length=MAX_PASSAGE_CHARACTERS, blank=True)
    prefix = models.CharField(_("before it"), max_length=40, blank=True)
    suffix = models.CharField(_("after it"), max_length=40, blank=True)
    text = models.CharField(_("remark"), max_length=1000, blank=True)
    is_suggestion = models.BooleanField(_("suggests other words"), default=False)
    replacement = models.CharField(_("suggested words"), max_length=MAX_REPLACEMENT_CHARACTERS, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)
    resolution = models.CharField(_("what became of it"), max_length=10, blank=True, choices=Resolution.choices)
    resolved_at = models.DateTimeField(_("settled"), null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("settled by")
    )
    resolved_by_name = models.CharField(_("settled by"), max_length=50, blank=True)
    expunged_at = models.DateTimeField(_("expunged"), null=True)

    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        ordering = ["at", "pk"]
        constraints = [
            # A copy of a row, seal included, is refused.
            models.UniqueConstraint(fields=["round", "person", "at"], name="a_person_makes_one_remark_at_a_time"),
            models.CheckConstraint(condition=Q(field__in=["title", "body"]), name="a_remark_is_on_title_or_body"),
            models.CheckConstraint(
                condition=Q(expunged_at__isnull=False) | ~Q(exact="") & (~Q(text="") | Q(is_suggestion=True)),
                name="a_remark_says_something_about_a_passage",
            ),
            models.CheckConstraint(
                condition=Q(is_suggestion=True) | Q(replacement=""), name="only_a_suggestion_has_other_words"
            ),
            models.CheckConstraint(
                condition=Q(resolution="", resolved_at=None, resolved_by=None, resolved_by_name="")
                | Q(resolution__in=["taken", "done"], resolved_at__isnull=False, resolved_by__isnull=False),
                name="a_resolved_remark_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(resolution=""), name="what_was_withdrawn_is_not_resolved"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.exact[:20]}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "round": self.round_id,
            "made": [self.at, self.person_id, self.person_name],
            "field": self.field,
            "passage": [self.exact, self.prefix, self.suffix],
            "text": self.text,
            "suggestion": self.is_suggestion,
            "replacement": self.replacement,
            "withdrawn": self.withdrawn_at,
            "resolution": self.resolution,
            "resolved": [self.resolved_at, self.resolved_by_id, self.resolved_by_name],
            "expunged": self.expunged_at,
        }

    @property
    def quote(self) -> Quote:
        return Quote(self.exact, self.prefix, self.suffix)


# The phrases of a new site, as (text, position): what texts are returned with most often.
PRESET_PHRASES = [
    ("请核对日期。", 10),
    ("请核对姓名和职务。", 20),
    ("请核对数据。", 30),
    ("请补充附件。", 40),
    ("格式不符合公文规范。", 50),
    ("文字请按批注修改。", 60),
]


class QuickPhrase(Sealed):
    """A sentence that leaders put into the reason of a return with one click. Superusers keep the list."""

    seal_kind = "quick phrase"

    text = models.CharField(_("phrase"), max_length=100, unique=True, validators=[validate_visible])
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Small numbers come first."))

    class Meta:
        verbose_name = _("quick phrase")
        verbose_name_plural = _("quick phrases")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text

    def manifest(self) -> dict:
        return {"schema": 1, "text": self.text, "position": self.position}

    def seal_holds(self) -> bool:
        """A phrase that a migration made has no seal, because there may be no key then; it must be as it was made."""
        is_unsealed = not (self.seal_key or self.seal_signature)
        return super().seal_holds() or (is_unsealed and (self.text, self.position) in PRESET_PHRASES)
