"""Addresses of the site."""

from django.contrib import admin
from django.urls import include, path, re_path

from articles import sitemaps
from portal import views
from workflow import previews

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("leave/", views.leave, name="leave"),
    path("sitemap.xml", sitemaps.site_map, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.section_of_map, name="sitemap-section"),
    path("ledger/head.json", views.ledger_head, name="ledger-head"),
    path("preview/<str:token>/", previews.shared, name="shared-preview"),
    re_path(
        r"^preview/(?P<token>[^/]+)/files/(?P<digest>[0-9a-f]{64})\.(?P<extension>[a-z0-9]{1,10})$",
        previews.shared_file,
    ),
    path("admin/", admin.site.urls),
    path("feedback/", include("feedback.urls")),
    path("", include("articles.urls")),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
