"""What the public templates need beyond Django's own tags."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.template.context import Context, RequestContext
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import get_language, get_language_info, to_locale
from django.utils.translation import gettext as _

from articles import leaving, metadata
from articles.languages import CONTENT, localised, names_of_pages, plain
from articles.models import Publication
from articles.presenting import presented
from departments.models import Department, Kind

register = template.Library()


register.filter("localised", localised)


@register.simple_tag
def content_language() -> SafeString:
    """The attribute that says which language words of the content are in, on pages whose chrome is in another one."""
    return SafeString("" if get_language() == settings.LANGUAGE_CODE else f' lang="{CONTENT}"')


@register.simple_tag(takes_context=True)
def other_languages(context: RequestContext) -> list[dict[str, str]]:
    """Where this page is to be had in each other language: `code`, `name` in that language, `address`.

    What exists once (a file, a page that was not found) leads to the home page.
    """
    request = context.get("request")
    if request is None:  # a page made when nothing else worked
        return []
    here = plain(request.path)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    match = getattr(request, "resolver_match", None)
    exists = match and match.url_name in names_of_pages() and not context.get("trouble")
    page = here + query if exists else "/"
    return [
        {"code": language_tag(code), "name": get_language_info(code)["name_local"], "address": localised(page, code)}
        for code, _name in settings.LANGUAGES
        if code != get_language()
    ]


@register.simple_tag(takes_context=True)
def publication_link(context: Context, publication: Publication, words: str = "") -> SafeString:
    """The title as a link: to the article's page, or to the outside address of a mere link.

    `words`: what to show for the title, such as the same with marks in it.
    """
    words = words or publication.title
    if publication.address:
        return _outside_link(context, publication.address, words)
    address = localised(publication.get_absolute_url())
    return format_html('<a href="{}"{}>{}</a>', address, content_language(), words)


@register.simple_tag(takes_context=True)
def listing(
    context: Context,
    publications: Iterable[Publication],
    *,
    is_pinned: bool = False,
    with_department: bool = False,
    with_summary: bool = False,
) -> SafeString:
    """A list of articles: title, date and, where asked for, department and summary.

    Written here and not in a template: a home page has sixty rows, which would take more than all the rest of it.
    """
    language, before = content_language(), SafeString("")
    if is_pinned:
        before = format_html('<span class="pinned">{}</span> ', _("Pinned"))
    rows = []
    for publication in publications:
        department = publication.department if with_department else None
        place = summary = SafeString("")
        if department is not None and department.seal_holds():
            address = localised(department.get_absolute_url())
            place = format_html(
                '\n    <a class="listing-department" href="{}"{}>{}</a>', address, language, department.name
            )
        if with_summary and publication.summary:
            summary = format_html("\n    <p{}>{}</p>", language, Truncator(publication.summary).chars(120))
        dated = localtime(publication.dated)
        rows.append(
            f'  <li>\n    <span class="listing-title">{before}{publication_link(context, publication)}</span>{place}\n'
            f'    <time datetime="{dated.isoformat(timespec="seconds")}">{dated:%Y-%m-%d}</time>{summary}\n  </li>\n'
        )
    return mark_safe(f'<ul class="listing">\n{"".join(rows)}</ul>')  # noqa: S308 (each part is escaped above)


@register.simple_tag(takes_context=True)
def department_link(context: Context, entry: Department) -> SafeString:
    """An entry of a menu as a link, marked when it is this very page, or what this page belongs to."""
    if entry.kind == Kind.LINK:
        return _outside_link(context, entry.url, entry.name)
    address, here, current = localised(entry.get_absolute_url()), context.get("department"), ""
    if here and entry.pk in (here.pk, here.parent_id):
        is_this_page = context["request"].path == address
        current = format_html(' aria-current="{}"', "page" if is_this_page else "true")
    return format_html('<a href="{}"{}{}>{}</a>', address, current, content_language(), entry.name)


@register.simple_tag(takes_context=True)
def leads_out(context: Context, address: str) -> str:
    """Where a link to this outside address leads: to the notice, unless the identity of the site trusts the host."""
    return leaving.led(address, context["site"].straight_hosts)


def _outside_link(context: Context, address: str, words: str) -> SafeString:
    language, hint = content_language(), _("(outside site)")
    named = format_html("<span{}>{}</span>", language, words) if language else words
    return format_html(
        '<a class="outside" href="{}" rel="noopener">{}<span class="unseen"> {}</span></a>',
        leads_out(context, address),
        named,
        hint,
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
    return settings.SITE_URL + plain(context["request"].path) + (f"?page={page.number}" if _is_later(page) else "")


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
    told_as_json = mark_safe(told.json_ld())  # noqa: S308 (json_ld() escapes <, > and &: nothing can end the element)
    data = format_html('<script type="application/ld+json">{}</script>', told_as_json)
    return _metas("name", told.tags()) + _metas("property", told.open_graph()) + data


def _metas(attribute: str, tags: list[metadata.Tag]) -> SafeString:
    return format_html_join("", '<meta {} content="{}">\n', ((_named(attribute, name), text) for name, text in tags))


def _named(attribute: str, name: str) -> SafeString:
    return format_html('{}="{}"', attribute, name)


@register.simple_tag(takes_context=True)
def prose(context: Context) -> SafeString:
    """The body of `revision`, with `pictures`: they open large, tables scroll. Once public, links to other sites ask.

    Not before: a preview must sign no address that nobody has approved.
    """
    body = presented(context["revision"].body, context.get("pictures", {}))
    if context.get("publication"):
        body = leaving.with_notices(body, context["site"].straight_hosts)
    return mark_safe(body)  # noqa: S308 (sanitised when it was saved, sealed since; what is added here is escaped)
