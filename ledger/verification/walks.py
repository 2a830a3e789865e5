"""The rows that a check of `verify` looks at: streamed, with a progress bar, narrowed by `--since`."""

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.functions import Cast
from tqdm import tqdm

from ledger.models import Entry

ARTICLE = "articles.article"
REFRESH_SECONDS = 0.5  # how often the bar is drawn

_since: ContextVar[int] = ContextVar("since", default=0)
_label: ContextVar[str] = ContextVar("label", default="")
_line: ContextVar[int] = ContextVar("line", default=0)


def walk_since(number: int) -> None:
    """Let the walks that follow pass only what the ledger mentions after entry `number`. 0: everything."""
    _since.set(number)


def show_progress(label: str, *, line: int = 0) -> None:
    """Show a bar with this label on standard error during the walks that follow. "": none.

    `line`: how many lines below the cursor, for each process that walks its own.
    """
    _label.set(label)
    _line.set(line)


def walk(rows: QuerySet, *, article: str = "", also: Q | None = None, chunk_size: int = 2000) -> Iterator[Any]:
    """Stream the rows.

    `article`: path of the lookup from a row to its article. With `--since` only rows are walked whose article the
    ledger mentions since, and those that meet `also`.
    """
    if article and _since.get():
        rows = rows.filter(Q(**{f"{article}__in": _mentioned_articles()}) | (also or Q(pk__in=[])))
    label = _label.get()
    streamed = rows.iterator(chunk_size=chunk_size)
    if not label:
        yield from streamed
        return
    yield from tqdm(
        streamed,
        total=rows.count(),
        desc=label,
        unit="",
        leave=False,
        mininterval=REFRESH_SECONDS,
        position=_line.get(),
    )


def new_entries(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Return the entries that `--since` leaves to be checked, in their order."""
    return entries.filter(number__gt=_since.get()).order_by("number")


def is_new(number: int) -> bool:
    """Return whether an entry is one that `--since` leaves to be checked."""
    return number > _since.get()


def _mentioned_articles() -> QuerySet:
    """Ids of the articles that the ledger mentions since."""
    mentioned = Entry.objects.filter(number__gt=_since.get(), object_type=ARTICLE, object_id__regex=r"^[0-9]{1,18}$")
    return mentioned.annotate(article_pk=Cast("object_id", BigIntegerField())).values("article_pk")
