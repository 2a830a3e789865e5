"""The desk's list of articles, and its CSV export."""

import csv
from array import array
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.spreadsheets import escape_formula
from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from articles.reads import counting
from database import time_limit
from workflow.desk.article_filters import MAX_COUNTED, ArticleFilter, BoundedPaginator
from workflow.rules.revision_text import shown_title, with_titles
from workflow.rules.states import ArticleState, states_of

PAGE_SIZE = 30
LIST_TIMEOUT_SECONDS = 5.0  # for one search
EXPORT_TIMEOUT_SECONDS = 20.0  # for the search that a table begins with
EXPORT_BATCH_ROWS = 500  # rows of a table in hand at once


# Of the table for other programs, as `_row_cells` fills them.
EXPORT_COLUMNS = (
    *(_("number"), _("title"), _("department"), _("state"), _("in charge"), _("begun"), _("last saved")),
    *(_("saved by"), _("first published"), _("address"), _("reads")),
)


@dataclass
class ArticleRow:
    """An article as the list shows it. `title` is that of its newest wording, "" once expunged."""

    article: Article
    state: ArticleState
    title: str
    saved_at: datetime | None
    saved_by: str


def article_rows(articles: Iterable[Article]) -> list[ArticleRow]:
    """Two queries, however many articles."""
    articles = list(articles)
    newest: dict[int, Revision] = {}
    for wording in with_titles(Revision.objects.filter(article__in=articles)).order_by("number"):
        if wording.state != RevisionState.DISCARDED or wording.article_id not in newest:
            newest[wording.article_id] = wording
    return [_article_row(article, state, newest.get(article.pk)) for article, state in states_of(articles)]


def _article_row(article: Article, state: ArticleState, wording: Revision | None) -> ArticleRow:
    if wording is None:
        return ArticleRow(article, state, "", None, "")
    return ArticleRow(article, state, shown_title(wording), wording.saved_at, wording.saved_by_name)


def change_list_view(desk: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    article_filter = ArticleFilter(request.GET, request.user)
    try:
        # What filters ask for, indexes answer; only words may take long.
        with time_limit.time_limit(LIST_TIMEOUT_SECONDS) if "q" in article_filter.active_filters else nullcontext():
            rows = article_filter.results.select_related("department", "in_charge")
            paginator = BoundedPaginator(rows, PAGE_SIZE, known=article_filter.matching_ids)
            shown = paginator.get_page(request.GET.get("page"))
            rows = article_rows(shown)
            timed_out = False
    except time_limit.TimeLimitExceeded:
        paginator = BoundedPaginator(Article.objects.none(), PAGE_SIZE)
        shown, rows, timed_out = paginator.get_page(1), [], True
    shared = desk.admin_site.each_context(request)
    models = [model for app in shared["available_apps"] for model in app["models"]]
    context = {
        **shared,
        "title": gettext("Articles"),
        "opts": desk.opts,
        "article_filter": article_filter,
        "page": shown,
        "rows": rows,
        "are_more": paginator.are_more,
        "max_counted": MAX_COUNTED,
        "timed_out": timed_out,
        "add_url": next((model["add_url"] for model in models if model["object_name"] == "Article"), None),
    }
    request.current_app = desk.admin_site.name
    return TemplateResponse(request, "admin/articles/article/change_list.html", context)


class EchoWriter:
    """What csv.writer writes to: each line as it comes."""

    def write(self, line: str) -> str:
        return line


@require_safe
def export_view(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """All that was found, as CSV with a byte order mark, without which Excel takes UTF-8 for something else."""
    try:
        together = _export_batches(ArticleFilter(request.GET, request.user))
    except time_limit.TimeLimitExceeded:
        text = gettext("This search took too long and was given up. Add a department, a state or another word.")
        messages.error(request, text)
        return HttpResponseRedirect(f"{reverse('admin:articles_article_changelist')}?{request.GET.urlencode()}")
    response = StreamingHttpResponse(_csv_lines(together), content_type="text/csv; charset=utf-8")
    name = f"articles-{timezone.localtime():%Y%m%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _export_batches(article_filter: ArticleFilter) -> Iterator[list[Article]]:
    """Yield all matches, EXPORT_BATCH_ROWS at a time, newest first. Raises TimeLimitExceeded before the first one."""
    if "q" not in article_filter.active_filters:
        return _batches_by_id(article_filter.results)
    # Each step would search anew; the numbers of what was found are few bytes.
    with time_limit.time_limit(EXPORT_TIMEOUT_SECONDS):
        numbers = array("q", article_filter.unbounded_results.order_by("-pk").values_list("pk", flat=True))
    parts = (numbers[start : start + EXPORT_BATCH_ROWS] for start in range(0, len(numbers), EXPORT_BATCH_ROWS))
    return (_newest_batch(article_filter.queryset.filter(pk__in=part.tolist())) for part in parts)


def _batches_by_id(found: QuerySet[Article]) -> Iterator[list[Article]]:
    last = None
    while together := _newest_batch(found if last is None else found.filter(pk__lt=last)):
        last = together[-1].pk
        yield together


def _newest_batch(articles: QuerySet[Article]) -> list[Article]:
    return list(articles.select_related("department", "in_charge").order_by("-pk")[:EXPORT_BATCH_ROWS])


def _csv_lines(parts: Iterable[list[Article]]) -> Iterator[str]:
    writer = csv.writer(EchoWriter())
    yield "\ufeff" + writer.writerow(str(name) for name in EXPORT_COLUMNS)
    for together in parts:
        first, counts = _first_publication_times(together), counting.totals([article.pk for article in together])
        for row in article_rows(together):
            yield writer.writerow(
                map(escape_formula, _row_cells(row, first.get(row.article.pk), counts.get(row.article.pk, 0)))
            )


def _row_cells(row: ArticleRow, first: datetime | None, count: int) -> list[Any]:
    article = row.article
    address = f"{settings.SITE_URL}/{article.department.slug}/{article.pk}/" if first else ""
    person = article.in_charge.full_name if article.in_charge else ""
    times = [_format_datetime(article.created_at), _format_datetime(row.saved_at)]
    return [
        *[article.pk, row.title, article.department.name, row.state.label, person, *times],
        *[row.saved_by, _format_datetime(first), address, count],
    ]


def _first_publication_times(articles: list[Article]) -> dict[int, datetime]:
    found = Publication.objects.not_called_off().filter(article__in=articles, first_live_from__lte=timezone.now())
    return dict(found.values_list("article_id", "first_live_from"))


def _format_datetime(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""
