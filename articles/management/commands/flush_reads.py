"""`flush_reads`: moves reads from Redis to the database."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.reads import database
from articles.reads.flushing import flush
from articles.reads.redis_buffer import RedisUnavailable, get_buffer
from database.connections import run_outside_request


class Command(BaseCommand):
    help = (
        "Adds the reads that wait in Redis to the database. Run it every minute; several at once do no harm, nor does "
        "one that dies. Without REDIS_URL there is nothing to do."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="go on, with a pause of so many seconds, until SIGTERM"
        )

    def handle(self, *_args: Any, every: float | None, **_options: Any) -> None:
        if every is None:
            self._flush()
            return
        ended = threading.Event()
        # The batch in hand is finished first.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        while not ended.is_set():
            try:
                run_outside_request(self._flush)
            except (CommandError, DatabaseError) as error:
                self.stderr.write(str(error))
            ended.wait(every)

    def _flush(self) -> None:
        now = timezone.now()
        database.delete_expired_visitors(now)
        database.delete_old_batches(now)
        waiting = get_buffer()
        if waiting is None:
            self.stdout.write(_("There is no Redis (REDIS_URL); reads are counted in the database at once."))
            return
        try:
            flushed = flush(waiting)
        except RedisUnavailable as error:
            raise CommandError(_("Redis does not answer; the reads wait there.")) from error
        self.stdout.write(
            _("%(reads)d reads flushed, in %(batches)d batches")
            % {"reads": flushed.read_count, "batches": flushed.batch_count}
        )
