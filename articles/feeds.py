"""Feeds of the newest publications: of the whole site, and of each department."""

from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from articles import listing
from articles.models import Publication
from departments.models import Department

LENGTH = 20


class SiteFeed(Feed):
    feed_type = Atom1Feed

    def title(self) -> str:
        return _("Newest articles")

    def link(self) -> str:
        return reverse("home")

    def feed_url(self) -> str:
        return reverse("feed")

    def items(self) -> list[Publication]:
        newest = Publication.objects.live().select_related("department").order_by("-dated", "-article_id")[:LENGTH]
        return [publication for publication in newest if listing.is_intact(publication)]

    def item_title(self, item: Publication) -> str:
        return item.title

    def item_description(self, item: Publication) -> str:
        return item.summary

    def item_link(self, item: Publication) -> str:
        return item.get_absolute_url()

    def item_pubdate(self, item: Publication) -> datetime:
        return item.dated

    def item_updateddate(self, item: Publication) -> datetime:
        return item.live_from

    def item_categories(self, item: Publication) -> list[str]:
        return [item.department.name]


class DepartmentFeed(SiteFeed):
    def get_object(self, _request: HttpRequest, slug: str) -> Department:
        found = Department.objects.holding_articles().filter(slug=slug).first()
        if found is None or not found.seal_holds():
            raise Http404
        return found

    def title(self, obj: Department) -> str:
        return obj.name

    def subtitle(self, obj: Department) -> str:
        return obj.description

    def link(self, obj: Department) -> str:
        return obj.get_absolute_url()

    def feed_url(self, obj: Department) -> str:
        return reverse("department-feed", args=[obj.slug])

    def items(self, obj: Department) -> Any:
        return listing.shown(listing.in_department(obj)[:LENGTH])
