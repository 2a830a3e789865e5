"""Template tags for admin lists: label each cell, so that rows become cards on phones."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import ResultList
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()

EMPTY_CELL_END = ">-</td>"  # how Django ends a cell without a value


@register.simple_tag
def labelled_rows(results: Iterable[ResultList], headers: list[dict[str, Any]]) -> list[SafeString]:
    """The rows of a list, as Django drew them, each cell with the heading of its column as `data-label`.

    The roles say again what the elements say already: a browser forgets that for rows drawn as cards.
    """
    return [
        format_html(
            '<tr role="row">{}</tr>', format_html_join("", "{}", ((cell,) for cell in _labelled_cells(row, headers)))
        )
        for row in results
    ]


def _labelled_cells(row: ResultList, headers: list[dict[str, Any]]) -> Iterator[SafeString]:
    # Without headings for them, cells of hidden fields stand at the end.
    for place, cell in enumerate(row):
        html = str(cell)
        opening = html[:3]
        if opening not in ("<td", "<th"):
            yield cell
            continue
        header = headers[place] if place < len(headers) else {"text": "", "sortable": True}
        is_choice = "action-checkbox" in str(header.get("class_attrib", ""))
        facts = format_html(' role="{}"', "rowheader" if opening == "<th" else "cell")
        if not is_choice:
            facts += format_html(' data-label="{}"', capfirst(header["text"]))
        if html.endswith(EMPTY_CELL_END):
            facts += mark_safe(' data-empty="yes"')
        yield mark_safe(opening + facts + html[3:])  # noqa: S308 (Django's own cell, already escaped)
