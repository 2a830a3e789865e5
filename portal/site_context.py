"""Template context of every public page: identity and navigation."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from articles.caching.departments import department_tree
from articles.caching.memo import memoize_by_version
from departments.models import Department
from portal import identity


def navigation() -> list[Department]:
    """Return the top entries of the menu in order, each with `visible_children`. A broken seal hides an entry."""
    return memoize_by_version("navigation", _load_navigation)


def _load_navigation() -> list[Department]:
    tree = department_tree()
    top_level = [
        department
        for department in tree.by_pk.values()
        if department.parent_id is None and department.is_visible and department.seal_holds()
    ]
    for department in top_level:
        department.visible_children = tree.children(department)
    return top_level


def site_context(_request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy, so that a page which shows neither asks the database for neither."""
    site = partial(memoize_by_version, "identity", identity.current_identity)
    return {"site": SimpleLazyObject(site), "navigation": SimpleLazyObject(navigation)}
