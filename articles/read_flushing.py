"""Reads that wait in Redis go to the database: each batch once, wherever a flush dies."""

import logging
from typing import NamedTuple

from django.db import DatabaseError
from django.utils import timezone

from articles import read_rows
from articles.read_buffer import Buffer, Unavailable, day_of

logger = logging.getLogger(__name__)

BATCHES_A_REQUEST = 2


class Flushed(NamedTuple):
    batches: int
    reads: int
    left: int  # batches that were not begun


def flush(buffer: Buffer, most: int | None = None) -> Flushed:
    """Adds what waits to the database, `most` batches of it at most. Several may do it at the same moment.

    A batch is deleted from Redis only when it is in the database, together with its number; one whose number is
    there already is only deleted. Raises Unavailable, and DatabaseError: what was not flushed waits on.
    """
    taken = buffer.take()
    now = timezone.now()
    batches = reads = 0
    for batch in taken[:most]:
        counts = buffer.contents(batch)
        if counts and read_rows.add_batch(batch, day_of(batch), counts, now):
            batches += 1
            reads += sum(counts.values())
        buffer.finish(batch)
    return Flushed(batches, reads, len(taken[most:]) if most else 0)


def flush_in_passing(buffer: Buffer) -> None:
    """For a request, when nothing else flushes: a bounded part, and no error for the visitor."""
    try:
        if flush(buffer, most=BATCHES_A_REQUEST).left:
            buffer.hurry()
    except (Unavailable, DatabaseError):
        logger.warning("Reads could not be flushed; they wait in Redis", exc_info=True)
