"""Checks before submission and sign-off: a registry of warnings about a revision.

A check is a function from a revision to Finding objects; @register_check registers it, `run_checks` runs them all. A
finding never blocks a text: people decide. Apps above this one (proofing) import this module to add checks.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Revision
from articles.text.markup import HtmlToken, html_tokens
from articles.text.plain_text import plain_text, written_summary

LONG_TITLE_CHARS = 30  # characters: more do not fit on one line of a list
MAX_FINDINGS_PER_CHECK = 10  # findings that one check gives; more say nothing more
MAX_QUOTE_CHARS = 30  # characters of the text round a finding


class Severity(models.TextChoices):
    ERROR = "error", gettext_lazy("wrong")
    WARNING = "warning", gettext_lazy("to be checked")
    NOTE = "note", gettext_lazy("to be known")


@dataclass(frozen=True)
class Finding:
    """`field`: the name of the field; `quote`: words of the body to be found there, if it is about some of them."""

    severity: Severity
    text: str
    field: str = "body"
    quote: str = ""


RevisionCheck = Callable[[Revision], Iterable[Finding]]
registered_checks: list[RevisionCheck] = []


def register_check(function: RevisionCheck) -> RevisionCheck:
    registered_checks.append(function)
    return function


def run_checks(revision: Revision) -> list[Finding]:
    """What all checks find, the worst first. Each looks at the revision as it is, and asks a query or two at most."""
    found = [finding for one in registered_checks for finding in islice(one(revision), MAX_FINDINGS_PER_CHECK)]
    order = list(Severity)
    return sorted(found, key=lambda finding: order.index(finding.severity))


@register_check
def title_findings(revision: Revision) -> Iterator[Finding]:
    if len(revision.title) > LONG_TITLE_CHARS:
        text = _("The title has %(count)d characters; more than %(most)d break or are cut in lists.")
        yield Finding(Severity.NOTE, text % {"count": len(revision.title), "most": LONG_TITLE_CHARS}, "title")


@register_check
def summary_findings(revision: Revision) -> Iterator[Finding]:
    if revision.body and not written_summary(revision.summary, revision.body):
        yield Finding(
            Severity.NOTE, _("No summary was written; the beginning of the text stands in for it."), "summary"
        )


@register_check
def source_findings(revision: Revision) -> Iterator[Finding]:
    if not (revision.source or revision.author):
        yield Finding(Severity.NOTE, _("Neither author nor source is given."), "source")


@register_check
def document_findings(revision: Revision) -> Iterator[Finding]:
    if not revision.article.department.asks_for_documents:
        return
    for name in ("document_number", "issuing_body", "issued_on", "index_number"):
        if not getattr(revision, name):
            label = Revision._meta.get_field(name).verbose_name
            text = _("This column holds official documents, but the field “%(field)s” is empty.") % {"field": label}
            yield Finding(Severity.WARNING, text, name)


@register_check
def picture_findings(revision: Revision) -> Iterator[Finding]:
    for number, token in enumerate((one for one in html_tokens(revision.body) if one.tag == "img"), 1):
        if not token.attributes().get("alt", "").strip():
            text = _("Picture %(number)d has no description; blind readers do not learn what it shows.")
            yield Finding(Severity.WARNING, text % {"number": number})


@register_check
def link_findings(revision: Revision) -> Iterator[Finding]:
    """Links that lead nowhere or cannot be seen, and those that lead to other sites."""
    own = urlsplit(settings.SITE_URL).hostname
    for opening, words in _iter_links(revision.body):
        address = opening.attributes().get("href", "").strip()
        shown = " ".join(words.split())[:MAX_QUOTE_CHARS]
        if address in ("", "#"):
            text = _("The link “%(words)s” leads nowhere.") % {"words": shown or "–"}
            yield Finding(Severity.WARNING, text, quote=shown)
        elif not shown:
            yield Finding(Severity.WARNING, _("A link to %(address)s has no words.") % {"address": address[:80]})
        elif (host := _url_host(address)) and host != own:
            text = _("The link “%(words)s” leads to another site: %(host)s")
            yield Finding(Severity.NOTE, text % {"words": shown, "host": host}, quote=shown)


def _iter_links(body: str) -> Iterator[tuple[HtmlToken, str]]:
    """(opening tag, words) of each link; one that holds a picture has its description for words."""
    opening, words = None, ""
    for token in html_tokens(body):
        if token.tag == "a":
            if token.is_closing and opening:
                yield opening, words
            opening, words = (None if token.is_closing else token), ""
        elif token.tag == "img":
            words += token.attributes().get("alt") or _("picture")
        else:
            words += token.text


def _url_host(address: str) -> str:
    """The host that a web address leads to; "" for mail, files and the like, and "?" for what cannot be read."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "?"
    return (parts.hostname or "?") if parts.scheme in ("http", "https") or parts.netloc else ""


@register_check
def attachment_findings(revision: Revision) -> Iterator[Finding]:
    """The text speaks of an attachment and none is there. `attached` costs a query where it is not known."""
    words = plain_text(revision.body)
    if "附件" in words and not any(row["kind"] == "download" for row in revision.attachment_contents()):
        text = _("The text speaks of an attachment, but none is attached.")
        yield Finding(Severity.WARNING, text, "attachments", "附件")
