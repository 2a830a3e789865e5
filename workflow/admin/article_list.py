"""The desk's list of articles: what was found, a page at a time, and the same as a table for other programs."""

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

from accounts.spreadsheets import defused
from articles import bounded, reads
from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from workflow.finding import MOST_COUNTED, BoundedPaginator, Finding
from workflow.states import State, states_of

PAGE_SIZE = 30
SECONDS = 5.0  # for one search
SECONDS_OF_EXPORT = 20.0  # for the search that a table begins with
TOGETHER = 500  # rows of a table in hand at once


# Of the table for other programs, as `_cells` fills them.
COLUMNS = (
    *(_("number"), _("title"), _("department"), _("state"), _("in charge"), _("begun"), _("last saved")),
    *(_("saved by"), _("first published"), _("address"), _("reads")),
)


@dataclass
class Row:
    """An article as the list shows it. `title` is that of its newest wording, "" once expunged."""

    article: Article
    state: State
    title: str
    saved_at: datetime | None
    saved_by: str


def rows_of(articles: Iterable[Article]) -> list[Row]:
    """Two queries, however many articles."""
    articles = list(articles)
    wordings = Revision.objects.filter(article__in=articles).order_by("number")
    facts: dict[int, tuple] = {}
    for pk, state, *found in wordings.values_list("article_id", "state", "title", "saved_at", "saved_by_name"):
        if state != RevisionState.DISCARDED or pk not in facts:
            facts[pk] = tuple(found)
    return [Row(article, state, *facts.get(article.pk, ("", None, ""))) for article, state in states_of(articles)]


def page(desk: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    finding = Finding(request.GET, request.user)
    try:
        # What filters ask for, indexes answer; only words may take long.
        with bounded.at_most(SECONDS) if "q" in finding.given else nullcontext():
            rows = finding.found.select_related("department", "in_charge")
            paginator = BoundedPaginator(rows, PAGE_SIZE, known=finding.numbers)
            shown = paginator.get_page(request.GET.get("page"))
            rows = rows_of(shown)
            took_too_long = False
    except bounded.TookTooLong:
        paginator = BoundedPaginator(Article.objects.none(), PAGE_SIZE)
        shown, rows, took_too_long = paginator.get_page(1), [], True
    shared = desk.admin_site.each_context(request)
    models = [model for app in shared["available_apps"] for model in app["models"]]
    context = {
        **shared,
        "title": gettext("Articles"),
        "opts": desk.opts,
        "finding": finding,
        "page": shown,
        "rows": rows,
        "are_more": paginator.are_more,
        "most_counted": MOST_COUNTED,
        "took_too_long": took_too_long,
        "add_address": next((model["add_url"] for model in models if model["object_name"] == "Article"), None),
    }
    request.current_app = desk.admin_site.name
    return TemplateResponse(request, "admin/articles/article/change_list.html", context)


class Line:
    """What csv.writer writes to: each line as it comes."""

    def write(self, line: str) -> str:
        return line


@require_safe
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """All that was found, as CSV with a byte order mark, without which Excel takes UTF-8 for something else."""
    try:
        together = _together(Finding(request.GET, request.user))
    except bounded.TookTooLong:
        text = gettext("This search took too long and was given up. Add a department, a state or another word.")
        messages.error(request, text)
        return HttpResponseRedirect(f"{reverse('admin:articles_article_changelist')}?{request.GET.urlencode()}")
    response = StreamingHttpResponse(_lines(together), content_type="text/csv; charset=utf-8")
    name = f"articles-{timezone.localtime():%Y%m%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _together(finding: Finding) -> Iterator[list[Article]]:
    """All that was found, TOGETHER at a time, newest first. Raises bounded.TookTooLong before anything is sent."""
    if "q" not in finding.given:
        return _step_by_step(finding.found)
    # Each step would search anew; the numbers of what was found are few bytes.
    with bounded.at_most(SECONDS_OF_EXPORT):
        numbers = array("q", finding.found_all.order_by("-pk").values_list("pk", flat=True))
    parts = (numbers[start : start + TOGETHER] for start in range(0, len(numbers), TOGETHER))
    return (_newest_first(finding.queryset.filter(pk__in=part.tolist())) for part in parts)


def _step_by_step(found: QuerySet[Article]) -> Iterator[list[Article]]:
    last = None
    while together := _newest_first(found if last is None else found.filter(pk__lt=last)):
        last = together[-1].pk
        yield together


def _newest_first(articles: QuerySet[Article]) -> list[Article]:
    return list(articles.select_related("department", "in_charge").order_by("-pk")[:TOGETHER])


def _lines(parts: Iterable[list[Article]]) -> Iterator[str]:
    writer = csv.writer(Line())
    yield "\ufeff" + writer.writerow(str(name) for name in COLUMNS)
    for together in parts:
        first, counts = _first_published(together), reads.totals([article.pk for article in together])
        for row in rows_of(together):
            yield writer.writerow(map(defused, _cells(row, first.get(row.article.pk), counts.get(row.article.pk, 0))))


def _cells(row: Row, first: datetime | None, count: int) -> list[Any]:
    article = row.article
    address = f"{settings.SITE_URL}/{article.department.slug}/{article.pk}/" if first else ""
    person = article.in_charge.full_name if article.in_charge else ""
    times = [_moment(article.created_at), _moment(row.saved_at)]
    return [
        *[article.pk, row.title, article.department.name, row.state.label, person, *times],
        *[row.saved_by, _moment(first), address, count],
    ]


def _first_published(articles: list[Article]) -> dict[int, datetime]:
    found = Publication.objects.effective().filter(article__in=articles, first_live_from__lte=timezone.now())
    return dict(found.values_list("article_id", "first_live_from"))


def _moment(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""
