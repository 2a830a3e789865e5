"""Verification of rounds, decisions and publications, and of who decides where."""

# Importing them registers their checks.
from workflow.verification import authority, publications, replay, rounds, seals  # noqa: F401
