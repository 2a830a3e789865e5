"""Crawler of the patrol: walks the public pages and reports deviations."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils import timezone

from articles.models import Publication
from departments.models import Department
from portal.patrol import expectations, recorded
from portal.patrol.client import Response, SiteClient, Unreachable
from portal.patrol.parser import HTMLToken, Link, ParsedPage, one_line, parse_page

MAX_QUOTED_CHARACTERS = 80  # characters of what was found that a line quotes
PageCheck = Callable[[Response, str], Iterator[str]]


@dataclass(frozen=True)
class Deviation:
    """One deviation on the page at `path`. `is_network`: there was no answer to compare."""

    path: str
    message: str
    is_network: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class Patrol:
    """One walk. `most` listing pages, the newest `articles`, and `sample` more picked at random."""

    def __init__(self, site: SiteClient, *, max_listings: int, newest_count: int, sample_size: int) -> None:
        self.site, self.most, self.articles, self.sample = site, max_listings, newest_count, sample_size
        self.checked_count = 0
        self.frame = expectations.expected_frame()
        self.hosts = {urlsplit(site.base_url).netloc, urlsplit(settings.SITE_URL).netloc}
        self.rows_of_ledger = recorded.RecordedRows()
        self.script_errors: dict[str, str] = {}  # address → what is wrong with it, empty when nothing is

    def deviations(self) -> Iterator[Deviation]:
        yield from (Deviation("/", words) for words in expectations.site_mismatches())
        yield from self.listing_deviations()
        yield from self.live_article_deviations()
        yield from self.withdrawn_deviations()

    # --- Pages that list ---

    def listing_deviations(self) -> Iterator[Deviation]:
        """Home, then every page of a department that a link or the record leads to."""
        departments = {found.get_absolute_url(): found for found in expectations.listed_departments()}
        queue = deque(["/", *departments])
        seen = set(queue)
        while queue and len(seen) - len(queue) < self.most:
            path = queue.popleft()
            here = departments.get(urlsplit(path).path)
            links: list[str] = []

            def check(
                answer: Response, path: str, here: Department | None = here, links: list = links
            ) -> Iterator[str]:
                page = parse_page(answer.text)
                links[:] = [address for tag, address in page.references if tag == "a"]
                yield from self.listing_mismatches(page, path, here)

            yield from self.page_deviations(path, check)
            for link in links:
                found = urlsplit(urljoin(path, link))
                address = f"{found.path}?{found.query}" if found.query.startswith("page=") else found.path
                if not found.netloc and found.path in departments and address not in seen:
                    seen.add(address)
                    queue.append(address)

    def listing_mismatches(self, page: ParsedPage, path: str, here: Department | None) -> Iterator[str]:
        wanted = here.name if here else self.frame.name
        if page.heading != one_line(wanted):
            yield f"is headed {quote_excerpt(page.heading)} instead of {quote_excerpt(wanted)}"
        yield from self.frame_mismatches(page, path, frozenset())

    # --- Articles ---

    def live_article_deviations(self) -> Iterator[Deviation]:
        """The newest articles by the ledger and by the rows, in case somebody put a row in, and others at random."""
        newest = recorded.newest_articles(self.articles)
        by_row = Publication.objects.live().order_by("-live_from", "-pk").values_list("article_id", flat=True)
        others = recorded.sampled_articles(self.sample)
        for article in dict.fromkeys([*newest, *by_row[: self.articles], *others]):
            yield from self.recorded_deviations(article)
            for pk in Publication.objects.live().filter(article=article).values_list("pk", flat=True):
                yield from self.article_deviations(pk)

    def recorded_deviations(self, article: int) -> Iterator[Deviation]:
        """What the ledger says otherwise than the rows; whatever is served then is not what was signed off."""
        found = Publication.objects.filter(article=article).select_related("department").order_by("-number").first()
        path = found.get_absolute_url() if found else "/"
        for finding in recorded.article_mismatches(article):
            yield Deviation(path, f"article {article}: {finding}")

    def article_deviations(self, pk: int) -> Iterator[Deviation]:
        rows = Publication.objects.live().select_related("revision__cover", "department__parent")
        publication = rows.filter(pk=pk).first()
        if publication is None:
            return  # ended while we walked

        def check(answer: Response, path: str) -> Iterator[str]:
            fresh = rows.filter(pk=pk).first()
            if fresh is not None:
                yield from self.article_mismatches(parse_page(answer.text), path, expectations.expected_article(fresh))

        intact = expectations.expected_article(publication).is_intact
        yield from self.page_deviations(publication.get_absolute_url(), check, 200 if intact else 503)
        if not intact:
            yield Deviation(publication.get_absolute_url(), "what is stored for it is not what was sealed")

    def article_mismatches(self, page: ParsedPage, path: str, wanted: expectations.ExpectedArticle) -> Iterator[str]:
        if not wanted.is_intact:
            return
        title = f"{wanted.title} - {self.frame.name}"
        for what, shown, sealed in [
            ("the title", page.heading, wanted.heading),
            ("the title of the window", page.title, one_line(title)),
            ("the date", page.date, wanted.date),
        ]:
            if shown != sealed:
                yield f"shows {quote_excerpt(shown)} as {what} instead of {quote_excerpt(sealed)}"
        if link_pairs(page.breadcrumbs) != wanted.breadcrumbs:
            expected = ", ".join(words for _, words in wanted.breadcrumbs)
            yield f"stands under {join_links(page.breadcrumbs)} instead of {expected}"
        if page.body_tokens != wanted.body_tokens:
            yield f"shows another body than the sealed one: {first_difference(page.body_tokens, wanted.body_tokens)}"
        if [link.address for link in page.downloads] != wanted.downloads:
            yield f"offers other attachments than the sealed ones: {join_links(page.downloads)}"
        yield from self.frame_mismatches(page, path, wanted.external_urls, wanted.json_ld)

    def withdrawn_deviations(self) -> Iterator[Deviation]:
        """What was withdrawn last is not served any more, by no cache on the way either."""
        for article in recorded.newest_withdrawals(self.sample):
            yield from self.recorded_deviations(article)
            found = Publication.objects.filter(article=article).select_related("department").order_by("-number").first()
            if found and not Publication.objects.live(timezone.now()).filter(article=article).exists():
                yield from self.page_deviations(found.get_absolute_url(), lambda _answer, _path: iter(()), 410)

    # --- What every page must hold to ---

    def page_deviations(self, path: str, check: PageCheck, status: int = 200) -> Iterator[Deviation]:
        """Fetches and checks a page; what does not match is looked at once more, lest a change just made be named."""
        try:
            found = self.page_mismatches(path, check, status) and self.page_mismatches(path, check, status)
        except Unreachable as error:
            yield Deviation(path, f"could not be fetched: {error}", is_network=True)
            return
        yield from (Deviation(path, words) for words in found)

    def page_mismatches(self, path: str, check: PageCheck, status: int) -> list[str]:
        answer = self.site.fetch(path)
        self.checked_count += 1
        if answer.status != status:
            return [f"answers {answer.status} {answer.location}".rstrip() + f" instead of {status}"]
        return list(dict.fromkeys(check(answer, path)))

    def frame_mismatches(
        self, page: ParsedPage, path: str, outside: frozenset[str], data: list[str] | None = None
    ) -> Iterator[str]:
        """Name, menu and footer, and that nothing runs or leads away which nobody signed."""
        if page.site_name != one_line(self.frame.name):
            yield f"is named {quote_excerpt(page.site_name)} instead of {quote_excerpt(self.frame.name)}"
        if not page.title.endswith(one_line(self.frame.name)):
            yield f"has {quote_excerpt(page.title)} as the title of the window"
        if link_pairs(page.menu) != self.frame.menu:
            yield f"has another menu than the sealed one: {join_links(page.menu)}"
        if page.footer != self.frame.footer:
            yield f"has the footer {quote_excerpt(page.footer, 300)} instead of {quote_excerpt(self.frame.footer, 300)}"
        if page.json_ld != (data or []):
            yield "tells search engines something else than what was sealed"
        for words in page.forbidden:
            yield f"holds {words}"
        for link in page.listing_links:
            row_path = self.site_path(link.address, path) or ""
            if not expectations.is_sealed_row(link, row_path, self.rows_of_ledger):
                yield f"lists {quote_excerpt(link.text)} ({link.address}), which is no sealed publication of that title"
        for address in page.scripts:
            if address and (wrong := self.script_mismatch(address, path)):
                yield f"runs the script {quote_excerpt(address)}, {wrong}"
        for tag, address in page.references:
            if not self.is_expected_reference(tag, address, path, outside):
                yield f"<{tag}> leads to {quote_excerpt(address)}, which nobody signed"

    def is_expected_reference(self, tag: str, address: str, path: str, outside: frozenset[str]) -> bool:
        if self.site_path(address, path) is not None or address in outside:
            return True
        return tag == "a" and (
            address in self.frame.external_urls or expectations.is_sealed_address(address, self.rows_of_ledger)
        )

    def site_path(self, address: str, path: str) -> str | None:
        """The path on this site that a browser goes to from `path`; None for anywhere else."""
        spelled = "".join(address.split()).replace("\\", "/")  # as browsers read it
        try:
            found = urlsplit(urljoin(self.site.base_url + path, spelled))
        except ValueError:
            return None
        return found.path if found.scheme in ("http", "https") and found.netloc in self.hosts else None

    def script_mismatch(self, address: str, path: str) -> str:
        """What is wrong with a script: not ours, or not as it lies on this machine. Each is fetched once."""
        if address not in self.script_errors:
            own = self.site_path(address, path)
            kept = expectations.static_file_content(own) if own else None
            if kept is None:
                self.script_errors[address] = "which is none of the site's own"
            else:
                same = self.site.fetch(own).content == kept
                self.script_errors[address] = "" if same else "whose content is not the site's own"
        return self.script_errors[address]


def quote_excerpt(text: str, most: int = MAX_QUOTED_CHARACTERS) -> str:
    return f"“{text[:most]}{'…' if len(text) > most else ''}”"


def link_pairs(links: list[Link]) -> list[tuple[str, str]]:
    return [(link.address, link.text) for link in links]


def join_links(links: list[Link]) -> str:
    return ", ".join(f"{link.text} ({link.address})" for link in links)[:300] or "nothing"


def first_difference(shown: list[HTMLToken] | None, sealed: list[HTMLToken] | None) -> str:
    """Where two bodies part, in words."""
    if shown is None or sealed is None:
        return "it has none" if shown is None else "there should be none"
    for found, wanted in zip([*shown, ("end",)], [*sealed, ("end",)], strict=False):
        if found != wanted:
            return f"{quote_excerpt(' '.join(found[1:]))} instead of {quote_excerpt(' '.join(wanted[1:]))}"
    return "its parts are arranged otherwise"
