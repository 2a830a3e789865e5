"""Helpers that run `verify` and read its output."""

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
    findings = said.getvalue().splitlines()
    assert status in (0, 1) and findings
    return findings if status else []


def named(what: str) -> list[str]:
    """The findings about `what`, by the words that they begin with. An entry "ledger entry 1" is not one about 12."""
    return [line for line in verify() if line.startswith((f"{what}:", f"{what} "))]
