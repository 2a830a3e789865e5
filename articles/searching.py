"""What a search answers: results in order, a page of them with extracts, and what to try when there are none.

How much is looked at is bounded: the terms and their length (articles.search), the candidates that are ranked (the
CANDIDATES newest matches and the TITLES newest whose title matches, so that an old title is not buried under new
mentions), and the time (articles.bounded), within which everything lies that asks the database, but for what there is
to choose from, which lasts from one search to the next (articles.lasting).
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString

from articles import bounded, buckets, extracts, listing, search, versions, words
from articles.filters import Lists, SearchFilter
from articles.lasting import lasting
from articles.models import Publication
from articles.models.revision import hung_on
from articles.prepared import Prepared
from articles.sanitising import plain_text, printable
from articles.words import Part

CANDIDATES = 1000
TITLES = 200
SECONDS = 3.0  # for one search
MOST_OFFERED = 4


@dataclass(frozen=True)
class Query:
    """What somebody typed."""

    typed: str
    terms: list[str]
    is_cut: bool

    @classmethod
    def read(cls, typed: str) -> "Query":
        typed = printable(typed).strip()
        return cls(typed[: words.LONGEST_QUERY], words.terms(typed), words.is_cut(typed))


@dataclass(frozen=True)
class Results:
    """Ids of publications in order; `are_more`: than were looked at."""

    found: list[int] = field(default_factory=list)
    are_more: bool = False


@dataclass
class Answer:
    """All that the page says. When it took too long: the form as it was filled in, and nothing found."""

    query: Query
    filters: SearchFilter
    by_date: bool
    took_too_long: bool = False
    results: Results = field(default_factory=Results)
    page: Page = field(default_factory=lambda: Paginator([], listing.PAGE_SIZE).page(1))
    publications: list[Publication] = field(default_factory=list)
    suggestions: "Suggestions | None" = None
    most_read: list[Publication] = field(default_factory=list)

    @property
    def shortened(self) -> bool:
        return self.query.is_cut


def answer(asked: QueryDict) -> Answer:
    """What somebody asked for by q, page, sort and the filters. Raises what Paginator.page does."""
    query, by_date = Query.read(asked.get("q", "")), asked.get("sort") == "date"
    filters = SearchFilter(asked, lasting("lists of the search", Lists.read, versions.EVERYTHING))
    found = Answer(query, filters, by_date)
    try:
        with bounded.at_most(SECONDS) as clock:
            found.results = find(query, found.filters, by_date=by_date)
            found.page = Paginator(found.results.found, listing.PAGE_SIZE).page(asked.get("page", "1"))
            found.publications = shown(list(found.page), query.terms, clock)
            if not found.results.found:
                found.suggestions, found.most_read = suggest(query, found.filters), listing.most_read(MOST_OFFERED)
    except bounded.TookTooLong:
        return Answer(query, filters, by_date, took_too_long=True)
    return found


def find(query: Query, filters: SearchFilter, *, by_date: bool = False) -> Results:
    """Live publications that hold every term and pass the filters. Neither terms nor filters: none.

    Ranked by how many terms stand in the title (one more when they are all of it), then by how close to each other the
    terms stand, then by date; `by_date`: by date alone. Of more than CANDIDATES matches the newest are ranked.
    """
    if not query.terms and (query.typed or not filters.given()):
        return Results()
    narrowed = filters.narrowed()
    besides, scope = filters.wanted(), filters.scope() | {"layouts": buckets.layouts()}
    candidates = search.newest(narrowed, search.wanted(query.terms) + besides, CANDIDATES + 1, **scope)
    are_more = len(candidates) > CANDIDATES
    candidates = candidates[:CANDIDATES]
    if query.terms and not by_date:
        if are_more:
            titles = search.newest(narrowed, search.wanted(query.terms, Part.TITLE) + besides, TITLES, **scope)
            candidates = list(dict.fromkeys([*candidates, *titles]))
        candidates = _ranked(candidates, query.terms)
    return Results([one.pk for one in candidates], are_more)


def _ranked(candidates: list[search.Found], terms: list[str]) -> list[search.Found]:
    patterns = extracts.patterns(terms)
    asked = "".join("".join(words.pieces_of(term)) for term in terms)
    close = search.closeness([one.pk for one in candidates], search.wanted(terms))

    def worth(one: search.Found, title: str) -> tuple[int, int]:
        in_title = sum(bool(pattern.search(title)) for pattern in patterns)
        is_all = bool(in_title) and "".join(words.runs(title)) == asked
        return in_title + is_all, close.get(one.pk, 0)

    ranked = zip(candidates, _normalised([one.title for one in candidates]), strict=True)
    # They come in the order of their dates, which stays among equals.
    return [one for one, _title in sorted(ranked, key=lambda found: worth(*found), reverse=True)]


def _normalised(titles: list[str]) -> list[str]:
    """All at once: what normalising one costs is mostly the calls."""
    return words.normalise("\n".join(" ".join(title.split("\n")) for title in titles)).split("\n") if titles else []


def shown(numbers: list[int], terms: list[str], clock: bounded.Clock) -> list[Publication]:
    """The publications with these ids whose seal holds, each with `marked_title` and `extract`.

    Once the time is up, an extract is the summary: a page of very long texts takes a while to look through.
    """
    asked = [*numbers, *[0] * (listing.PAGE_SIZE - len(numbers))]
    found = {publication.pk: publication for publication in _page.all(timezone.now(), *asked)}
    wanted, results = extracts.patterns(terms), []
    for publication in (found[pk] for pk in numbers if pk in found):
        if listing.is_intact(publication):
            publication.marked_title = extracts.highlight(publication.title, wanted)
            publication.extract = _extract(publication, wanted, clock)
            results.append(publication)
    return results


def _of_page(now: datetime, *numbers: int) -> QuerySet[Publication]:
    """In any order, with what an extract needs."""
    live = Publication.objects.live(now).filter(pk__in=numbers).select_related("department", "revision__cover")
    return live.annotate(attachment_rows=hung_on("revision")["attachment_rows"])


_page = Prepared(_of_page, datetime, *[int] * listing.PAGE_SIZE)


def _extract(publication: Publication, wanted: list, clock: bounded.Clock) -> SafeString:
    """From the body, unless it is not what was sealed; else the summary, which the seal covers itself."""
    revision = publication.revision
    revision.attachment_rows = publication.attachment_rows
    if not clock.is_up() and revision.compute_digest(publication.columns) == publication.digest:
        publication.number_shown = extracts.highlight(revision.document_number, wanted)
        if found := extracts.extract(plain_text(revision.body), wanted):
            return found
    return extracts.highlight(publication.summary, wanted)


# When nothing is found.


@dataclass(frozen=True)
class Suggestions:
    """`queries` find something; `missing` terms stand nowhere; `without_filters`: the words themselves do stand."""

    queries: list[str]
    missing: list[str]
    without_filters: bool


def suggest(query: Query, filters: SearchFilter) -> Suggestions:
    """What to try instead. Asks the index a few times for each term, for a single one about twenty times at most."""
    if not query.terms:
        return Suggestions([], [], False)
    if filters.given() and _stands(query.terms):
        return Suggestions([], [], True)
    if len(query.terms) == 1:
        return Suggestions(_less_than(words.pieces_of(query.terms[0])), [], False)
    standing = [term for term in query.terms if _stands([term])]
    missing = [term for term in query.terms if term not in standing]
    if missing and len(standing) > 1 and _stands(standing):
        offered = [" ".join(map(_quoted, standing))]
    else:
        offered = [_quoted(term) for term in standing[:MOST_OFFERED]]
    return Suggestions(offered, missing, False)


def _stands(terms: list[str]) -> bool:
    return search.stands(search.wanted(terms))


def _quoted(term: str) -> str:
    return f"“{term}”" if " " in term else term


def _less_than(pieces: list[str]) -> list[str]:
    """Queries that find something and ask for less than a phrase of these runs does: the runs apart, or where its
    longest run stands nowhere, as much of its beginning and of its end as does stand."""
    if len(pieces) > 1 and _stands(pieces):
        return [" ".join(pieces)]
    run = max(pieces, key=len)
    if len(pieces) > 1 and _stands([run]):
        return [run]
    # Of what stands every beginning does too.
    lengths = range(2, len(run))
    head = run[: bisect_left(lengths, True, key=lambda length: not _stands([run[:length]])) + 1]
    tail = run[-(bisect_left(lengths, True, key=lambda length: not _stands([run[-length:]])) + 1) :]
    found = [text for text in (head, tail) if len(text) > 1]
    together = [" ".join(found)] if len(found) > 1 and _stands(found) else []
    return list(dict.fromkeys([*together, *sorted(found, key=len, reverse=True)]))
