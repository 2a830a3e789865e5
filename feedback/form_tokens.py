"""Signed timestamp in the letter form, which holds off automated senders."""

import secrets
from datetime import timedelta

from django.core import signing
from django.utils import timezone

MIN_FORM_AGE = timedelta(seconds=3)
MAX_FORM_AGE = timedelta(days=1)
_SALT = "feedback.form"


class InvalidToken(Exception):
    """None of ours, or too old."""


class SubmittedTooSoon(Exception):
    """Nobody writes so fast. The stamp stays good: a moment later it is accepted."""


def issue_token() -> str:
    return signing.dumps([timezone.now().timestamp(), secrets.token_urlsafe(12)], salt=_SALT)


def verify_token(text: str) -> str:
    """Return the random id of the form that was shown. Raises InvalidToken and SubmittedTooSoon."""
    try:
        shown, form = signing.loads(text, salt=_SALT)
    except signing.BadSignature as error:
        raise InvalidToken from error
    age = timezone.now().timestamp() - shown
    if not 0 <= age <= MAX_FORM_AGE.total_seconds():
        raise InvalidToken
    if age < MIN_FORM_AGE.total_seconds():
        raise SubmittedTooSoon
    return form
