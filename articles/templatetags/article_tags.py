"""What the public templates need beyond Django's own tags."""

import re
from collections.abc import Iterator
from typing import Any

from django import template
from django.core.paginator import Page
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import to_locale

from articles.models import Publication

register = template.Library()

_separators = re.compile(r"[\s,，、;；]+")


@register.simple_tag
def publication_link(publication: Publication) -> SafeString:
    """The title as a link: to the article's page, or straight to the outside address of a mere link."""
    if publication.address:
        return format_html(
            '<a class="outside" href="{}" rel="noopener">{}<span class="unseen"> {}</span></a>',
            publication.address,
            publication.title,
            _("(outside site)"),
        )
    return format_html('<a href="{}">{}</a>', publication.get_absolute_url(), publication.title)


@register.filter
def elided(page: Page) -> Iterator[int | str]:
    """The page numbers to offer, with an ellipsis for those left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@register.filter
def words(text: str) -> list[str]:
    """The words of a keyword field, which people separate by spaces or commas of any kind."""
    return [word for word in _separators.split(text) if word]


@register.filter
def language_tag(code: str) -> str:
    """A language code of Django's as HTML writes it (RFC 5646): zh-hans → zh-Hans."""
    return to_locale(code).replace("_", "-")


@register.simple_tag(takes_context=True)
def canonical(context: RequestContext) -> str:
    """The one address of this page: without parameters, save for the number of a later page of a listing."""
    request, page = context["request"], context.get("page")
    return request.build_absolute_uri(request.path + (f"?page={page.number}" if _is_later(page) else ""))


def _is_later(page: Any) -> bool:
    return isinstance(page, Page) and page.number > 1
