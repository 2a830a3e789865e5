"""URLs of the draft form's views, mounted in the admin."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from articles.editing.autosave import autosave, fresh_csrf_token
from articles.editing.keywords import suggest_keywords
from articles.editing.typeset import typeset_body
from articles.editing.uploads import upload
from articles.editing.word import import_word

View = Callable[..., HttpResponse]

# Part of the address, which is the name of the view too → the view.
VIEWS: dict[str, View] = {
    "autosave": autosave,
    "keywords": suggest_keywords,
    "token": fresh_csrf_token,
    "typeset": typeset_body,
    "upload": upload,
    "word": import_word,
}


def editing_urls(admin_view: Callable[[View], View]) -> list[URLPattern]:
    """`admin_view`: makes a view one of the admin's, for people who have signed in. Names: articles_editing_<name>."""
    return [path(f"editing/{name}/", admin_view(view), name=f"articles_editing_{name}") for name, view in VIEWS.items()]
