"""Verification of rounds, decisions and publications, and of who decides where."""

from workflow.verification import authority, publications, rounds  # noqa: F401 (importing them registers their checks)
