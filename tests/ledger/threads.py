"""Helper that runs functions in several threads at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Begins all acts together, each in a thread with connections of its own.

    Returns, in the order of the acts, what each returned, or the exception that it raised.
    """
    start = threading.Barrier(len(acts), timeout=60)

    def begin(act: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        futures = [pool.submit(begin, act) for act in acts]
    return [future.exception() or future.result() for future in futures]
