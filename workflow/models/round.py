"""Models of rounds 审批轮次, their steps, and decisions."""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.identity_changes import unconfirmed_labels
from accounts.models import User
from articles.models import Article, Publication, Revision
from articles.models.revision import related_rows
from database.json_subquery import JSONSubquery, datetime_from_json
from departments.models import Role
from ledger.seals import SEAL_FIELDS, BrokenSeal, Sealed
from workflow.models.pipeline import Pipeline


class RoundState(models.TextChoices):
    OPEN = "open", _("in review")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")
    TAKEN_BACK = "taken_back", _("taken back")
    DISCARDED = "discarded", _("discarded")
    BYPASSED = "bypassed", _("bypassed by an emergency publication")


DECISION_FIELDS = (
    *("id", "step_id", "person_id", "person_name", "principal_id", "principal_name", "verdict", "digest", "comment"),
    *("decided_at", "kept_from_id", "unconfirmed", *SEAL_FIELDS),
)


class RoundQuerySet(models.QuerySet["Round"]):
    def with_related_rows_and_article(self) -> "RoundQuerySet":
        """As `with_related_rows`, with article and department too."""
        return self.with_related_rows().select_related(
            "revision__cover", "article__department__parent", "article__department__responsible", "submitted_by"
        )

    def with_related_rows(self) -> "RoundQuerySet":
        """Each round with its text, steps, decisions and what hangs on the text. One query."""
        steps = RoundStep.objects.filter(round=OuterRef("pk")).order_by("position")
        decisions = Decision.objects.filter(round=OuterRef("pk")).order_by("decided_at", "pk")
        names = ("id", "position", "name", "people", "due_hours", "reached_at", "passed_at", "handed_to_id", "role_id")
        return self.select_related("revision__cover").annotate(
            step_rows=JSONSubquery(steps, *names, *SEAL_FIELDS, role_name="role__name", role_code="role__code"),
            decision_rows=JSONSubquery(
                decisions, *DECISION_FIELDS, step_name="step__name", step_position="step__position"
            ),
            **related_rows("revision"),
        )

    def open(self) -> "RoundQuerySet":
        return self.filter(state=RoundState.OPEN)


class Round(Sealed):
    """审批轮次: one submission of one frozen revision.

    The seal covers the steps and who had a hand in the text, so that nobody can take a row of those away. Steps and
    decisions carry seals of their own for what becomes of them.
    """

    seal_kind = "round"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="rounds", verbose_name=_("article"))
    number = models.PositiveIntegerField(_("round"))
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="rounds", verbose_name=_("revision"))
    # Sealed, so it stays as it is when a superuser deletes the pipeline.
    pipeline = models.ForeignKey(
        Pipeline, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("pipeline")
    )
    pipeline_name = models.CharField(_("pipeline then"), max_length=50)
    state = models.CharField(_("state"), max_length=10, choices=RoundState.choices, default=RoundState.OPEN)
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    submitted_by_name = models.CharField(_("submitted by"), max_length=50)
    closed_at = models.DateTimeField(_("closed"), null=True)
    publication = models.OneToOneField(
        Publication, on_delete=models.PROTECT, null=True, related_name="round", verbose_name=_("publication")
    )

    objects = RoundQuerySet.as_manager()

    # Of a round that an act has just opened or moved on: its steps, and the one that waits now
    # (workflow.actions.round_records).
    new_steps: "list[RoundStep]" = []
    waiting_step: "RoundStep | None" = None
    kept: "list[list]" = []  # approvals of an earlier round that count again: step, person, in whose place
    # Of a decision that was just allowed: what of the decider's account is not confirmed (workflow.rules.unconfirmed).
    unconfirmed_then: "list[dict[str, str]]" = []

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        indexes = [models.Index(fields=["closed_at"], name="rounds_by_close")]
        ordering = ["article", "number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="rounds_of_an_article_are_numbered"),
            models.UniqueConstraint(fields=["article"], condition=Q(state="open"), name="one_open_round_an_article"),
            models.CheckConstraint(condition=Q(state__in=RoundState.values), name="round_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | ~Q(state="open") & Q(closed_at__isnull=False),
                name="a_closed_round_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state="approved") | Q(publication=None), name="only_an_approved_round_publishes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision} · {self.number}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.article_id,
            "round": self.number,
            "revision": self.revision_id,
            "digest": self.revision.digest,
            "contributors": sorted(self.contributor_ids()),
            "pipeline": [self.pipeline_id, self.pipeline_name],
            "steps": [
                [step.position, step.name, step.role.code, step.people, step.due_hours]
                for step in self.new_steps or self.steps_in_order()
            ],
            "submitted": [self.submitted_at, self.submitted_by_id, self.submitted_by_name],
            "state": self.state,
            "closed": self.closed_at,
            "publication": self.publication_id,
        }

    def check_seals(self) -> None:
        """Raise BrokenSeal unless the round, its steps and its decisions are as the site sealed them.

        No query for a round that came from `with_related_rows`.
        """
        self.check_seal()
        for step in self.steps_in_order():
            step.check_seal()
        for decision in self.decisions_in_order():
            decision.check_seal()
            if {decision.person_id, decision.principal_id} & self.contributor_ids():
                raise BrokenSeal(decision)

    def check_passed_steps(self) -> None:
        """Raise BrokenSeal if a step that counts as passed lacks decisions: somebody took them away."""
        for step in self.steps_in_order():
            if step.passed_at and self.decision_count(step) < step.people:
                raise BrokenSeal(step)

    # Each of these costs a query, unless the round came from `with_related_rows`, which brings them along in its own.

    def revision_with_rows(self) -> Revision:
        """The revision, with what hangs on it where that has been brought along."""
        for name in ("attachment_rows", "column_rows", "contribution_rows"):
            if hasattr(self, name):
                setattr(self.revision, name, getattr(self, name))
        return self.revision

    def check_text(self, attachments: list | None = None) -> dict:
        """Return the content of the round's text. Raises TamperedText, with an alarm, if it is not as submitted."""
        return self.revision_with_rows().check_submitted_text(attachments)

    @property
    def shown_title(self) -> str:
        """The title for lists: that of the checked text, or a remark in its place (FrozenText.shown_title)."""
        return self.revision.shown_submitted_title

    def contributor_ids(self) -> set[int]:
        """Ids of everybody who had a hand in the text (Revision.hands)."""
        return self.revision_with_rows().contributor_ids()

    def decider_ids(self) -> set[int]:
        """Ids of everybody who has decided in this round, themselves or through a deputy."""
        return {pk for row in self._decision_rows() for pk in (row["person_id"], row["principal_id"])}

    def approver_ids(self) -> set[int]:
        """Ids of those of them who approved."""
        approvals = [row for row in self._decision_rows() if row["verdict"] == Verdict.APPROVE]
        return {pk for row in approvals for pk in (row["person_id"], row["principal_id"])}

    def _decision_rows(self) -> list[dict]:
        rows = getattr(self, "decision_rows", None)
        return list(self.decisions.values("person_id", "principal_id", "verdict")) if rows is None else rows

    def has_decision_by(self, person: User) -> bool:
        return person.pk in self.decider_ids()

    def closed_by_name(self) -> str:
        """Who closed it, as far as that was a decision; otherwise who had submitted it."""
        rows = getattr(self, "decision_rows", None)
        if rows is None:
            rows = list(self.decisions.order_by("decided_at", "pk").values("person_name"))
        return rows[-1]["person_name"] if rows else self.submitted_by_name

    def steps_in_order(self) -> "list[RoundStep]":
        rows = getattr(self, "step_rows", None)
        if rows is None:
            return list(self.steps.select_related("role").order_by("position"))
        return [RoundStep.from_row(self, row) for row in rows]

    def decisions_in_order(self) -> "list[Decision]":
        rows = getattr(self, "decision_rows", None)
        if rows is None:
            return list(self.decisions.select_related("step").order_by("decided_at", "pk"))
        return [Decision.from_row(self, row) for row in rows]

    def current_step(self) -> "RoundStep | None":
        """The step whose turn it is; None once all have passed."""
        return next((step for step in self.steps_in_order() if step.passed_at is None), None)

    def decision_count(self, step: "RoundStep") -> int:
        """How many have decided the step."""
        rows = getattr(self, "decision_rows", None)
        if rows is None:
            return self.decisions.filter(step=step).count()
        return sum(row["step_id"] == step.pk for row in rows)


class RoundStepQuerySet(models.QuerySet["RoundStep"]):
    def waiting(self) -> "RoundStepQuerySet":
        """The current steps of open rounds."""
        return self.filter(round__state=RoundState.OPEN, reached_at__isnull=False, passed_at=None)

    def overdue(self, now: datetime) -> "RoundStepQuerySet":
        """Those that wait for longer than they may (`RoundStep.due_at`). One query now, for the limits in use.

        SQLite cannot multiply an interval, so each limit is a condition.
        """
        waiting, late = self.waiting(), Q(pk__in=[])
        for hours in waiting.exclude(due_hours=None).values_list("due_hours", flat=True).distinct().order_by():
            late |= Q(due_hours=hours, reached_at__lt=now - timedelta(hours=hours))
        return waiting.filter(late)


class RoundStep(Sealed):
    """A step as it was when the round began, and how far it has come."""

    seal_kind = "round step"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="steps", verbose_name=_("round"))
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=30)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+", verbose_name=_("role that decides"))
    people = models.PositiveSmallIntegerField(_("how many people"), default=1)
    due_hours = models.PositiveIntegerField(_("due within hours"), null=True)
    reached_at = models.DateTimeField(_("reached"), null=True)
    passed_at = models.DateTimeField(_("passed"), null=True)
    handed_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("handed to"),
    )
    decision_count: int | None = None  # how many have decided it, where somebody has counted

    objects = RoundStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a round")
        verbose_name_plural = _("steps of a round")
        ordering = ["round", "position"]
        constraints = [
            models.UniqueConstraint(fields=["round", "position"], name="steps_of_a_round_are_ordered"),
        ]

    def __str__(self) -> str:
        return self.name

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.round.article_id,
            "round": self.round.number,
            "position": self.position,
            "name": self.name,
            "role": self.role.code,
            "people": self.people,
            "due_hours": self.due_hours,
            "reached": self.reached_at,
            "passed": self.passed_at,
            "handed_to": self.handed_to_id,
        }

    @property
    def due_at(self) -> datetime | None:
        """When its time ends; None if it has no limit or was not reached."""
        if not (self.due_hours and self.reached_at):
            return None
        return self.reached_at + timedelta(hours=self.due_hours)

    @classmethod
    def from_row(cls, round: Round, row: dict) -> "RoundStep":
        """The step as `RoundQuerySet.with_related_rows` brings it."""
        role = Role(pk=row["role_id"], name=row["role_name"], code=row["role_code"])
        names = ("id", "position", "name", "people", "due_hours", "handed_to_id", *SEAL_FIELDS)
        moments = {name: datetime_from_json(row[name]) for name in ("reached_at", "passed_at")}
        step = cls(round=round, role=role, **{name: row[name] for name in names}, **moments)
        step._state.adding = False
        return step


class Verdict(models.TextChoices):
    APPROVE = "approve", _("approved")
    RETURN = "return", _("returned")


class Decision(Sealed):
    """审批意见: one person's word at one step, on exactly the text with `digest`. Append-only.

    `principal` is the leader in whose place the person decided, or the person: each of both decides once a round.
    """

    seal_kind = "decision"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("round"))
    step = models.ForeignKey(RoundStep, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("step"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("person")
    )
    person_name = models.CharField(_("name then"), max_length=50)
    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("on behalf of")
    )
    principal_name = models.CharField(_("on behalf of"), max_length=50)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    digest = models.CharField(_("digest of what was seen"), max_length=64)
    comment = models.TextField(_("opinion"), blank=True, max_length=2000)
    unconfirmed = models.JSONField(
        _("not confirmed then"), default=list, help_text=_("Changes of the person's account: what, by whom, when.")
    )
    decided_at = models.DateTimeField(_("decided"), default=timezone.now)
    kept_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("kept from an earlier round on the identical text"),
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "person"], name="each_person_decides_once_a_round"),
            models.UniqueConstraint(fields=["round", "principal"], name="each_principal_decides_once_a_round"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="verdict_is_known"),
            models.CheckConstraint(condition=~Q(verdict="return") | ~Q(comment=""), name="returning_needs_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.get_verdict_display()}"

    @property
    def unconfirmed_labels(self) -> list[str]:
        return unconfirmed_labels(self.unconfirmed)

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "article": self.round.article_id,
            "round": self.round.number,
            "step": self.step.position,
            "person": [self.person_id, self.person_name],
            "for": [self.principal_id, self.principal_name],
            "verdict": self.verdict,
            "digest": self.digest,
            "comment": self.comment,
            "time": self.decided_at,
            "kept_from": self.kept_from_id,
            "unconfirmed": self.unconfirmed,
        }

    @classmethod
    def from_row(cls, round: Round, row: dict) -> "Decision":
        """The decision as `RoundQuerySet.with_related_rows` brings it."""
        values = {name: row[name] for name in DECISION_FIELDS}
        values["decided_at"] = datetime_from_json(row["decided_at"])
        if isinstance(row["unconfirmed"], str):  # SQLite hands JSON in JSON out as text
            values["unconfirmed"] = json.loads(row["unconfirmed"])
        values["step"] = RoundStep(pk=values.pop("step_id"), position=row["step_position"], name=row["step_name"])
        return cls(round=round, **values)
