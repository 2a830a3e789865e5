"""Reminders 催办 of overdue steps and of rounds that nobody can decide."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from workflow.models import Notification, NotificationEvent, Round, RoundStep
from workflow.notifications import recipients
from workflow.notifications.recipients import Recipients
from workflow.rules.eligible_deciders import eligible_decider_ids

REMINDER_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:qianfa:reminder")


def remind(now: datetime | None = None) -> int:
    """Tells of every open round that is overdue or stranded; returns how many people were told anew.

    However often it is called, each person is told once a day of each step.
    """
    now = now or timezone.now()
    waiting = RoundStep.objects.waiting()
    related = ("round__article__department__parent", "round__article__department__responsible")
    return sum(_remind_step(step, now) for step in waiting.select_related(*related).order_by("pk"))


def _remind_step(step: RoundStep, now: datetime) -> int:
    told, headline = _recipients(step, now)
    # The act follows from step and day, so that the database lets each person have one reminder a day.
    act = uuid.uuid5(REMINDER_NAMESPACE, f"{step.pk} {timezone.localdate(now)}")
    with transaction.atomic():
        already = set(Notification.objects.filter(act=act).values_list("person", flat=True)) if told else set()
        fresh = {pk: facts for pk, facts in told.items() if pk not in already}
        # The round is held until the rows stand: nobody is reminded of what has just been decided.
        held = (
            Round.objects.open().select_for_update(no_key=True).filter(pk=step.round_id)
            if fresh
            else Round.objects.none()
        )
        if not held.first():
            return 0
        recipients.create_notifications(
            act, fresh, headline, step.round.article, round=step.round, ignore_existing=True
        )
    return len(fresh)


def _recipients(step: RoundStep, now: datetime) -> tuple[Recipients, NotificationEvent]:
    """Who is told of the step now, and what group chats are told."""
    able, needed = eligible_decider_ids(step), step.people - step.decisions.count()
    told: Recipients = {}
    if step.due_at and now > step.due_at + (step.due_at - step.reached_at):  # it took twice its time
        told |= dict.fromkeys(recipients.superuser_ids(), (NotificationEvent.OVERDUE, False))
    if step.due_at and now > step.due_at:
        told |= dict.fromkeys(able, (NotificationEvent.OVERDUE, True))
    if len(able) >= needed:
        return told, NotificationEvent.OVERDUE
    return told | dict.fromkeys(
        recipients.superuser_ids(), (NotificationEvent.STRANDED, False)
    ), NotificationEvent.STRANDED
