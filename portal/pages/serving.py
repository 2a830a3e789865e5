"""Answers with kept pages, in front of Django; lets Django render what is not kept, each page once at a time.

Only for visitors: whoever carries a session is staff and always gets a page of their own. A page is handed out only
while its stamp is that of the present versions (articles.versions), which are read twice a second; what stands before
us (X-Accel-Expires) may keep an answer to the end of the second in which they were read. So nothing outlives an act by
more than a second, there neither.
"""

import re
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings

from articles import versions
from articles.connections import run_outside_request
from articles.languages import plain
from articles.versions import Versions
from portal.pages.page import NOT_KEPT, Headers, Page, encoding_for
from portal.pages.stores import LARGEST, RENDERING, Memory, shared
from portal.proxies import believe

# What is never kept needs no looking for.
_APART = ("/admin/", "/static/", "/files/", "/reads/", "/healthz", "/readyz", "/preview/", "/feedback/", "/leave/")
_kept_queries = re.compile(r"(page=[0-9]{1,7})?")  # others would fill the stores with what nobody asks for again
_ABSENT = ("404", "410")
_NOT_AT_ALL = ("X-Accel-Expires", "0")
LOCKS = 256  # pages share them, so that their number does not grow
LOOK_AGAIN = 0.01  # seconds, while another process renders
_OF_THE_REQUEST = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_ACCEPT_ENCODING")

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]


class Other(NamedTuple):
    """What Django answered when it is no page to keep."""

    status: str
    headers: Headers
    body: bytes


class KeptPages:
    """A WSGI application round Django's."""

    def __init__(self, django: Application) -> None:
        self.django = django
        self.memory = Memory()
        self.shared = shared()
        self.locks = [Lock() for _ in range(LOCKS)]
        self.session = f"{settings.SESSION_COOKIE_NAME}="

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        believe(environ)
        if not self.is_for_a_visitor(environ):
            return self.django(environ, start)
        if not _kept_queries.fullmatch(environ.get("QUERY_STRING", "")):
            return self.handed_on(environ, start)
        key = _key(environ)
        present = _present()
        found: Page | Other | None = self.memory.get(key)
        if found is None or not found.is_present(present):
            found = self.found_or_rendered(key, environ)
        elif not found.is_fresh():
            found = self.renewed(key, environ) or found
        return _answer(found, environ, start, present.second)

    def is_for_a_visitor(self, environ: Environ) -> bool:
        return (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and not plain(environ["PATH_INFO"]).startswith(_APART)
            and self.session not in environ.get("HTTP_COOKIE", "")
            and not environ.get("SCRIPT_NAME")
        )

    def handed_on(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Django's own answer, which what stands before us may keep for the second."""
        second = _present().second

        def begin(status: str, headers: Headers, *rest: Any) -> Any:
            return start(status, [*headers, _until(status, headers, second)], *rest)

        return self.django(environ, begin)

    def found_or_rendered(self, key: str, environ: Environ) -> Page | Other:
        """The page from the other store, or rendered now; whoever else wants it waits for this one rendering."""
        with self._lock(key):
            page = self.memory.get(key)
            if page is not None and page.is_present(_present()):
                return page
            if self.shared is None:
                return self.rendered(key, environ)
            end = time.monotonic() + RENDERING
            while True:
                if page := self._from_shared(key):
                    return page
                if self.shared.begin(key) or time.monotonic() > end:
                    break
                time.sleep(LOOK_AGAIN)
            try:
                return self.rendered(key, environ)
            finally:
                self.shared.end(key)

    def renewed(self, key: str, environ: Environ) -> Page | Other | None:
        """The page rendered anew, because it has grown old; None while somebody else is doing that."""
        lock = self._lock(key)
        if not lock.acquire(blocking=False):
            return None
        try:
            if self.shared is None:
                return self.rendered(key, environ)
            page = self._from_shared(key)
            if page is not None and page.is_fresh():
                return page
            if not self.shared.begin(key):
                return None
            try:
                return self.rendered(key, environ)
            finally:
                self.shared.end(key)
        finally:
            lock.release()

    def rendered(self, key: str, environ: Environ) -> Page | Other:
        """What Django answers; kept, if it is a page that may be."""
        begun: list[Any] = []
        bare = {name: value for name, value in environ.items() if name not in _OF_THE_REQUEST}
        # Before the page is rendered: a change in between makes it newer than its stamp, never older.
        before, rendered_at = _present(), time.time()
        response = self.django({**bare, "REQUEST_METHOD": "GET"}, lambda *given: begun.extend(given))
        try:
            body = b"".join(response)
        finally:
            response.close()
        status, headers = begun[0], begun[1]
        scopes = getattr(response, "shown_scopes", None)
        if not status.startswith("200") or scopes is None or _is_for_one(headers) or len(body) > LARGEST:
            # A page that does not say what it shows is nobody's to keep; that there is nothing here is.
            until = _until(status, headers, before.second) if status.startswith(_ABSENT) else _NOT_AT_ALL
            return Other(status, [*headers, until], body)
        lasting = [(name, value) for name, value in headers if name.lower() not in NOT_KEPT]
        page = Page(tuple(sorted(scopes)), before.stamp(scopes), rendered_at, lasting, body)
        self.memory.put(key, page)
        if self.shared is not None:
            self.shared.put(key, page)
        return page

    def _from_shared(self, key: str) -> Page | None:
        page = self.shared.get(key) if self.shared else None
        if page is None:
            return None
        known = _present()
        if not page.is_present(known) and page.rendered_at > known.at:
            known = run_outside_request(versions.refresh)  # another process knows of something that we do not know yet
        if not page.is_present(known):
            return None
        self.memory.put(key, page)
        return page

    def _lock(self, key: str) -> Lock:
        return self.locks[hash(key) % LOCKS]


def _key(environ: Environ) -> str:
    """The address, with scheme and host as the request has them. Only what Django has answered 200 to is ever kept."""
    query = environ.get("QUERY_STRING", "")
    return f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}{environ['PATH_INFO']}?{query}"


def _present() -> Versions:
    return versions.known() or run_outside_request(versions.current)


def _until(status: str, headers: Headers, second: int) -> tuple[str, str]:
    """How long nginx may keep an answer: to the end of the second in which the versions were read, or not at all.

    That there is nothing here is kept too, so that it takes the place of what was there.
    """
    kept = status.startswith(("200", *_ABSENT)) and not _is_for_one(headers)
    return ("X-Accel-Expires", f"@{second}") if kept else _NOT_AT_ALL


def _is_for_one(headers: Headers) -> bool:
    """Whether an answer is for this visitor alone: it sets a cookie, differs by cookies (a form with its token), or
    says so itself (a preview)."""
    told = {(name.lower(), value.lower()) for name, value in headers if name.lower() in ("vary", "cache-control")}
    own = any("cookie" in value if name == "vary" else re.search("private|no-store", value) for name, value in told)
    return own or any(name.lower() == "set-cookie" for name, _value in headers)


def _answer(found: Page | Other, environ: Environ, start: Start, second: int) -> Iterable[bytes]:
    if isinstance(found, Other):
        start(found.status, found.headers)
        body = found.body
    elif found.is_unchanged_for(environ):
        start("304 Not Modified", [*found.unchanged(), ("X-Accel-Expires", f"@{second}")])
        return []
    else:
        headers, body = found.answer(encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")))
        start("200 OK", [*headers, ("X-Accel-Expires", f"@{second}")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
