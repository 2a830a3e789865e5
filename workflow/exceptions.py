"""Refusals of actions that a page answers in its own way, such as beside a form field."""

from departments.exceptions import WrongState


class ReasonMissing(WrongState):
    """The action needs a reason."""


class StaleText(WrongState):
    """The decision is about a text that is not the one under review."""


class BadTime(WrongState):
    """The time that was asked for is not possible."""


class NotOpened(WrongState):
    """The decision does not come from a review page that this person opened."""


class BadRemark(WrongState):
    """Something in the remark is not possible. `field` names the field of the form that it is about."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)
