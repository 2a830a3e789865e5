"""The refusal of an input that is too large to be parsed."""

from django.core.exceptions import ValidationError


class InputTooLarge(ValidationError):
    """The message names the bound and says what to do. Forms show it beside the field, as any ValidationError."""

    def __str__(self) -> str:
        return " ".join(self.messages)
