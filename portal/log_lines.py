"""Lines of the log: one line for each refused request, a traceback for errors of our own."""

import logging

from django.http import HttpRequest, UnreadablePostError

MAX_PART_LENGTH = 300  # characters of a path or a reason


class LineFormatter(logging.Formatter):
    """Writes what was refused (403, 404, CSRF, too large, …) as one line with address, method, path and reason.

    Django writes a traceback of thirty lines for each, in which an error of our own would be lost.
    """

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and _is_refusal(record):
            line = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None, "args": ()})
            line.msg = _refusal_line(record, request)
            return super().format(line)
        return super().format(record)


def _error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _is_refusal(record: logging.LogRecord) -> bool:
    """Whether the visitor is at fault: an answer of 400 to 499, or a body that broke off."""
    return 400 <= getattr(record, "status_code", 500) < 500 or isinstance(_error(record), UnreadablePostError)


def _refusal_line(record: logging.LogRecord, request: HttpRequest) -> str:
    if error := _error(record):
        reason = f"{type(error).__name__}: {error}"
    else:
        # Django ends its messages with the path, which stands in the line already.
        reason = record.getMessage().removesuffix(f": {record.args[-1]}" if record.args else "")
    status = getattr(record, "status_code", "-")
    address = request.META.get("REMOTE_ADDR") or "-"
    return f"{status} {request.method} {_one_line(request.path)} from {address}: {_one_line(reason)}"


def _one_line(text: str) -> str:
    """Return the text without characters that end or hide a line: visitors must not write lines of their own."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[:MAX_PART_LENGTH])
    return shown if len(text) <= MAX_PART_LENGTH else f"{shown}…"
