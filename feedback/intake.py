"""Receiving letters: rate limits and duplicate detection."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from articles.reads.visitors import network_of
from feedback.models import Letter, RecentLetter, derive_receipt
from ledger.canonical_json import sha256

RATE_LIMIT_WINDOW = timedelta(hours=1)
LETTER_LOCK_ID = 0x4C6574746572  # "Letter": the advisory lock under which letters are counted on PostgreSQL


class RateLimitExceeded(Exception):
    """The bound of an hour is reached. `by_visitor`: this visitor's own, else that of all together."""

    def __init__(self, *, by_visitor: bool) -> None:
        super().__init__()
        self.by_visitor = by_visitor


def visitor_hash(request: HttpRequest, at: datetime) -> str:
    """A keyed hash of the network, salted by the day; 32 hexadecimal digits.

    Unlike in articles.reads.visitors the user agent is left out, which a sender can change at will.
    """
    text = f"feedback|{timezone.localdate(at)}|{network_of(request.META.get('REMOTE_ADDR', ''))}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


@transaction.atomic
def store_letter(visitor: str, form_id: str, *, earlier_visitor: str = "", **fields: Any) -> Letter:
    """Stores a letter and returns it; for the same words in the same form, the letter that is there already.

    `visitor`: the hash of the visitor; `earlier_visitor`: theirs at the beginning of RATE_LIMIT_WINDOW, which in the
    first hour of a day is yesterday's; `form`: what tells this form from every other one; `words`: fields of Letter.
    Raises RateLimitExceeded, and stores nothing then. The bound holds however many processes take letters in: they
    count one after the other, each when all before it have committed.
    """
    _lock_letters()
    at = timezone.now()
    form_digest = _form_digest(form_id, fields)
    if sent := Letter.objects.filter(form_digest=form_digest).first():
        return sent
    delete_old_recent_letters(at)
    counted = RecentLetter.objects.aggregate(
        all=Count("pk"), theirs=Count("pk", filter=Q(visitor__in=[visitor, earlier_visitor]))
    )
    if counted["theirs"] >= settings.FEEDBACK_PER_VISITOR:
        raise RateLimitExceeded(by_visitor=True)
    if counted["all"] >= settings.FEEDBACK_PER_HOUR:
        raise RateLimitExceeded(by_visitor=False)
    RecentLetter.objects.create(visitor=visitor, at=at)
    receipt_digest = sha256(derive_receipt(form_digest))
    letter = Letter(form_digest=form_digest, receipt_digest=receipt_digest, created_at=at, **fields)
    letter.apply_seal()
    letter.save(force_insert=True)
    return letter


def delete_old_recent_letters(at: datetime) -> int:
    """Removes the notes of who sent something that are older than the window; returns how many. Idempotent."""
    return RecentLetter.objects.filter(at__lte=at - RATE_LIMIT_WINDOW).delete()[0]


def _lock_letters() -> None:
    """Until the transaction ends. On SQLite it is alone already: transactions are IMMEDIATE."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LETTER_LOCK_ID])


def _form_digest(form: str, words: dict[str, Any]) -> str:
    spelled = [form, *(f"{name}={getattr(value, 'pk', value)}" for name, value in sorted(words.items()))]
    return hashlib.sha256("\0".join(spelled).encode()).hexdigest()
