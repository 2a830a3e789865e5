"""Helpers that run `verify` and read its output."""

from contextlib import suppress
from io import StringIO

from django.core.management import call_command
from django.core.management.base import CommandError


def verify() -> list[str]:
    """The findings of `verify`, a line each; none when all matches. Fails when its exit status says something else."""
    said, status = StringIO(), 0
    try:
        call_command("verify", stdout=said)
    except CommandError as error:
        status = error.returncode
    lines = said.getvalue().splitlines()
    assert status in (0, 1) and lines
    return [line for line in lines if not line.startswith("note: ")] if status else []


def notes() -> list[str]:
    """What `verify` always says although nothing is wrong."""
    said = StringIO()
    with suppress(CommandError):
        call_command("verify", stdout=said)
    return [line.removeprefix("note: ") for line in said.getvalue().splitlines() if line.startswith("note: ")]


def named(what: str) -> list[str]:
    """The findings about `what`, by the words that they begin with. An entry "ledger entry 1" is not one about 12."""
    return [line for line in verify() if line.startswith((f"{what}:", f"{what} "))]
