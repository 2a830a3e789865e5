"""The two refusals of the domain. Every service raises one of them, and then nothing has changed."""

from django.core.exceptions import PermissionDenied


class NotAllowed(PermissionDenied):
    """The wrong person. Django answers 403; the message says why."""


class WrongState(Exception):
    """The right person at the wrong time. The message says why; pages show it."""
