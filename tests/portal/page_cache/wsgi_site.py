"""WSGI client (PEP 3333) that includes the page cache."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from portal.middleware.read_counter import ReadCountMiddleware
from portal.page_cache.middleware import PageCacheMiddleware


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = int(status[:3]), dict(headers), body
        assert len(self.headers) == len(headers), "a header stands twice"

    @property
    def text(self):
        return self.body.decode()


@contextmanager
def connection_stays_open() -> Iterator[None]:
    """As Django's own client does it: else the end of a request would close the connection with the transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


class Site:
    """A process of the site: Django with what portal.wsgi puts in front of it."""

    def __init__(self, django=None):
        self.pages = PageCacheMiddleware(django or WSGIHandler())
        self.application = ReadCountMiddleware(self.pages)

    def get(self, address, method="GET", **environ):
        """With the connection of the test's transaction; `ask` for tests that have real ones."""
        with connection_stays_open():
            return self.ask(address, method, **environ)

    def ask(self, address, method="GET", **environ):
        path, _, query = address.partition("?")
        told = []
        asked = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": quote(query, safe="=&"),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "testserver",
            "REMOTE_ADDR": "198.51.100.7",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **environ,
        }
        parts = self.application(asked, lambda *given: told.append(given))
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        return Answer(told[0][0], told[0][1], body)
