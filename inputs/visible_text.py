"""Visible text: whether a reader sees anything of a text, or only characters that show nothing."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Unicode calls these letters and symbols, but no font draws anything: fillers of Hangul, an empty Braille cell, and
# the place of an object. All other invisible characters have categories of their own (format, control, mark, blank).
INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159")
_VISIBLE_CATEGORIES = frozenset("LNPS")  # letters, numbers, punctuation, symbols


def has_visible_text(text: str) -> bool:
    """Return whether a reader sees anything of the text.

    >>> has_visible_text("\\u200b\\u2060\\u00ad \\ufeff\\u3164\\ufe0f\\u202e")
    False
    """
    return any(
        unicodedata.category(character)[0] in _VISIBLE_CATEGORIES and character not in INVISIBLE_LETTERS
        for character in text
    )


def visible_text(text: str) -> str:
    """Return the text without blanks around it, or "" if a reader would see nothing of it."""
    return text.strip() if has_visible_text(text) else ""


def validate_visible(text: str) -> None:
    """Validator of fields that must say something. Raises ValidationError for text of invisible characters only."""
    if not has_visible_text(text):
        raise ValidationError(_("This holds nothing that anybody can see. Write words."), code="required")
