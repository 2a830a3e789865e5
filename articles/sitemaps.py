"""What search engines may find: departments, and live publications. Past 50,000 addresses an index of files."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import SitemapIndexItem, sitemap, x_robots_tag
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from articles import versions
from articles.models import Publication
from departments.models import Department

MOST = 50_000  # addresses in one file, the most that the protocol allows (sitemaps.org)


class OwnSitemap(Sitemap):
    """Addresses under SITE_URL, whatever name and scheme the request came by."""

    @property
    def limit(self) -> int:
        return MOST

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class DepartmentSitemap(OwnSitemap):
    changefreq = "daily"

    def items(self):
        return [d for d in Department.objects.holding_articles().shown() if d.seal_holds()]


class Row(NamedTuple):
    """As much of a publication as the map needs: fifty thousand of them are read for one file."""

    article: int
    slug: str
    live_from: datetime

    def get_absolute_url(self) -> str:
        return f"/{self.slug}/{self.article}/"


class _Rows:
    """The rows of a queryset of values, cut as it is; made when they are asked for."""

    def __init__(self, values) -> None:
        self.values = values

    def __len__(self) -> int:
        return self.values.count()

    def __getitem__(self, part: slice) -> list[Row]:
        return [Row(*found) for found in self.values[part]]


class PublicationSitemap(OwnSitemap):
    """Seals of departments are checked, for they give the addresses; those of publications are not.

    Fifty thousand would take five seconds, and every column of every row. Nothing is lost by it: the map shows no words
    of theirs, and a page whose seal does not hold says so itself (503), as one that was never published does (404).
    """

    def items(self) -> _Rows:
        sound = [d.pk for d in Department.objects.holding_articles() if d.seal_holds()]
        live = Publication.objects.live().filter(address="", department__in=sound).order_by("article_id", "number")
        return _Rows(live.values_list("article_id", "department__slug", "live_from"))

    def lastmod(self, item: Row) -> datetime:
        return item.live_from


SITEMAPS = {"departments": DepartmentSitemap, "articles": PublicationSitemap}


@require_safe
@x_robots_tag
def site_map(request: HttpRequest) -> HttpResponse:
    """One file while everything fits in it, else the index of the files."""
    maps = {section: kind() for section, kind in SITEMAPS.items()}
    if sum(found.paginator.count for found in maps.values()) <= MOST:
        return versions.shows(sitemap(request, maps), versions.EVERYTHING)
    files = [
        f"{settings.SITE_URL}{reverse('sitemap-section', args=[section])}?p={number}"
        for section, found in maps.items()
        for number in found.paginator.page_range
    ]
    context = {"sitemaps": [SitemapIndexItem(location) for location in files]}
    index = TemplateResponse(request, "sitemap_index.xml", context, content_type="application/xml")
    return versions.shows(index, versions.EVERYTHING)


@require_safe
def section_of_map(request: HttpRequest, section: str) -> HttpResponse:
    """A file of the index."""
    return sitemap(request, SITEMAPS, section=section)
