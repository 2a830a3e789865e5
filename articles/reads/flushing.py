"""Flushing read batches from Redis to the database, each exactly once."""

import logging
from typing import NamedTuple

from django.db import DatabaseError
from django.utils import timezone

from articles.reads import database
from articles.reads.redis_buffer import ReadBuffer, RedisUnavailable, UnexpectedForm, batch_day

logger = logging.getLogger(__name__)

MAX_BATCHES_PER_REQUEST = 2


class FlushResult(NamedTuple):
    batch_count: int
    read_count: int
    remaining_batches: int  # batches that were not begun


def flush(buffer: ReadBuffer, max_batches: int | None = None) -> FlushResult:
    """Adds what waits to the database, `max_batches` batches of it at most. Several may do it at the same moment.

    A batch is deleted from Redis only when it is in the database, together with its number; one whose number is
    there already is only deleted. Raises RedisUnavailable, and DatabaseError: what was not flushed waits on.
    """
    taken = buffer.close_batches()
    now = timezone.now()
    batches = reads = 0
    for position, batch in enumerate(taken):
        if batches == max_batches:
            return FlushResult(batches, reads, len(taken) - position)
        try:
            counts, day = buffer.batch_counts(batch), batch_day(batch)
        except UnexpectedForm:  # somebody else wrote it; it must not hold up the others
            continue
        if counts and database.add_batch(batch, day, counts, now):
            batches += 1
            reads += sum(counts.values())
        buffer.delete_batch(batch)
    return FlushResult(batches, reads, 0)


def flush_during_request(buffer: ReadBuffer) -> None:
    """For a request, when nothing else flushes: a bounded part, and no error for the visitor."""
    try:
        if flush(buffer, max_batches=MAX_BATCHES_PER_REQUEST).remaining_batches:
            buffer.request_flush()
    except (RedisUnavailable, DatabaseError):
        logger.warning("Reads could not be flushed; they wait in Redis", exc_info=True)
