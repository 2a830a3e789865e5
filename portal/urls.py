"""Root URL configuration."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from articles.public import sitemaps
from articles.public import urls as articles
from portal import views
from workflow import views as workflow_views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemaps.sitemap_view, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap_section, name="sitemap-section"),
    path("ledger/head.json", views.ledger_head, name="ledger-head"),
    re_path(
        r"^preview/(?P<token>[^/]+)/files/(?P<digest>[0-9a-f]{64})\.(?P<extension>[a-z0-9]{1,10})$",
        workflow_views.shared_file,
    ),
    path("admin/", admin.site.urls),
    path("", include("articles.public.urls")),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("feedback/", include("feedback.urls")),
        path("leave/", views.confirm_external_link, name="leave"),
        path("preview/<str:token>/", workflow_views.shared_preview, name="shared-preview"),
        path("", include(articles.page_urlpatterns)),
        prefix_default_language=False,
    ),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
