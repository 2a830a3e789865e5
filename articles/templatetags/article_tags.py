"""Template tags and filters of the public pages: dates, paging, pictures, links."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.template.context import Context, RequestContext
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, get_language_info, to_locale
from django.utils.translation import gettext as _

from articles.dates import local
from articles.models import Publication
from articles.public import external_links, metadata
from articles.public.body_html import render_body
from articles.public.languages import CONTENT_LANGUAGE, localised_url_names, with_language, without_language
from articles.text.sanitising import sanitise_for_display
from departments.models import Department, DepartmentKind

register = template.Library()


register.filter("localised", with_language)


@register.simple_tag
def content_language() -> SafeString:
    """The attribute that says which language words of the content are in, on pages whose chrome is in another one."""
    return SafeString("" if get_language() == settings.LANGUAGE_CODE else f' lang="{CONTENT_LANGUAGE}"')


@register.simple_tag(takes_context=True)
def other_languages(context: RequestContext) -> list[dict[str, str]]:
    """Where this page is to be had in each other language: `code`, `name` in that language, `address`.

    What exists once (a file, a page that was not found) leads to the home page.
    """
    request = context.get("request")
    if request is None:  # a page made when nothing else worked
        return []
    here = without_language(request.path)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    match = getattr(request, "resolver_match", None)
    exists = match and match.url_name in localised_url_names() and not context.get("is_error_page")
    page = here + query if exists else "/"
    return [
        {
            "code": language_tag(code),
            "name": get_language_info(code)["name_local"],
            "address": with_language(page, code),
        }
        for code, _name in settings.LANGUAGES
        if code != get_language()
    ]


@register.simple_tag(takes_context=True)
def publication_link(context: Context, publication: Publication, label: str = "") -> SafeString:
    """The title as a link: to the article's page, or to the outside address of a mere link.

    `label`: what to show for the title, such as the same with marks in it.
    """
    return mark_safe(_title_link(context, publication, label or publication.title, _page_language()))  # noqa: S308 (_link escapes)


class _PageLanguage(NamedTuple):
    """The language of the page: its code, and the attribute of words that are in another one, the content's."""

    code: str
    lang_attribute: SafeString


def _page_language() -> _PageLanguage:
    return _PageLanguage(get_language() or settings.LANGUAGE_CODE, content_language())


def _internal_link(publication: Publication, label: str, language: _PageLanguage) -> str:
    address = with_language(publication.get_absolute_url(), language.code)
    return f'<a href="{escape(address)}"{language.lang_attribute}>{conditional_escape(label)}</a>'


def _title_link(context: Context, publication: Publication, label: str, here: _PageLanguage) -> str:
    if publication.address:
        return _external_link(context, publication.address, label)
    return _internal_link(publication, label, here)


def _department_html(publication: Publication, language: _PageLanguage) -> str:
    """Its link below a title."""
    department = publication.department
    address = escape(with_language(department.get_absolute_url(), language.code))
    return (
        f'\n    <a class="listing-department" href="{address}"{language.lang_attribute}>{escape(department.name)}</a>'
    )


def _list_html(rows: Iterable[str]) -> SafeString:
    items = "".join(f"  <li>\n    {row}\n  </li>\n" for row in rows)
    return mark_safe(f'<ul class="listing">\n{items}</ul>')  # noqa: S308 (each part is escaped where it is made)


def _time_html(moment: datetime) -> str:
    here = local(moment)
    return f'\n    <time datetime="{here.isoformat(timespec="seconds")}">{here:%Y-%m-%d}</time>'


@register.simple_tag(takes_context=True)
def publication_list(
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
    language, before = _page_language(), ""
    if is_pinned:
        before = format_html('<span class="pinned">{}</span> ', _("Pinned"))

    def row(publication: Publication) -> str:
        title = _title_link(context, publication, publication.title, language)
        place = _department_html(publication, language) if with_department else ""
        summary = ""
        if with_summary and publication.summary:
            summary = f"\n    <p{language.lang_attribute}>{escape(Truncator(publication.summary).chars(120))}</p>"
        dated = _time_html(publication.dated)
        return f'<span class="listing-title">{before}{title}</span>{place}{dated}{summary}'

    return _list_html(map(row, publications))


@register.simple_tag(takes_context=True)
def search_result_list(context: Context, publications: Iterable[Publication]) -> SafeString:
    """Return the list of search results as HTML, with the terms marked in titles and snippets."""
    language = _page_language()

    def row(publication: Publication) -> str:
        title = _title_link(context, publication, publication.highlighted_title, language)
        extract = number = ""
        if publication.snippet:
            extract = f"\n    <p{language.lang_attribute}>{conditional_escape(publication.snippet)}</p>"
        if shown := getattr(publication, "highlighted_number", ""):
            number = f'\n    <span class="muted"{language.lang_attribute}>{conditional_escape(shown)}</span>'
        place, dated = _department_html(publication, language), _time_html(publication.dated)
        return f'<span class="listing-title">{title}</span>{extract}{place}{number}{dated}'

    return _list_html(map(row, publications))


@register.simple_tag(takes_context=True)
def department_link(context: Context, entry: Department) -> SafeString:
    """An entry of a menu as a link, marked when it is this very page, or what this page belongs to."""
    if entry.kind == DepartmentKind.LINK:
        return _external_link(context, entry.url, entry.name)
    address, here, current = with_language(entry.get_absolute_url()), context.get("department"), ""
    if here and entry.pk in (here.pk, here.parent_id):
        is_this_page = context["request"].path == address
        current = format_html(' aria-current="{}"', "page" if is_this_page else "true")
    return format_html('<a href="{}"{}{}>{}</a>', address, current, content_language(), entry.name)


@register.simple_tag(takes_context=True)
def external_link_url(context: Context, address: str) -> str:
    """Where a link to this outside address leads: to the notice, unless the identity of the site trusts the host."""
    return external_links.public_href(address, context["site"].trusted_host_names)


def _external_link(context: Context, address: str, label: str) -> SafeString:
    language, hint = content_language(), _("(outside site)")
    named = format_html("<span{}>{}</span>", language, label) if language else label
    return format_html(
        '<a class="external-link" href="{}" rel="noopener">{}<span class="visually-hidden"> {}</span></a>',
        external_link_url(context, address),
        named,
        hint,
    )


@register.simple_tag(takes_context=True)
def page_links(context: RequestContext, page: Page) -> SafeString:
    """Links to the other pages, which keep what else stands in the address, such as the words of a search.

    Written here for the reason that `publication_list` is.
    """
    if page.paginator.num_pages < 2:
        return SafeString("")
    query = context["request"].GET.copy()
    query.pop("page", None)
    query_prefix = escape(f"?{query.urlencode()}&" if query else "?")
    hidden_word, items = f'<span class="visually-hidden">{escape(_("Page"))} </span>', []
    for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1):
        if number == page.paginator.ELLIPSIS:
            items.append(f"<li><span>{number}</span></li>")
        else:
            current = ' aria-current="page"' if number == page.number else ""
            items.append(f'<li><a href="{query_prefix}page={number}"{current}>{hidden_word}{number}</a></li>')

    def step(number: int, relation: str, label: str) -> str:
        return f'<a class="pagination-step" href="{query_prefix}page={number}" rel="{relation}">{escape(label)}</a>\n'

    before = step(page.number - 1, "prev", _("Previous page")) if page.has_previous() else ""
    after = step(page.number + 1, "next", _("Next page")) if page.has_next() else ""
    numbers = "\n".join(items)
    return mark_safe(  # noqa: S308 (each part is escaped above)
        f'<nav class="pagination" aria-label="{escape(_("Pages"))}">\n{before}<ol>\n{numbers}\n</ol>\n{after}</nav>'
    )


@register.filter
def split_keywords(text: str) -> list[str]:
    """The words of a keyword field, which people separate by spaces or commas of any kind."""
    return metadata.split_keywords(text)


@register.filter
def language_tag(code: str) -> str:
    """A language code of Django's as HTML writes it (RFC 5646): zh-hans → zh-Hans."""
    return to_locale(code).replace("_", "-")


@register.filter
def day(moment: datetime) -> str:
    """Return the day of a moment in the site's time zone; Django's filter fails for some in the year 9999."""
    return f"{local(moment):%Y-%m-%d}"


@register.filter
def iso_datetime(moment: datetime) -> str:
    """A moment as HTML takes it in `datetime`: in the time zone of the site, without the microseconds it refuses."""
    return local(moment).isoformat(timespec="seconds")


@register.simple_tag(takes_context=True)
def canonical_url(context: RequestContext) -> str:
    """The one address of this page, under SITE_URL: without parameters, save for the number of a later page."""
    page = context.get("page")
    return (
        settings.SITE_URL
        + without_language(context["request"].path)
        + (f"?page={page.number}" if _is_later_page(page) else "")
    )


def _is_later_page(page: Any) -> bool:
    return isinstance(page, Page) and page.number > 1


@register.simple_tag(takes_context=True)
def site_meta_tags(context: Context) -> SafeString:
    """The tags that name the site, for every page."""
    return _meta_tags_html("name", metadata.site_meta_tags(context["site"]))


@register.simple_tag(takes_context=True)
def site_open_graph_tags(context: RequestContext) -> SafeString:
    """Open Graph for a page that stands for the site."""
    site = context["site"]
    tags = metadata.open_graph_tags(site, "website", site.name or _("Qianfa"), site.description, canonical_url(context))
    return _meta_tags_html("property", tags)


@register.simple_tag(takes_context=True)
def column_meta_tags(context: RequestContext, department: Department) -> SafeString:
    """What the page of a department or column tells programs of it."""
    tags = metadata.open_graph_tags(
        context["site"], "website", department.name, department.description, canonical_url(context)
    )
    return _meta_tags_html("name", metadata.column_meta_tags(department)) + _meta_tags_html("property", tags)


@register.simple_tag(takes_context=True)
def article_meta_tags(context: Context, publication: Publication) -> SafeString:
    """What the page of an article tells programs of it. The JSON is data to browsers: they run none of it."""
    tags = metadata.ArticleMetadata(publication, context["site"])
    json_ld = mark_safe(tags.json_ld())  # noqa: S308 (json_ld() escapes <, > and &: nothing can end the element)
    data = format_html('<script type="application/ld+json">{}</script>', json_ld)
    return _meta_tags_html("name", tags.meta_tags()) + _meta_tags_html("property", tags.open_graph_tags()) + data


def _meta_tags_html(attribute: str, tags: list[metadata.MetaTag]) -> SafeString:
    lines = (f'<meta {attribute}="{escape(name)}" content="{escape(text)}">\n' for name, text in tags)
    return mark_safe("".join(lines))  # noqa: S308 (both are escaped above)


@register.simple_tag(takes_context=True)
def article_body(context: Context) -> SafeString:
    """The body of `revision`, with `pictures`: they open large, tables scroll. Once public, links to other sites ask.

    Not before: a preview must sign no address that nobody has approved. Words that no seal vouches for are sanitised
    again: somebody who writes to the database could put anything into the row of a draft.
    """
    publication, body = context.get("publication"), context["revision"].body
    body = render_body(body if publication else sanitise_for_display(body), context.get("pictures", {}))
    if publication:
        body = external_links.with_interstitials(body, context["site"].trusted_host_names)
    return mark_safe(body)  # noqa: S308 (sanitised here, or when it was saved and sealed since; what is added is escaped)
