"""Template tags for letters on the desk's home page."""

from typing import Any

from django import template

from accounts.models import User
from feedback.models import Letter

register = template.Library()

MAX_LISTED_LETTERS = 5


@register.simple_tag
def new_letters_for(person: User) -> dict[str, Any]:
    """`count` of letters that nobody has dealt with yet and the person may, and the `first` few, oldest first."""
    new = Letter.objects.for_person(person).new().order_by("pk")
    first = list(new.select_related("article__department")[:MAX_LISTED_LETTERS])
    return {"count": new.count() if len(first) == MAX_LISTED_LETTERS else len(first), "first": first}
