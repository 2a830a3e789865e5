"""What every public page has round its content: identity and navigation."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_noop

from articles.standing import standing
from departments.models import Department
from ledger.alarms import raise_alarm
from portal import identity


def navigation() -> list[Department]:
    """Top entries of the menu in order, each with `entries`, its children; without those whose seal does not hold."""
    return standing("navigation", _navigation)


def _navigation() -> list[Department]:
    shown = []
    for department in Department.objects.shown():
        if department.seal_holds():
            department.entries = []
            shown.append(department)
        else:
            said = gettext_noop("the seal of a menu entry does not hold; left out of the menu")
            raise_alarm(f"department {department.pk}", said)
    by_id = {department.pk: department for department in shown}
    for department in shown:
        if department.parent_id in by_id:
            by_id[department.parent_id].entries.append(department)
    return [department for department in shown if department.parent_id is None]


def chrome(_request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy, so that a page which shows neither asks the database for neither."""
    site = partial(standing, "identity", identity.current)
    return {"site": SimpleLazyObject(site), "navigation": SimpleLazyObject(navigation)}
