"""What the public templates need beyond Django's own tags."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.template.context import Context, RequestContext
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import to_locale

from articles import leaving, metadata
from articles.models import Publication
from articles.presenting import presented
from departments.models import Department, Kind

register = template.Library()


@register.simple_tag
def publication_link(publication: Publication) -> SafeString:
    """The title as a link: to the article's page, or straight to the outside address of a mere link."""
    if publication.address:
        return _outside_link(publication.address, publication.title)
    return format_html('<a href="{}">{}</a>', publication.get_absolute_url(), publication.title)


@register.simple_tag(takes_context=True)
def department_link(context: Context, entry: Department) -> SafeString:
    """An entry of a menu as a link, marked when it is this very page, or what this page belongs to."""
    if entry.kind == Kind.LINK:
        return _outside_link(entry.url, entry.name)
    address, here, current = entry.get_absolute_url(), context.get("department"), ""
    if here and entry.pk in (here.pk, here.parent_id):
        is_this_page = context["request"].path == address
        current = format_html(' aria-current="{}"', "page" if is_this_page else "true")
    return format_html('<a href="{}"{}>{}</a>', address, current, entry.name)


def _outside_link(address: str, words: str) -> SafeString:
    return format_html(
        '<a class="outside" href="{}" rel="noopener">{}<span class="unseen"> {}</span></a>',
        address,
        words,
        _("(outside site)"),
    )


@register.filter
def elided(page: Page) -> Iterator[int | str]:
    """The page numbers to offer, with an ellipsis for those left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@register.filter
def words(text: str) -> list[str]:
    """The words of a keyword field, which people separate by spaces or commas of any kind."""
    return metadata.words(text)


@register.filter
def language_tag(code: str) -> str:
    """A language code of Django's as HTML writes it (RFC 5646): zh-hans → zh-Hans."""
    return to_locale(code).replace("_", "-")


@register.filter
def instant(moment: datetime) -> str:
    """A moment as HTML takes it in `datetime`: in the time zone of the site, without the microseconds it refuses."""
    return localtime(moment).isoformat(timespec="seconds")


@register.simple_tag(takes_context=True)
def canonical(context: RequestContext) -> str:
    """The one address of this page, under SITE_URL: without parameters, save for the number of a later page."""
    page = context.get("page")
    return settings.SITE_URL + context["request"].path + (f"?page={page.number}" if _is_later(page) else "")


def _is_later(page: Any) -> bool:
    return isinstance(page, Page) and page.number > 1


@register.simple_tag(takes_context=True)
def site_tags(context: Context) -> SafeString:
    """The tags that name the site, for every page."""
    return _metas("name", metadata.site_tags(context["site"]))


@register.simple_tag(takes_context=True)
def site_open_graph(context: RequestContext) -> SafeString:
    """Open Graph for a page that stands for the site."""
    site = context["site"]
    told = metadata.open_graph(site, "website", site.name or _("Qianfa"), site.description, canonical(context))
    return _metas("property", told)


@register.simple_tag(takes_context=True)
def tags_of_column(context: RequestContext, department: Department) -> SafeString:
    """What the page of a department or column tells programs of it."""
    told = metadata.open_graph(context["site"], "website", department.name, department.description, canonical(context))
    return _metas("name", metadata.column_tags(department)) + _metas("property", told)


@register.simple_tag(takes_context=True)
def tags_of_article(context: Context, publication: Publication) -> SafeString:
    """What the page of an article tells programs of it. The JSON is data to browsers: they run none of it."""
    told = metadata.Told(publication, context["site"])
    data = format_html('<script type="application/ld+json">{}</script>', mark_safe(told.json_ld()))  # noqa: S308
    return _metas("name", told.tags()) + _metas("property", told.open_graph()) + data


def _metas(attribute: str, tags: list[metadata.Tag]) -> SafeString:
    return format_html_join("", '<meta {} content="{}">\n', ((_named(attribute, name), text) for name, text in tags))


def _named(attribute: str, name: str) -> SafeString:
    return format_html('{}="{}"', attribute, name)


@register.simple_tag(takes_context=True)
def prose(context: Context) -> SafeString:
    """The body of `revision`: pictures open large, tables scroll. Once it is public, links to other sites ask first.

    Not before: a preview must sign no address that nobody has approved.
    """
    body = presented(context["revision"].body)
    if context.get("publication"):
        body = leaving.with_notices(body, context["site"].straight_hosts)
    return mark_safe(body)  # noqa: S308
