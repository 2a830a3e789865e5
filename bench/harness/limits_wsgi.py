"""A bare WSGI application that serves one page from memory: the upper limit of gunicorn.

LIMIT_PAGE names a file of JSON with `headers` (pairs), and beside it <file>.body with the bytes.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

_page_file = Path(os.environ["LIMIT_PAGE"])
_headers = [tuple(pair) for pair in json.loads(_page_file.read_text())["headers"]]
_body = _page_file.with_suffix(".body").read_bytes()


def application(_environ: dict, start_response: Callable) -> Iterable[bytes]:
    start_response("200 OK", list(_headers))
    return [_body]
