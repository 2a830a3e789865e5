"""Profile of one uncached article page: microseconds of each step.

    DATABASE_URL=postgres://… SECRET_KEY=… python -m bench.scenarios.page_profile [/department/number/] [--pages 500]

Calls the WSGI application in this process, without server and network. Each step is wrapped in a clock that counts its
own time and not that of the steps within it (self time), so that the steps add up to the whole. The clocks cost time
themselves: the first line says what a page takes without them, and the table is of the run with them.
"""

import argparse
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ["PAGE_CACHE"] = "0"
import django

django.setup()

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.template import base as templates
from django.template.defaulttags import URLNode
from django.templatetags import i18n, static
from django.urls import URLResolver
from django.utils.module_loading import import_string

WARMUP_PAGES = 50  # pages before the clocks run

# Step → methods of classes, or functions, whose self time it is. Names by which others have imported a function count
# as well: it is replaced wherever a module of the project holds it.
STEP_METHODS: list[tuple[str, Any, str]] = [
    ("routing", URLResolver, "resolve"),
    ("connection: taken and given back", BaseDatabaseWrapper, "connect"),
    ("connection: taken and given back", BaseDatabaseWrapper, "close"),
    ("ORM: queries built, rows made objects", QuerySet, "_fetch_all"),
    ("ORM: queries built, rows made objects", QuerySet, "first"),
    ("ORM: queries built, rows made objects", QuerySet, "aggregate"),
    ("template: {% translate %}", i18n.TranslateNode, "render"),
    ("template: {% translate %}", i18n.BlockTranslateNode, "render"),
    ("template: {% static %}", static.StaticNode, "url"),
    ("template: {% url %}", URLNode, "render"),
]
STEP_FUNCTIONS = [
    ("seal: is it good?", "ledger.seals.is_valid_seal"),
    ("digest of every word", "articles.models.revision.Revision.compute_digest"),
    ("present versions", "articles.caching.versions.current_versions"),
    ("places (departments)", "articles.caching.departments.department_tree"),
    ("neighbours", "articles.listings.queries.neighbours"),
    ("related articles", "articles.listings.related.related_publications"),
    ("pictures in the body", "articles.public.body_html.render_body"),
    ("reads", "articles.reads.counting.total"),
    ("identity, navigation", "portal.site_context.site_context"),
]


class StepClocks:
    """Seconds of its own and calls of each step."""

    def __init__(self) -> None:
        self.self_seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.nested_seconds: list[float] = []  # what the steps within each running step have taken

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        self.nested_seconds.append(0.0)
        try:
            yield
        finally:
            took = time.perf_counter() - began
            self.self_seconds[name] += took - self.nested_seconds.pop()
            self.calls[name] += 1
            if self.nested_seconds:
                self.nested_seconds[-1] += took

    def wrap(self, name: str | Callable[..., str], function: Callable) -> Callable:
        """`name`: of the step, or what gives it for the arguments."""

        @wraps(function)
        def timed(*arguments: Any, **words: Any) -> Any:
            with self.step(name if isinstance(name, str) else name(*arguments)):
                return function(*arguments, **words)

        return timed

    def time_query(self, execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        with self.step(f"SQL: {_sql_label(sql)}"):
            return execute(sql, params, many, context)


def _sql_label(sql: str) -> str:
    """A statement by its verb and its first table, as far as it has one."""
    words = sql.replace('"', "").replace("(", " ").split()
    at = words.index("FROM") + 1 if "FROM" in words[:-1] else 1
    return f"{words[0]} {words[at]}" if len(words) > at else sql[:40]


@contextmanager
def install_clocks(clocks: StepClocks) -> Iterator[None]:
    """Wraps every step, and puts everything back at the end."""
    with ExitStack() as opened:

        def replace(owner: Any, name: str, made: Any) -> None:
            own = vars(owner).get(name)
            setattr(owner, name, made)
            opened.callback(*((setattr, owner, name, own) if own is not None else (delattr, owner, name)))

        for step, owner, name in STEP_METHODS:
            replace(owner, name, clocks.wrap(step, getattr(owner, name)))
        for path in settings.MIDDLEWARE:
            middleware = import_string(path)
            replace(middleware, "__call__", clocks.wrap(f"middleware: {path.rpartition('.')[2]}", middleware.__call__))
        render = vars(templates.Template)["_render"]  # what {% extends %} and {% include %} call too
        replace(templates.Template, "_render", clocks.wrap(_template_label, render))
        for step, path in STEP_FUNCTIONS:
            _wrap_everywhere(replace, clocks, step, path)
        opened.enter_context(connection.execute_wrapper(clocks.time_query))
        yield


def _template_label(template: templates.Template, _context: Any) -> str:
    return f"template: {template.name or 'a string'}"


def _wrap_everywhere(replace: Callable, clocks: StepClocks, step: str, path: str) -> None:
    """Replaces a function in its module, and in every module that imported it by name."""
    owner_path, _dot, name = path.rpartition(".")
    try:
        owner = sys.modules[owner_path] if owner_path in sys.modules else import_string(owner_path)
        function = getattr(owner, name)
    except (ImportError, AttributeError):
        print(f"There is no {path} any more: its step is left out.", file=sys.stderr)
        return
    made = clocks.wrap(step, function)
    replace(owner, name, made)
    for module in list(sys.modules.values()):
        if module is not owner and vars(module).get(name) is function:
            replace(module, name, made)


def wsgi_environ(path: str) -> dict[str, Any]:
    """Of a GET request (PEP 3333), for a path and what stands behind its question mark."""
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": unquote(path, "latin-1"), "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1:8000", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip


def time_page(application: Callable, path: str) -> float:
    """Seconds for one page. Ends with a message unless it is 200."""
    statuses: list[str] = []
    began = time.perf_counter()
    answer = application(wsgi_environ(path), lambda status, _headers, _error=None: statuses.append(status))
    body = b"".join(answer)
    if close := getattr(answer, "close", None):
        close()
    took = time.perf_counter() - began
    if not statuses[0].startswith("200") or not body:
        sys.exit(f"{path} answers {statuses[0]}")
    return took


def middle_article_path() -> str:
    """The address of one in the middle of those that are live."""
    from articles.models import Publication

    live = Publication.objects.live().order_by("article_id").select_related("department")
    middle = live[live.count() // 2 :].first()
    return middle.get_absolute_url() if middle else sys.exit("Nothing is live in this database; see bench.fill.")


def profile_page(path: str, pages: int) -> str:
    """The table of steps, in Markdown; the largest first."""
    from portal.wsgi import application

    for _ in range(WARMUP_PAGES):
        time_page(application, path)
    plain = statistics.median(time_page(application, path) for _ in range(pages)) * 1e6
    clocks = StepClocks()
    with install_clocks(clocks):
        # Its middleware is wrapped only now, and its templates are compiled anew.
        from django.core.wsgi import get_wsgi_application

        application = get_wsgi_application()
        for _ in range(WARMUP_PAGES):
            time_page(application, path)
        clocks.self_seconds.clear()
        clocks.calls.clear()
        whole = sum(time_page_with_clocks(clocks, application, path) for _ in range(pages)) / pages * 1e6
    lines = [
        f"One page of {path}: {plain:.0f} µs (median of {pages}) without clocks; {whole:.0f} µs (mean) with them.", "",
        "| step | calls | µs | share |", "|---|---|---|---|",
        *(
            f"| {name} | {clocks.calls[name] / pages:g} | {own / pages * 1e6:.0f} | {own / pages * 1e6 / whole:.1%} |"
            for name, own in clocks.self_seconds.most_common()
            if own / pages * 1e6 >= 1
        ),
    ]  # fmt: skip
    return "\n".join(lines)


def time_page_with_clocks(clocks: StepClocks, application: Callable, path: str) -> float:
    with clocks.step("views, handler, and what has no clock"):
        return time_page(application, path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scenarios.page_profile", description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", default="", help="of the page; default: an article in the middle")
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--out", type=Path, help="a file that the table is written to as well")
    options = parser.parse_args()
    table = profile_page(options.path or middle_article_path(), options.pages)
    print(table)
    if options.out:
        options.out.write_text(table + "\n")


if __name__ == "__main__":
    main()
