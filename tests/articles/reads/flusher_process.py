"""A child process that flushes reads and is killed at a chosen point.

    python -m tests.articles.reads.flusher_process POINT REDIS_URL DATABASE

Started by tests.articles.reads.test_redis_buffer with the variables of the tests. DATABASE is the name of their
database.
"""

import os
import signal
import sys


def killed(*_arguments: object, **_named: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(point: str, redis_url: str, database_name: str) -> None:
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database_name
    settings.REDIS_URL = redis_url
    django.setup()
    from django.db import transaction

    from articles.reads import database, flushing, redis_buffer

    buffer = redis_buffer.get_buffer()
    assert buffer
    if point == "before taking":
        buffer.close_batches = killed
    elif point == "after taking":
        buffer.batch_counts = killed
    elif point == "before the first row":
        database.add_batch = killed
    elif point == "between batch and reads":
        database.add_daily_counts = killed
    elif point == "before the commit":
        transaction.Atomic.__exit__ = killed
    elif point == "after the commit":
        buffer.delete_batch = killed
    elif point == "within a read":
        from django.test import RequestFactory

        from articles.reads import counting

        redis_buffer.ReadBuffer.count = killed
        counting.count_read(1, RequestFactory().post("/"))
    flushing.flush(buffer)
    print("flushed")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    main(*sys.argv[1:])
