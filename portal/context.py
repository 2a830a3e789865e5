"""What every public page has round its content: identity and navigation."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from articles.lasting import lasting
from articles.places import places
from departments.models import Department
from portal import identity


def navigation() -> list[Department]:
    """Top entries of the menu in order, each with `entries`, its children; without those whose seal does not hold."""
    return lasting("navigation", _navigation)


def _navigation() -> list[Department]:
    found = places()
    top = [
        place for place in found.by_pk.values() if place.parent_id is None and place.is_visible and place.seal_holds()
    ]
    for place in top:
        place.entries = found.children(place)
    return top


def chrome(_request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy, so that a page which shows neither asks the database for neither."""
    site = partial(lasting, "identity", identity.current)
    return {"site": SimpleLazyObject(site), "navigation": SimpleLazyObject(navigation)}
