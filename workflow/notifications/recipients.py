"""Recipients of notifications: who is notified of which action."""

import uuid
from collections.abc import Collection
from enum import Enum, auto

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Value

from accounts.models import User
from articles.models import Article, Contribution, Publication
from departments.models import Department, Membership
from inputs.visible_text import visible_text
from workflow.models import Decision, Emergency, Notification, NotificationEvent, Round, RoundState, RoundStep, Verdict
from workflow.rules.eligible_deciders import eligible_deciders
from workflow.rules.pipeline_steps import signing_role_ids

__all__ = ["NotificationEvent", "Recipients", "create_notifications", "notify", "superuser_ids"]

MAX_REASON_CHARACTERS = Notification._meta.get_field("reason").max_length


# Id of a person → what they are told, and whether a decision is asked of them.
Recipients = dict[int, tuple[NotificationEvent, bool]]


class RecipientGroup(Enum):
    AUTHORS = auto()  # who wrote or submitted the text
    APPROVERS = auto()  # who approved it, and in whose place
    DECIDERS = auto()  # whose turn it is; once the round is closed, whose turn it was
    SIGNERS = auto()  # who signs off in the department
    SUPERUSERS = auto()
    EMERGENCY_PUBLISHERS = auto()


RECIPIENT_GROUPS: dict[NotificationEvent, set[RecipientGroup]] = {
    NotificationEvent.SUBMITTED: {RecipientGroup.DECIDERS},
    NotificationEvent.TAKEN_BACK: {RecipientGroup.DECIDERS, RecipientGroup.APPROVERS},
    NotificationEvent.APPROVED: {RecipientGroup.DECIDERS, RecipientGroup.AUTHORS},
    NotificationEvent.RETURNED: {RecipientGroup.AUTHORS, RecipientGroup.APPROVERS},
    NotificationEvent.PUBLISHED: {RecipientGroup.AUTHORS, RecipientGroup.APPROVERS},
    NotificationEvent.DISCARDED: {RecipientGroup.AUTHORS, RecipientGroup.APPROVERS, RecipientGroup.DECIDERS},
    NotificationEvent.UNSCHEDULED: {RecipientGroup.AUTHORS, RecipientGroup.APPROVERS, RecipientGroup.DECIDERS},
    NotificationEvent.WITHDRAWN: {RecipientGroup.AUTHORS, RecipientGroup.APPROVERS},
    NotificationEvent.HANDED_OVER: {RecipientGroup.SUPERUSERS},  # and the person it was handed to
    NotificationEvent.DRAFT_HANDED: set(),  # the person it was handed to
    NotificationEvent.EMERGENCY: {RecipientGroup.SIGNERS, RecipientGroup.SUPERUSERS},
    NotificationEvent.EMERGENCY_CONFIRMED: {RecipientGroup.EMERGENCY_PUBLISHERS},
    NotificationEvent.EXPUNGING_ASKED: {RecipientGroup.SIGNERS, RecipientGroup.SUPERUSERS},
}


def notify(
    event: NotificationEvent,
    article: Article,
    *,
    by: User,
    round: Round | None = None,
    reason: str = "",
    to: User | None = None,
    publications: Collection[Publication] = (),
) -> None:
    """Leaves a row for everybody who is told of the act, but for who did it. Inside the transaction of the act.

    `round`: the one that the act is about; `publications`: those that it ended or confirmed; `to`: who was handed the
    step, or the draft. Three queries, one more when nobody can decide, and to find out who signs off.
    """
    if round and not Round._meta.get_field("article").is_cached(round):
        round.article = article
    department = (round.article if round else article).department
    step = (
        (round.waiting_step or _waiting_step(round))
        if round and RecipientGroup.DECIDERS in RECIPIENT_GROUPS[event]
        else None
    )
    concerned, able = _recipient_and_decider_ids(
        _group_members(event, department, round, publications), eligible_deciders(step) if step else None
    )
    told: Recipients = dict.fromkeys(concerned, (event, False))
    headline = event
    if step:
        is_open = round.state == RoundState.OPEN
        # Where a step takes several people, those who come later were told when it was reached.
        if event != NotificationEvent.APPROVED or not step.decision_count:
            told |= dict.fromkeys(able, (event, is_open))
        if is_open and len(able) < step.people - step.decision_count:
            headline = NotificationEvent.STRANDED
    if to and to.is_active:
        told[to.pk] = (event, event == NotificationEvent.HANDED_OVER)
    told.pop(by.pk, None)
    if headline == NotificationEvent.STRANDED:
        told |= dict.fromkeys(superuser_ids(), (NotificationEvent.STRANDED, False))
    create_notifications(uuid.uuid4(), told, headline, article, by=by, round=round, reason=reason)


def create_notifications(
    action_id: uuid.UUID,
    recipients: Recipients,
    headline: NotificationEvent,
    article: Article,
    *,
    by: User | None = None,
    round: Round | None = None,
    reason: str = "",
    ignore_existing: bool = False,
) -> None:
    """One row for each of `recipients`, and one with the event `headline` for group chats.

    `ignore_existing`: a person who has a row of this act already gets no other. One query.
    """
    people = list(recipients.items())
    if settings.WEBHOOK_URLS:
        people.append((None, (headline, False)))
    facts = {
        "act": action_id,
        "article_id": article.pk,
        "round_id": round.pk if round else None,
        "actor_id": by.pk if by else None,
        "actor_name": by.full_name if by else "",
        "reason": visible_text(reason)[:MAX_REASON_CHARACTERS],
    }
    Notification.objects.create_sealed(
        (Notification(person_id=pk, event=event, asks=asks, **facts) for pk, (event, asks) in people),
        ignore_existing=ignore_existing,
    )


def _waiting_step(round: Round) -> RoundStep | None:
    """The step whose turn it is, or was when the round was closed, with `decision_count`."""
    waiting = RoundStep.objects.filter(round=round, passed_at=None).order_by("position")
    step = waiting.annotate(decision_count=Count("decisions")).first()
    if step:
        step.round = round
    return step


def superuser_ids() -> list[int]:
    """Ids of the active ones."""
    return list(User.objects.filter(is_active=True, is_superuser=True).values_list("pk", flat=True))


def _recipient_and_decider_ids(concerned: QuerySet[User], able: QuerySet[User] | None) -> tuple[set[int], set[int]]:
    """Ids of both. One query."""
    rows = concerned.order_by().values_list("pk", Value(0))
    if able is not None:
        rows = rows.union(able.order_by().values_list("pk", Value(1)), all=True)
    found: tuple[set[int], set[int]] = (set(), set())
    for pk, which in rows:
        found[which].add(pk)
    return found


def _group_members(
    event: NotificationEvent, department: Department, round: Round | None, publications: Collection[Publication]
) -> QuerySet[User]:
    """The active people of the groups that are told, but for those whose turn it is.

    Nobody without a role in the department hears of it, superusers excepted.
    """
    condition = Q()
    for group in RECIPIENT_GROUPS[event] - {RecipientGroup.DECIDERS}:
        match group:
            case RecipientGroup.AUTHORS:
                condition |= _is_author(round, publications)
            case RecipientGroup.APPROVERS:
                condition |= _is_approver(round, publications)
            case RecipientGroup.SIGNERS:
                signing = Membership.objects.filter(role__in=signing_role_ids(department)).reaching(department)
                condition |= Q(pk__in=signing.values("person"))
            case RecipientGroup.SUPERUSERS:
                condition |= Q(is_superuser=True)
            case RecipientGroup.EMERGENCY_PUBLISHERS:
                condition |= Q(pk__in=Emergency.objects.filter(publication__in=publications).values("by"))
    if not condition:
        return User.objects.none()
    belongs = Q(is_superuser=True) | Q(pk__in=Membership.objects.reaching(department).values("person"))
    return User.objects.filter(condition, belongs, is_active=True)


def _is_author(round: Round | None, publications: Collection[Publication]) -> Q:
    condition = Q(pk__in={round.submitted_by_id, *round.contributor_ids()}) if round else Q()
    if publications:
        revisions = {publication.revision_id for publication in publications}
        condition |= Q(pk__in=Round.objects.filter(publication__in=publications).values("submitted_by"))
        condition |= Q(pk__in=Contribution.objects.filter(revision__in=revisions).values("person"))
    return condition


def _is_approver(round: Round | None, publications: Collection[Publication]) -> Q:
    condition = Q(pk__in=round.approver_ids()) if round else Q()
    if publications:
        decisions = Decision.objects.filter(round__publication__in=publications, verdict=Verdict.APPROVE)
        condition |= Q(pk__in=decisions.values("person")) | Q(pk__in=decisions.values("principal"))
    return condition
