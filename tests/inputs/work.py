"""Counting the work that a function does, in calls and not in time."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Work:
    """`calls`: of Python functions and of C functions. `outcome`: what came back, or the refusal."""

    calls: int
    outcome: Any


def count_work(function: Callable[[], Any], refusals: tuple[type[Exception], ...]) -> Work:
    """Run a function and count its calls. A refusal is an outcome like any other."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        outcome = function()
    except refusals as error:
        outcome = error
    finally:
        sys.setprofile(None)
    return Work(calls, outcome)
