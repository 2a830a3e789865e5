"""URLs of the public pages. Departments share the root of the URL space."""

from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter

from articles.public import feeds, views


class ArticleIdConverter(IntConverter):
    """The number of an article: no longer than what a database can be asked for."""

    regex = "[0-9]{1,18}"


register_converter(ArticleIdConverter, "number")

urlpatterns = [
    path("reads/<number:pk>/", views.read_counter, name="read"),
    re_path(r"^files/(?P<digest>[0-9a-f]{64})\.(?P<extension>[a-z0-9]{1,10})$", views.serve_file, name="file"),
    path("feed/", feeds.site_feed, name="feed"),
    path("<slug:slug>/feed/", feeds.department_feed, name="department-feed"),
    path("<slug:slug>/<number:pk>/code.svg", views.article_qr_code, name="article-code"),
    path("<slug:slug>/<number:pk>/proof.json", views.proof_json, name="proof-json"),
    path("<slug:slug>/<number:pk>/proof.svg", views.proof_qr_code, name="proof-code"),
]

page_urlpatterns = [
    path("search/", views.search_page, name="search"),
    path("<slug:slug>/", views.department_page, name="department"),
    path("<slug:slug>/<number:pk>/", views.article_page, name="article"),
    path("<slug:slug>/<number:pk>/proof/", views.proof_page, name="proof"),
]
