"""Who is told what: each act leaves notification rows, in its own transaction; workflow.delivery sends them later."""

import uuid
from collections.abc import Collection
from enum import Enum, auto

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Value

from accounts.models import User
from articles.models import Article, Contribution, Publication
from departments.models import Department, Membership
from workflow import rounds, standing_in
from workflow.models import Decision, Emergency, Event, Notification, Round, RoundState, RoundStep, Verdict

__all__ = ["Event", "Told", "superusers", "tell", "write"]

LONGEST_REASON = Notification._meta.get_field("reason").max_length


# Id of a person → what they are told, and whether a decision is asked of them.
Told = dict[int, tuple[Event, bool]]


class Group(Enum):
    AUTHORS = auto()  # who wrote or submitted the text
    APPROVERS = auto()  # who approved it, and in whose place
    TURN = auto()  # whose turn it is; once the round is closed, whose turn it was
    SIGNERS = auto()  # who signs off in the department
    SUPERUSERS = auto()
    EMERGENCY_PUBLISHERS = auto()


TOLD: dict[Event, set[Group]] = {
    Event.SUBMITTED: {Group.TURN},
    Event.TAKEN_BACK: {Group.TURN, Group.APPROVERS},
    Event.APPROVED: {Group.TURN, Group.AUTHORS},
    Event.RETURNED: {Group.AUTHORS, Group.APPROVERS},
    Event.PUBLISHED: {Group.AUTHORS, Group.APPROVERS},
    Event.DISCARDED: {Group.AUTHORS, Group.APPROVERS, Group.TURN},
    Event.UNSCHEDULED: {Group.AUTHORS, Group.APPROVERS, Group.TURN},
    Event.WITHDRAWN: {Group.AUTHORS, Group.APPROVERS},
    Event.HANDED_OVER: set(),  # the person it was handed to
    Event.DRAFT_HANDED: set(),  # likewise
    Event.EMERGENCY: {Group.SIGNERS, Group.SUPERUSERS},
    Event.EMERGENCY_CONFIRMED: {Group.EMERGENCY_PUBLISHERS},
    Event.EXPUNGING_ASKED: {Group.SIGNERS, Group.SUPERUSERS},
}


def tell(
    event: Event,
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
    step = (round.waiting or _waiting(round)) if round and Group.TURN in TOLD[event] else None
    concerned, able = _ids(_concerned(event, department, round, publications), standing_in.able(step) if step else None)
    told: Told = dict.fromkeys(concerned, (event, False))
    headline = event
    if step:
        is_open = round.state == RoundState.OPEN
        # Where a step takes several people, those who come later were told when it was reached.
        if event != Event.APPROVED or not step.decided:
            told |= dict.fromkeys(able, (event, is_open))
        if is_open and len(able) < step.people - step.decided:
            headline = Event.STRANDED
    if to and to.is_active:
        told[to.pk] = (event, event == Event.HANDED_OVER)
    told.pop(by.pk, None)
    if headline == Event.STRANDED:
        told |= dict.fromkeys(superusers(), (Event.STRANDED, False))
    write(uuid.uuid4(), told, headline, article, by=by, round=round, reason=reason)


def write(
    act: uuid.UUID,
    told: Told,
    headline: Event,
    article: Article,
    *,
    by: User | None = None,
    round: Round | None = None,
    reason: str = "",
    again: bool = False,
) -> None:
    """One row for each of `told`, and one with the event `headline` for group chats.

    `again`: rows of the same act may be there already; whoever has one gets no other. One query.
    """
    people = list(told.items())
    if settings.WEBHOOK_URLS:
        people.append((None, (headline, False)))
    facts = {
        "act": act,
        "article_id": article.pk,
        "round_id": round.pk if round else None,
        "actor_id": by.pk if by else None,
        "actor_name": by.full_name if by else "",
        "reason": reason.strip()[:LONGEST_REASON],
    }
    Notification.objects.bulk_create(
        (Notification(person_id=pk, event=event, asks=asks, **facts) for pk, (event, asks) in people),
        ignore_conflicts=again,
    )


def _waiting(round: Round) -> RoundStep | None:
    """The step whose turn it is, or was when the round was closed, with `decided`, the number of its decisions."""
    waiting = RoundStep.objects.filter(round=round, passed_at=None).order_by("position")
    step = waiting.annotate(decided=Count("decisions")).first()
    if step:
        step.round = round
    return step


def superusers() -> list[int]:
    """Ids of the active ones."""
    return list(User.objects.filter(is_active=True, is_superuser=True).values_list("pk", flat=True))


def _ids(concerned: QuerySet[User], able: QuerySet[User] | None) -> tuple[set[int], set[int]]:
    """Ids of both. One query."""
    rows = concerned.order_by().values_list("pk", Value(0))
    if able is not None:
        rows = rows.union(able.order_by().values_list("pk", Value(1)), all=True)
    found: tuple[set[int], set[int]] = (set(), set())
    for pk, which in rows:
        found[which].add(pk)
    return found


def _concerned(
    event: Event, department: Department, round: Round | None, publications: Collection[Publication]
) -> QuerySet[User]:
    """The active people of the groups that are told, but for those whose turn it is.

    Nobody without a role in the department hears of it, superusers excepted.
    """
    condition = Q()
    for group in TOLD[event] - {Group.TURN}:
        match group:
            case Group.AUTHORS:
                condition |= _authors(round, publications)
            case Group.APPROVERS:
                condition |= _approvers(round, publications)
            case Group.SIGNERS:
                signing = Membership.objects.filter(role__in=rounds.signing_roles(department)).reaching(department)
                condition |= Q(pk__in=signing.values("person"))
            case Group.SUPERUSERS:
                condition |= Q(is_superuser=True)
            case Group.EMERGENCY_PUBLISHERS:
                condition |= Q(pk__in=Emergency.objects.filter(publication__in=publications).values("by"))
    if not condition:
        return User.objects.none()
    belongs = Q(is_superuser=True) | Q(pk__in=Membership.objects.reaching(department).values("person"))
    return User.objects.filter(condition, belongs, is_active=True)


def _authors(round: Round | None, publications: Collection[Publication]) -> Q:
    condition = Q(pk__in={round.submitted_by_id, *round.hands()}) if round else Q()
    if publications:
        revisions = {publication.revision_id for publication in publications}
        condition |= Q(pk__in=Round.objects.filter(publication__in=publications).values("submitted_by"))
        condition |= Q(pk__in=Contribution.objects.filter(revision__in=revisions).values("person"))
    return condition


def _approvers(round: Round | None, publications: Collection[Publication]) -> Q:
    condition = Q(pk__in=round.approvers()) if round else Q()
    if publications:
        decisions = Decision.objects.filter(round__publication__in=publications, verdict=Verdict.APPROVE)
        condition |= Q(pk__in=decisions.values("person")) | Q(pk__in=decisions.values("principal"))
    return condition
