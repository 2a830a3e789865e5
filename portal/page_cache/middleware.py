"""The middleware of the page cache: serves cached pages, renders each missing page once.

Only visitors without a session get cached pages; staff always get a page rendered for them. A cached page is served
only while its version key equals the current one (articles.caching.versions), which is read twice a second. A proxy in
front (X-Accel-Expires) may keep a response to the end of the second in which the versions were read. So no page
outlives an act by more than a second, there neither.
"""

import re
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings

from articles.caching import versions
from articles.caching.versions import Versions
from articles.public.languages import without_language
from database.connections import run_outside_request
from portal.middleware.proxies import apply_forwarded_headers
from portal.page_cache.page import DROPPED_HEADERS, CachedPage, Headers, best_encoding
from portal.page_cache.stores import MAX_PAGE_BYTES, RENDER_TIMEOUT_SECONDS, MemoryStore, redis_store
from portal.page_cache.uncacheable import UncacheableAddresses

# What is never kept needs no looking for.
_UNCACHED_PREFIXES = (
    "/admin/",
    "/static/",
    "/files/",
    "/reads/",
    "/healthz",
    "/readyz",
    "/preview/",
    "/feedback/",
    "/leave/",
)
_cacheable_query = re.compile(r"(page=[0-9]{1,7})?")  # others would fill the stores with what nobody asks for again
_GONE_STATUSES = ("404", "410")
_NO_PROXY_CACHE = ("X-Accel-Expires", "0")
LOCK_COUNT = 256  # pages share them, so that their number does not grow
POLL_SECONDS = 0.01  # seconds, while another process renders
_PER_REQUEST_HEADERS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_ACCEPT_ENCODING")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class UncachedResponse(NamedTuple):
    """What Django answered when it is no page to keep."""

    status: str
    headers: Headers
    body: bytes


class PageCacheMiddleware:
    """A WSGI application round Django's."""

    def __init__(self, django: Application) -> None:
        self.django = django
        self.memory_store = MemoryStore()
        self.redis_store = redis_store()
        self.uncacheable = UncacheableAddresses()
        self.locks = [Lock() for _ in range(LOCK_COUNT)]
        self.session_cookie_prefix = f"{settings.SESSION_COOKIE_NAME}="

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        apply_forwarded_headers(environ)
        if not self.is_cacheable_request(environ):
            return self.django(environ, start_response)
        if not _cacheable_query.fullmatch(environ.get("QUERY_STRING", "")):
            return self.pass_through(environ, start_response)
        key = _cache_key(environ)
        versions_now = _current_versions()
        response: CachedPage | UncachedResponse | None = self.memory_store.get(key)
        if response is None or not response.is_valid(versions_now):
            response = self.get_or_render(key, environ)
        elif not response.is_fresh():
            response = self.rerender_stale(key, environ) or response
        return _respond(response, environ, start_response, versions_now.accel_expires)

    def is_cacheable_request(self, environ: Environ) -> bool:
        return (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and not without_language(environ["PATH_INFO"]).startswith(_UNCACHED_PREFIXES)
            and self.session_cookie_prefix not in environ.get("HTTP_COOKIE", "")
            and not environ.get("SCRIPT_NAME")
        )

    def pass_through(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """Django's own answer, which what stands before us may keep for the second."""
        second = _current_versions().accel_expires

        def begin(status: str, headers: Headers, *rest: Any) -> Any:
            return start(status, [*headers, _accel_expires_header(status, headers, second)], *rest)

        return self.django(environ, begin)

    def get_or_render(self, key: str, environ: Environ) -> CachedPage | UncachedResponse:
        """Return the page from the other store, or render it: once, however many ask for it at the same time.

        An address that is known not to be cacheable takes no lock, because nobody gains by waiting for another
        visitor's response.
        """
        if not self.uncacheable.contains(key, _current_versions()):
            with self._lock_for(key):
                if response := self._find_or_render_once(key, environ):
                    return response
        return self.render(key, environ)

    def _find_or_render_once(self, key: str, environ: Environ) -> CachedPage | UncachedResponse | None:
        """Return the page while other requests for it wait; None if the address turned out not to be cacheable."""
        page = self.memory_store.get(key)
        if page is not None and page.is_valid(_current_versions()):
            return page
        if self.uncacheable.contains(key, _current_versions()):
            return None  # found out while this request waited for the lock
        if self.redis_store is None:
            return self.render(key, environ)
        return self._load_from_redis(key) or self._render_once_for_all_processes(key, environ)

    def _render_once_for_all_processes(self, key: str, environ: Environ) -> CachedPage | UncachedResponse | None:
        """Return the page; None if this process has waited for another one, which has left no page."""
        has_waited, end = False, time.monotonic() + RENDER_TIMEOUT_SECONDS
        while not self.redis_store.acquire_render_lock(key):
            has_waited = True
            if time.monotonic() > end:
                return None
            time.sleep(POLL_SECONDS)
            if page := self._load_from_redis(key):
                return page
        try:
            return self._load_from_redis(key) if has_waited else self.render(key, environ)
        finally:
            self.redis_store.release_render_lock(key)

    def rerender_stale(self, key: str, environ: Environ) -> CachedPage | UncachedResponse | None:
        """The page rendered anew, because it has grown old; None while somebody else is doing that."""
        lock = self._lock_for(key)
        if not lock.acquire(blocking=False):
            return None
        try:
            if self.redis_store is None:
                return self.render(key, environ)
            page = self._load_from_redis(key)
            if page is not None and page.is_fresh():
                return page
            if not self.redis_store.acquire_render_lock(key):
                return None
            try:
                return self.render(key, environ)
            finally:
                self.redis_store.release_render_lock(key)
        finally:
            lock.release()

    def render(self, key: str, environ: Environ) -> CachedPage | UncachedResponse:
        """What Django answers; kept, if it is a page that may be."""
        begun: list[Any] = []
        bare = {name: value for name, value in environ.items() if name not in _PER_REQUEST_HEADERS}
        # Before the page is rendered: a change in between makes it newer than its stamp, never older.
        before, rendered_at = _current_versions(), time.time()
        response = self.django({**bare, "REQUEST_METHOD": "GET"}, lambda *given: begun.extend(given))
        try:
            body = b"".join(response)
        finally:
            response.close()
        status, headers = begun[0], begun[1]
        scopes = getattr(response, "shown_scopes", None)
        if not status.startswith("200") or scopes is None or _is_private(headers) or len(body) > MAX_PAGE_BYTES:
            # A page that does not say what it shows is nobody's to keep; that there is nothing here is.
            until = (
                _accel_expires_header(status, headers, before.accel_expires)
                if status.startswith(_GONE_STATUSES)
                else _NO_PROXY_CACHE
            )
            self.uncacheable.add(key, before)
            return UncachedResponse(status, [*headers, until], body)
        lasting = [(name, value) for name, value in headers if name.lower() not in DROPPED_HEADERS]
        page = CachedPage(tuple(sorted(scopes)), before.version_key(scopes), rendered_at, lasting, body)
        self.memory_store.put(key, page)
        if self.redis_store is not None:
            self.redis_store.put(key, page)
        self.uncacheable.discard(key)
        return page

    def _load_from_redis(self, key: str) -> CachedPage | None:
        page = self.redis_store.get(key) if self.redis_store else None
        if page is None:
            return None
        known = _current_versions()
        if not page.is_valid(known) and page.rendered_at > known.read_at:
            known = run_outside_request(
                versions.refresh_versions
            )  # another process knows of something that we do not know yet
        if not page.is_valid(known):
            return None
        self.memory_store.put(key, page)
        return page

    def _lock_for(self, key: str) -> Lock:
        return self.locks[hash(key) % LOCK_COUNT]


def _cache_key(environ: Environ) -> str:
    """The address, with scheme and host as the request has them. Only what Django has answered 200 to is ever kept."""
    query = environ.get("QUERY_STRING", "")
    return f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}{environ['PATH_INFO']}?{query}"


def _current_versions() -> Versions:
    return versions.cached_versions() or run_outside_request(versions.current_versions)


def _accel_expires_header(status: str, headers: Headers, second: int) -> tuple[str, str]:
    """How long nginx may keep an answer: to the end of the second in which the versions were read, or not at all.

    That there is nothing here is kept too, so that it takes the place of what was there.
    """
    is_cacheable = status.startswith(("200", *_GONE_STATUSES)) and not _is_private(headers)
    return ("X-Accel-Expires", f"@{second}") if is_cacheable else _NO_PROXY_CACHE


def _is_private(headers: Headers) -> bool:
    """Whether an answer is for this visitor alone: it sets a cookie, differs by cookies (a form with its token), or
    says so itself (a preview)."""
    headers_that_matter = {
        (name.lower(), value.lower()) for name, value in headers if name.lower() in ("vary", "cache-control")
    }
    is_private = any(
        "cookie" in value if name == "vary" else re.search("private|no-store", value)
        for name, value in headers_that_matter
    )
    return is_private or any(name.lower() == "set-cookie" for name, _value in headers)


def _respond(
    found: CachedPage | UncachedResponse, environ: Environ, start: StartResponse, second: int
) -> Iterable[bytes]:
    if isinstance(found, UncachedResponse):
        start(found.status, found.headers)
        body = found.body
    elif found.is_not_modified_for(environ):
        start("304 Not Modified", [*found.not_modified_headers(), ("X-Accel-Expires", f"@{second}")])
        return []
    else:
        headers, body = found.encoded(best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
        start("200 OK", [*headers, ("X-Accel-Expires", f"@{second}")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
