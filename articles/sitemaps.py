"""What search engines may find: departments, and live publications."""

from datetime import datetime

from django.contrib.sitemaps import Sitemap

from articles.models import Publication
from departments.models import Department


class DepartmentSitemap(Sitemap):
    changefreq = "daily"

    def items(self):
        return [d for d in Department.objects.holding_articles().shown() if d.seal_holds()]


class PublicationSitemap(Sitemap):
    limit = 50_000  # the most that the protocol allows in one file (sitemaps.org)

    def items(self):
        return Publication.objects.live().filter(address="").select_related("department").order_by("article_id")

    def lastmod(self, item: Publication) -> datetime:
        return item.live_from


SITEMAPS = {"departments": DepartmentSitemap, "articles": PublicationSitemap}
