"""Languages of the public interface: Chinese at plain URLs, others under a prefix (/en/…).

Articles stay as they were signed off. The language is part of the URL and of nothing else, so that any cache can hold
the pages, and they work without cookies.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern
from django.utils import translation

CONTENT_LANGUAGE = "zh-Hans"  # RFC 5646: what articles, names of departments and the like are written in


def other_language_codes() -> list[str]:
    """Codes of the languages beside the first, as they stand in addresses."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def language_of(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in other_language_codes() else settings.LANGUAGE_CODE


def without_language(path: str) -> str:
    """The path of the same page in the first language, which is what the site calls the page everywhere else."""
    language = language_of(path)
    return path if language == settings.LANGUAGE_CODE else path.removeprefix(f"/{language}")


def with_language(path: str, language: str = "") -> str:
    """The path of a page of this site, given in the first language, in `language`; in the present one by default.

    Addresses of other sites stay as they are.
    """
    language = language or translation.get_language() or settings.LANGUAGE_CODE
    if language == settings.LANGUAGE_CODE or not path.startswith("/") or path.startswith("//"):
        return path
    return f"/{language}{path}"


@lru_cache
def localised_url_names() -> frozenset[str]:
    """Names of the addresses that exist in every language: pages, as against feeds, files and data."""

    def named(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
        for found in patterns:
            if isinstance(found, URLResolver):
                yield from named(found.url_patterns)
            elif found.name:
                yield found.name

    top = get_resolver().url_patterns
    return frozenset(name for one in top if isinstance(one.pattern, LocalePrefixPattern) for name in named([one]))


class LanguageMiddleware:
    """Speaks the language of the address. Browsers' wishes do not count: one address shows everybody one page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.LANGUAGE_CODE = language_of(request.path_info)
        with translation.override(request.LANGUAGE_CODE):
            response = self.get_response(request)
        spoken = CONTENT_LANGUAGE if request.LANGUAGE_CODE == settings.LANGUAGE_CODE else request.LANGUAGE_CODE
        response.headers.setdefault("Content-Language", spoken)
        return response
