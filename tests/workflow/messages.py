"""Helpers for tests of outgoing messages."""

from datetime import timedelta
from typing import Any

from accounts import services as accounts
from accounts.models import User
from workflow.models import Delivery, DeliveryState


def give_address(*people: User) -> None:
    for one in people:
        one.email = f"{one.username}@example.org"
        accounts.change_user(one, by=None)


def let_time_pass(**how_long: Any) -> None:
    """Whatever waits is due as if that time had gone by."""
    for found in Delivery.objects.filter(state=DeliveryState.PENDING):
        Delivery.objects.filter(pk=found.pk).update(next_attempt_at=found.next_attempt_at - timedelta(**how_long))
