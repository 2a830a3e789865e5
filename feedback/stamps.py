"""The stamp in the form: when it was shown, under our signature. Programs send it at once, or days later."""

import secrets
from datetime import timedelta

from django.core import signing
from django.utils import timezone

SOONEST = timedelta(seconds=3)
LATEST = timedelta(days=1)
_SALT = "feedback.form"


class BadStamp(Exception):
    """None of ours, or too old."""


class TooQuick(Exception):
    """Nobody writes so fast. The stamp stays good: a moment later it is accepted."""


def new() -> str:
    return signing.dumps([timezone.now().timestamp(), secrets.token_urlsafe(12)], salt=_SALT)


def read(text: str) -> str:
    """What tells the form from every other one: made at random each time it is shown. Raises BadStamp, TooQuick."""
    try:
        shown, form = signing.loads(text, salt=_SALT)
    except signing.BadSignature as error:
        raise BadStamp from error
    age = timezone.now().timestamp() - shown
    if not 0 <= age <= LATEST.total_seconds():
        raise BadStamp
    if age < SOONEST.total_seconds():
        raise TooQuick
    return form
