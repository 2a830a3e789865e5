"""Addresses of the public side: `pages`, which exist in every language, and the rest. Departments share the root."""

from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter

from articles import feeds, views


class NumberConverter(IntConverter):
    """The number of an article: no longer than what a database can be asked for."""

    regex = "[0-9]{1,18}"


register_converter(NumberConverter, "number")

urlpatterns = [
    path("reads/<number:pk>/", views.read, name="read"),
    re_path(r"^files/(?P<digest>[0-9a-f]{64})\.(?P<extension>[a-z0-9]{1,10})$", views.file, name="file"),
    path("feed/", feeds.site, name="feed"),
    path("<slug:slug>/feed/", feeds.department, name="department-feed"),
    path("<slug:slug>/<number:pk>/code.svg", views.article_code, name="article-code"),
    path("<slug:slug>/<number:pk>/proof.json", views.proof_json, name="proof-json"),
    path("<slug:slug>/<number:pk>/proof.svg", views.proof_code, name="proof-code"),
]

pages = [
    path("search/", views.search, name="search"),
    path("<slug:slug>/", views.department, name="department"),
    path("<slug:slug>/<number:pk>/", views.article, name="article"),
    path("<slug:slug>/<number:pk>/proof/", views.proof, name="proof"),
]
