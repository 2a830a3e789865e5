"""Atom feeds (RFC 4287) of the site and of each department."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from articles.caching import versions
from articles.caching.departments import department_tree
from articles.listings import queries
from articles.models import Publication
from departments.models import Department, DepartmentKind

MAX_FEED_ENTRIES = 20


def _stable_id(of: str) -> str:
    """An id that stays when the article moves, the department is renamed or the site gets another domain."""
    return uuid5(NAMESPACE_URL, f"qianfa:{settings.SEAL_SITE}:{of}").urn


class SiteFeed(Feed):
    feed_type = Atom1Feed

    def title(self) -> str:
        return _("Newest articles")

    def link(self) -> str:
        return settings.SITE_URL + reverse("home")

    def feed_url(self) -> str:
        return settings.SITE_URL + reverse("feed")

    def feed_guid(self) -> str:
        return _stable_id("site")

    def items(self) -> list[Publication]:
        return list(queries.with_intact_seals(Publication.objects.live().newest_first()[:MAX_FEED_ENTRIES]))

    def item_title(self, item: Publication) -> str:
        return item.title

    def item_description(self, item: Publication) -> str:
        return item.summary

    def item_link(self, item: Publication) -> str:
        return settings.SITE_URL + item.get_absolute_url()

    def item_guid(self, item: Publication) -> str:
        return _stable_id(f"article:{item.article_id}")

    def item_pubdate(self, item: Publication) -> datetime:
        return item.dated.replace(microsecond=0)  # Django rounds it up, past the end of the year 9999 too

    def item_updateddate(self, item: Publication) -> datetime:
        return item.live_from

    def item_author_name(self, item: Publication) -> str:
        """Every entry must have one; the department that published it has, whoever wrote it."""
        return item.department.name

    def item_categories(self, item: Publication) -> list[str]:
        return [item.department.name]


class DepartmentFeed(SiteFeed):
    def get_object(self, _request: HttpRequest, slug: str) -> Department:
        found = department_tree().by_slug.get(slug)
        if found is None or found.kind == DepartmentKind.LINK or not found.seal_holds():
            raise Http404
        return found

    def title(self, obj: Department) -> str:
        return obj.name

    def subtitle(self, obj: Department) -> str:
        return obj.description

    def link(self, obj: Department) -> str:
        return settings.SITE_URL + obj.get_absolute_url()

    def feed_url(self, obj: Department) -> str:
        return settings.SITE_URL + reverse("department-feed", args=[obj.slug])

    def feed_guid(self, obj: Department) -> str:
        return _stable_id(f"department:{obj.pk}")

    def items(self, obj: Department) -> Any:
        return queries.intact_publications(queries.newest_in_department(obj, MAX_FEED_ENTRIES))


_render_site_feed, _render_department_feed = SiteFeed(), DepartmentFeed()


def _require_revalidation(response: HttpResponse) -> HttpResponse:
    """To be kept by readers and caches, but asked after each time, so that what was withdrawn goes at once.

    By its content alone: after a withdrawal the newest entry is older than before, and whoever asked by that date
    would be told that nothing has changed.
    """
    del response["Last-Modified"]
    response["Cache-Control"] = "public, no-cache"
    return response


@require_safe
@conditional_page
def site_feed(request: HttpRequest) -> HttpResponse:
    return versions.declare_scopes(_require_revalidation(_render_site_feed(request)), versions.ALL_SCOPES)


@require_safe
@conditional_page
def department_feed(request: HttpRequest, slug: str) -> HttpResponse:
    return versions.declare_scopes(
        _require_revalidation(_render_department_feed(request, slug=slug)), versions.ALL_SCOPES
    )
