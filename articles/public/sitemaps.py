"""Sitemaps of departments and live publications, with an index past MAX_URLS_PER_FILE URLs."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import SitemapIndexItem, sitemap, x_robots_tag
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from articles.caching import versions
from articles.caching.departments import department_tree
from articles.listings import queries
from articles.models import Publication
from departments.models import DepartmentKind

# Addresses in one file. The protocol allows ten times as many (sitemaps.org), but each seal is checked, in 0.1 ms.
MAX_URLS_PER_FILE = 5_000


class CanonicalSitemap(Sitemap):
    """Addresses under SITE_URL, whatever name and scheme the request came by."""

    @property
    def limit(self) -> int:
        return MAX_URLS_PER_FILE

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class DepartmentSitemap(CanonicalSitemap):
    changefreq = "daily"

    def items(self):
        return [place for place in department_tree().visible() if place.kind != DepartmentKind.LINK]


class _ArticleIdPaginator(Paginator):
    """Files by the numbers of the articles: none has to count, nor to pass by, what stands in the others."""

    def __init__(self) -> None:
        super().__init__([], MAX_URLS_PER_FILE)

    @cached_property
    def max_article_id(self) -> int:
        found = Publication.objects.order_by("-article_id").values_list("article_id", flat=True).first()
        return found or 0

    @cached_property
    def num_pages(self) -> int:
        return max(1, -(-self.max_article_id // self.per_page))

    def page(self, number: int | str) -> Page:
        last = self.validate_number(number) * self.per_page
        live = Publication.objects.live().filter(address="", article__gt=last - self.per_page, article__lte=last)
        return Page(list(queries.with_intact_seals(live.order_by("article_id", "number"))), number, self)


class PublicationSitemap(CanonicalSitemap):
    """Addresses and dates of live publications whose seal holds."""

    @cached_property
    def paginator(self) -> _ArticleIdPaginator:
        return _ArticleIdPaginator()

    def lastmod(self, item: Publication) -> datetime:
        return item.live_from


SITEMAPS = {"departments": DepartmentSitemap, "articles": PublicationSitemap}


@require_safe
@x_robots_tag
def sitemap_view(request: HttpRequest) -> HttpResponse:
    """One file while everything fits in it, by the numbers of the articles; else the index of the files."""
    maps = {section: kind() for section, kind in SITEMAPS.items()}
    if maps["departments"].paginator.count + maps["articles"].paginator.max_article_id <= MAX_URLS_PER_FILE:
        return versions.declare_scopes(sitemap(request, maps), versions.ALL_SCOPES)
    files = [
        f"{settings.SITE_URL}{reverse('sitemap-section', args=[section])}?p={number}"
        for section, found in maps.items()
        for number in found.paginator.page_range
    ]
    context = {"sitemaps": [SitemapIndexItem(location) for location in files]}
    index = TemplateResponse(request, "sitemap_index.xml", context, content_type="application/xml")
    return versions.declare_scopes(index, versions.ALL_SCOPES)


@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """A file of the index."""
    return sitemap(request, SITEMAPS, section=section)
