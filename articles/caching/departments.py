"""Departments for navigation and listings, read once for each version of the site."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from articles.caching.memo import memoize_by_version
from articles.models import Publication
from departments.models import Department, DepartmentKind
from ledger.monitoring.alarms import raise_alarm


@dataclass(frozen=True)
class DepartmentTree:
    """`by_pk`: every department, column and link, in the order of the navigation, with its parent at hand.

    Whether the seal of each holds was found out when they were read; `seal_holds` says that from then on.
    """

    by_pk: dict[int, Department]
    by_slug: dict[str, Department]

    def visible(self) -> list[Department]:
        """What visitors see in the navigation."""
        return [one for one in self.by_pk.values() if one.is_visible and one.seal_holds()]

    def children(self, place: Department) -> list[Department]:
        """What visitors see below a department."""
        return [one for one in self.visible() if one.parent_id == place.pk]

    def outside_links(self) -> list[Department]:
        return [one for one in self.by_pk.values() if one.kind == DepartmentKind.LINK and one.seal_holds()]

    def holding_articles(self) -> dict[int, Department]:
        """Id → department or column that is what was sealed, so that its slug may stand in an address."""
        return {pk: one for pk, one in self.by_pk.items() if one.kind != DepartmentKind.LINK and one.seal_holds()}

    def attach_to(self, publications: Iterable[Publication]) -> None:
        """Gives each publication its department, which it would have to ask for otherwise."""
        for publication in publications:
            if place := self.by_pk.get(publication.department_id):
                publication.department = place


def department_tree() -> DepartmentTree:
    return memoize_by_version("places", _load_tree)


def _load_tree() -> DepartmentTree:
    found = {place.pk: place for place in Department.objects.all()}
    for place in found.values():
        place.seal_verified = place.seal_holds()
        if place.parent_id in found:
            place.parent = found[place.parent_id]
        if place.is_visible and not place.seal_verified:
            said = gettext_noop("the seal of a menu entry does not hold; left out of the menu")
            raise_alarm(f"department {place.pk}", said)
    return DepartmentTree(found, {place.slug: place for place in found.values() if place.slug})
