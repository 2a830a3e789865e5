"""Search results: ranking, pages with snippets, and suggestions when nothing matches.

Every search is bounded: in its terms and their length (articles.search.index), in the candidates that are ranked (the
MAX_CANDIDATES newest matches, and the MAX_TITLE_CANDIDATES newest whose title matches, so that new mentions do not hide
an old title), and in time (database.time_limit). The choices of the filters are cached (articles.caching.memo).
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from re import Pattern

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from articles.caching import versions
from articles.caching.departments import department_tree
from articles.caching.memo import memoize_by_version
from articles.listings import queries
from articles.models import Publication
from articles.models.revision import related_rows
from articles.search import index, partitions, snippets, tokenizer
from articles.search.filters import FilterChoices, SearchFilter
from articles.search.tokenizer import Part
from articles.text.plain_text import plain_text, strip_control_characters
from database import time_limit
from database.compiled_query import CompiledQuery

MAX_CANDIDATES = 1000
MAX_TITLE_CANDIDATES = 200
SEARCH_TIMEOUT_SECONDS = 3.0  # for one search
MAX_QUERY_SUGGESTIONS = 4


@dataclass(frozen=True)
class SearchQuery:
    """What somebody typed."""

    typed: str
    terms: list[str]
    is_truncated: bool

    @classmethod
    def parse(cls, typed: str) -> "SearchQuery":
        typed = strip_control_characters(typed).strip()
        return cls(
            typed[: tokenizer.MAX_QUERY_CHARS], tokenizer.split_query(typed), tokenizer.is_query_truncated(typed)
        )


@dataclass(frozen=True)
class RankedMatches:
    """Ids of publications in order; `are_more`: than were looked at."""

    publication_ids: list[int] = field(default_factory=list)
    are_more: bool = False


@dataclass
class SearchPage:
    """All that the page says. When it took too long: the form as it was filled in, and nothing found."""

    query: SearchQuery
    filters: SearchFilter
    by_date: bool
    timed_out: bool = False
    results: RankedMatches = field(default_factory=RankedMatches)
    page: Page = field(default_factory=lambda: Paginator([], queries.PAGE_SIZE).page(1))
    publications: list[Publication] = field(default_factory=list)
    suggestions: "Suggestions | None" = None
    most_read: list[Publication] = field(default_factory=list)

    @property
    def is_query_truncated(self) -> bool:
        return self.query.is_truncated


def run_search(params: QueryDict) -> SearchPage:
    """What somebody asked for by q, page, sort and the filters. Raises what Paginator.page does."""
    query, by_date = SearchQuery.parse(params.get("q", "")), params.get("sort") == "date"
    filters = SearchFilter(params, memoize_by_version("lists of the search", FilterChoices.load, versions.ALL_SCOPES))
    page_data = SearchPage(query, filters, by_date)
    try:
        with time_limit.time_limit(SEARCH_TIMEOUT_SECONDS) as deadline:
            page_data.results = find_matches(query, page_data.filters, by_date=by_date)
            page_data.page = Paginator(page_data.results.publication_ids, queries.PAGE_SIZE).page(
                params.get("page", "1")
            )
            page_data.publications = publications_with_snippets(
                list(page_data.page), query.terms, deadline, page_data.filters
            )
            if not page_data.results.publication_ids:
                page_data.suggestions, page_data.most_read = (
                    suggest(query, page_data.filters),
                    queries.most_read_publications(MAX_QUERY_SUGGESTIONS),
                )
    except time_limit.TimeLimitExceeded:
        return SearchPage(query, filters, by_date, timed_out=True)
    return page_data


def find_matches(query: SearchQuery, filters: SearchFilter, *, by_date: bool = False) -> RankedMatches:
    """Live publications that hold every term and pass the filters. Neither terms nor filters: none.

    Ranked by how many terms stand in the title (one more when they are all of it), then by how close to each other the
    terms stand, then by date; `by_date`: by date alone. Of more than MAX_CANDIDATES matches the newest are ranked.
    """
    if not query.terms and (query.typed or not filters.active_filters()):
        return RankedMatches()
    narrowed = filters.filtered_rows()
    filter_phrases, scope = filters.index_phrases(), filters.index_scope() | {"layouts": partitions.layouts()}
    candidates = index.newest_matches(
        narrowed, index.phrase_queries(query.terms) + filter_phrases, MAX_CANDIDATES + 1, **scope
    )
    are_more = len(candidates) > MAX_CANDIDATES
    candidates = candidates[:MAX_CANDIDATES]
    if query.terms and not by_date:
        if are_more:
            titles = index.newest_matches(
                narrowed, index.phrase_queries(query.terms, Part.TITLE) + filter_phrases, MAX_TITLE_CANDIDATES, **scope
            )
            candidates = list(dict.fromkeys([*candidates, *titles]))
        candidates = _rank(candidates, query.terms)
    return RankedMatches([one.pk for one in candidates], are_more)


def _rank(candidates: list[index.Match], terms: list[str]) -> list[index.Match]:
    patterns = snippets.compile_terms(terms)
    whole_query = "".join("".join(tokenizer.term_runs(term)) for term in terms)
    proximity = index.proximity_scores([one.pk for one in candidates], index.phrase_queries(terms))

    def score(one: index.Match, title: str) -> tuple[int, int]:
        in_title = sum(bool(pattern.search(title)) for pattern in patterns)
        is_all = bool(in_title) and "".join(tokenizer.alphanumeric_runs(title)) == whole_query
        return in_title + is_all, proximity.get(one.pk, 0)

    ranked = zip(candidates, _normalise_titles([one.title for one in candidates]), strict=True)
    # They come in the order of their dates, which stays among equals.
    return [one for one, _title in sorted(ranked, key=lambda found: score(*found), reverse=True)]


def _normalise_titles(titles: list[str]) -> list[str]:
    """All at once: what normalising one costs is mostly the calls."""
    return (
        tokenizer.normalise_text("\n".join(" ".join(title.split("\n")) for title in titles)).split("\n")
        if titles
        else []
    )


def publications_with_snippets(
    publication_ids: list[int],
    terms: list[str],
    deadline: time_limit.Deadline,
    filters: SearchFilter | None = None,
) -> list[Publication]:
    """The publications with these ids, each with `highlighted_title` and `snippet`, that may be listed.

    The index is not sealed: somebody who writes to the database could make any words find an article. So a publication
    is listed only if its seal holds, every term stands in the text that was sealed, and it passes the filters. Once the
    time is up, only titles and summaries are looked through: a page of very long texts takes a while.
    """
    if not publication_ids:
        return []
    padded_ids = [*publication_ids, *[0] * (queries.PAGE_SIZE - len(publication_ids))]
    found = {publication.pk: publication for publication in _results_query.all(timezone.now(), *padded_ids)}
    department_tree().attach_to(found.values())
    patterns = snippets.compile_terms(terms)
    return [
        publication
        for publication in (found[pk] for pk in publication_ids if pk in found)
        if queries.has_intact_seal(publication)
        and (filters is None or filters.admits(publication))
        and (
            _mark_in_title_and_summary(publication, patterns)
            if deadline.has_passed()
            else _mark_in_text(publication, patterns, filters)
        )
    ]


def _build_results_query(now: datetime, *numbers: int) -> QuerySet[Publication]:
    """In any order, with what an extract needs."""
    live = Publication.objects.live(now).filter(pk__in=numbers).select_related("revision__cover")
    return live.annotate(attachment_rows=related_rows("revision")["attachment_rows"])


_results_query = CompiledQuery(_build_results_query, datetime, *[int] * queries.PAGE_SIZE)


def _mark_in_text(publication: Publication, patterns: list[Pattern[str]], filters: SearchFilter | None) -> bool:
    """Marks the terms, when all of them stand in the text and the text is what was sealed."""
    revision = publication.revision
    revision.attachment_rows = publication.attachment_rows
    if not queries.matches_sealed_digest(publication):
        return False
    parts, body = tokenizer.texts_around_body(publication.title, revision), plain_text(revision.body).strip()
    if filters is not None and not filters.admits_parts(parts):
        return False
    title_hits, body_hits = snippets.find_hits(publication.title, patterns), snippets.find_hits(body, patterns)
    missing = set(range(len(patterns))) - {term for _start, _end, term in (*title_hits, *body_hits)}
    if not all(any(snippets.holds_term(text, patterns[term]) for text in parts.values()) for term in missing):
        return False
    publication.highlighted_title = snippets.mark_hits(publication.title, title_hits)
    publication.highlighted_number = snippets.highlight(revision.document_number, patterns)
    publication.snippet = snippets.make_snippet(body, body_hits) or snippets.highlight(publication.summary, patterns)
    return True


def _mark_in_title_and_summary(publication: Publication, patterns: list[Pattern[str]]) -> bool:
    """Marks the terms, when all of them stand in title and summary, which the publication's own seal covers."""
    texts = (publication.title, publication.summary)
    if not all(any(snippets.holds_term(text, pattern) for text in texts) for pattern in patterns):
        return False
    publication.highlighted_title, publication.snippet = (snippets.highlight(text, patterns) for text in texts)
    return True


# When nothing is found.


@dataclass(frozen=True)
class Suggestions:
    """`queries` find something; `missing_terms` occur nowhere; `found_without_filters`: it matches without filters."""

    queries: list[str]
    missing_terms: list[str]
    found_without_filters: bool


def suggest(query: SearchQuery, filters: SearchFilter) -> Suggestions:
    """What to try instead. Asks the index a few times for each term, for a single one about twenty times at most."""
    if not query.terms:
        return Suggestions([], [], False)
    if filters.active_filters() and _has_match(query.terms):
        return Suggestions([], [], True)
    if len(query.terms) == 1:
        return Suggestions(_shorter_queries(tokenizer.term_runs(query.terms[0])), [], False)
    terms_found = [term for term in query.terms if _has_match([term])]
    missing = [term for term in query.terms if term not in terms_found]
    if missing and len(terms_found) > 1 and _has_match(terms_found):
        offered = [" ".join(map(_quote_term, terms_found))]
    else:
        offered = [_quote_term(term) for term in terms_found[:MAX_QUERY_SUGGESTIONS]]
    return Suggestions(offered, missing, False)


def _has_match(terms: list[str]) -> bool:
    return index.has_match(index.phrase_queries(terms))


def _quote_term(term: str) -> str:
    return f"“{term}”" if " " in term else term


def _shorter_queries(pieces: list[str]) -> list[str]:
    """Queries that find something and ask for less than a phrase of these runs does: the runs apart, or where its
    longest run stands nowhere, as much of its beginning and of its end as does stand."""
    if len(pieces) > 1 and _has_match(pieces):
        return [" ".join(pieces)]
    run = max(pieces, key=len)
    if len(pieces) > 1 and _has_match([run]):
        return [run]
    # Of what stands every beginning does too.
    lengths = range(2, len(run))
    head = run[: bisect_left(lengths, True, key=lambda length: not _has_match([run[:length]])) + 1]
    tail = run[-(bisect_left(lengths, True, key=lambda length: not _has_match([run[-length:]])) + 1) :]
    found = [text for text in (head, tail) if len(text) > 1]
    together = [" ".join(found)] if len(found) > 1 and _has_match(found) else []
    return list(dict.fromkeys([*together, *sorted(found, key=len, reverse=True)]))
