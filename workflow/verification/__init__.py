"""Verification of rounds, decisions and publications, and of who decides where."""

from workflow.verification import (  # noqa: F401 (importing them registers their checks)
    authority,
    confirmations,
    emergencies,
    messages,
    pins,
    preview_links,
    publications,
    replay,
    rounds,
)
