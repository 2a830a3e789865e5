"""A process that flushes and is killed at a point on its way.

    python -m tests.articles.read_flusher POINT REDIS_URL DATABASE

Started by tests.articles.test_buffered_reads with the variables of the tests. DATABASE is the name of their database.
"""

import os
import signal
import sys


def killed(*_arguments: object, **_named: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(point: str, redis_url: str, database: str) -> None:
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.REDIS_URL = redis_url
    django.setup()
    from django.db import transaction

    from articles import read_buffer, read_flushing, read_rows

    buffer = read_buffer.buffer()
    assert buffer
    if point == "before taking":
        buffer.take = killed
    elif point == "after taking":
        buffer.contents = killed
    elif point == "before the first row":
        read_rows.add_batch = killed
    elif point == "between batch and reads":
        read_rows.add = killed
    elif point == "before the commit":
        transaction.Atomic.__exit__ = killed
    elif point == "after the commit":
        buffer.finish = killed
    elif point == "within a read":
        from django.test import RequestFactory

        from articles import reads

        read_buffer.Buffer.count = killed
        reads.count_read(1, RequestFactory().post("/"))
    read_flushing.flush(buffer)
    print("flushed")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    main(*sys.argv[1:])
