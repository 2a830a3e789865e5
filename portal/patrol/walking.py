"""Walking through the site as visitors do, and naming whatever is not what was sealed."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils import timezone

from articles.models import Publication, Withdrawal
from departments.models import Department
from portal.patrol import expected
from portal.patrol.fetching import Answer, Site, Unreachable
from portal.patrol.reading import Event, Link, Page, one_line, read_page

SHOWN = 80  # characters of what was found that a line quotes
Check = Callable[[Answer, str], Iterator[str]]


@dataclass(frozen=True)
class Finding:
    """One deviation on the page at `path`. `is_network`: there was no answer to compare."""

    path: str
    words: str
    is_network: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.words}"


class Patrol:
    """One walk. `most` listing pages, the newest `articles`, and `sample` more picked at random."""

    def __init__(self, site: Site, *, most: int, articles: int, sample: int) -> None:
        self.site, self.most, self.articles, self.sample = site, most, articles, sample
        self.pages = 0
        self.frame = expected.frame()
        self.hosts = {urlsplit(site.base).netloc, urlsplit(settings.SITE_URL).netloc}
        self.scripts: dict[str, str] = {}  # address → what is wrong with it, empty when nothing is

    def findings(self) -> Iterator[Finding]:
        yield from (Finding("/", words) for words in expected.broken())
        yield from self.listings()
        yield from self.newest_and_some()
        yield from self.withdrawn()

    # --- Pages that list ---

    def listings(self) -> Iterator[Finding]:
        """Home, then every page of a department that a link or the record leads to."""
        departments = {found.get_absolute_url(): found for found in expected.departments()}
        queue = deque(["/", *departments])
        seen = set(queue)
        while queue and len(seen) - len(queue) < self.most:
            path = queue.popleft()
            here = departments.get(urlsplit(path).path)
            links: list[str] = []

            def check(answer: Answer, path: str, here: Department | None = here, links: list = links) -> Iterator[str]:
                page = read_page(answer.text)
                links[:] = [address for tag, address in page.addresses if tag == "a"]
                yield from self.listing(page, path, here)

            yield from self.look(path, check)
            for link in links:
                found = urlsplit(urljoin(path, link))
                address = f"{found.path}?{found.query}" if found.query.startswith("page=") else found.path
                if not found.netloc and found.path in departments and address not in seen:
                    seen.add(address)
                    queue.append(address)

    def listing(self, page: Page, path: str, here: Department | None) -> Iterator[str]:
        wanted = here.name if here else self.frame.name
        if page.heading != one_line(wanted):
            yield f"is headed {quoted(page.heading)} instead of {quoted(wanted)}"
        yield from self.common(page, path, frozenset())

    # --- Articles ---

    def newest_and_some(self) -> Iterator[Finding]:
        live = Publication.objects.live()
        newest = list(live.order_by("-live_from", "-pk").values_list("pk", flat=True)[: self.articles])
        others = live.exclude(pk__in=newest[:500]).order_by("?").values_list("pk", flat=True)[: self.sample]
        for pk in [*newest, *(pk for pk in others if pk not in set(newest))]:
            yield from self.article(pk)

    def article(self, pk: int) -> Iterator[Finding]:
        rows = Publication.objects.live().select_related("revision__cover", "department__parent")
        publication = rows.filter(pk=pk).first()
        if publication is None:
            return  # ended while we walked

        def check(answer: Answer, path: str) -> Iterator[str]:
            fresh = rows.filter(pk=pk).first()
            if fresh is not None:
                yield from self.article_page(read_page(answer.text), path, expected.article(fresh))

        intact = expected.article(publication).is_intact
        yield from self.look(publication.get_absolute_url(), check, 200 if intact else 503)
        if not intact:
            yield Finding(publication.get_absolute_url(), "what is stored for it is not what was sealed")

    def article_page(self, page: Page, path: str, wanted: expected.Article) -> Iterator[str]:
        if not wanted.is_intact:
            return
        title = f"{wanted.title} - {self.frame.name}"
        for what, shown, sealed in [
            ("the title", page.heading, wanted.heading),
            ("the title of the window", page.title, one_line(title)),
            ("the date", page.date, wanted.date),
        ]:
            if shown != sealed:
                yield f"shows {quoted(shown)} as {what} instead of {quoted(sealed)}"
        if pairs(page.crumbs) != wanted.crumbs:
            yield f"stands under {listed(page.crumbs)} instead of {', '.join(words for _, words in wanted.crumbs)}"
        if page.prose != wanted.prose:
            yield f"shows another body than the sealed one: {first_difference(page.prose, wanted.prose)}"
        if [link.address for link in page.downloads] != wanted.downloads:
            yield f"offers other attachments than the sealed ones: {listed(page.downloads)}"
        yield from self.common(page, path, wanted.outside, wanted.data)

    def withdrawn(self) -> Iterator[Finding]:
        """What was withdrawn last is not served any more, by no cache on the way either."""
        rows = Withdrawal.objects.select_related("publication__department").order_by("-at")[: self.sample]
        for withdrawal in rows:
            publication = withdrawal.publication
            if not Publication.objects.live(timezone.now()).filter(article=publication.article_id).exists():
                yield from self.look(publication.get_absolute_url(), lambda _answer, _path: iter(()), 410)

    # --- What every page must hold to ---

    def look(self, path: str, check: Check, status: int = 200) -> Iterator[Finding]:
        """Fetches and checks a page; what does not match is looked at once more, lest a change just made be named."""
        try:
            found = self.fetch_and_check(path, check, status) and self.fetch_and_check(path, check, status)
        except Unreachable as error:
            yield Finding(path, f"could not be fetched: {error}", is_network=True)
            return
        yield from (Finding(path, words) for words in found)

    def fetch_and_check(self, path: str, check: Check, status: int) -> list[str]:
        answer = self.site.fetch(path)
        self.pages += 1
        if answer.status != status:
            return [f"answers {answer.status} {answer.leads_to}".rstrip() + f" instead of {status}"]
        return list(dict.fromkeys(check(answer, path)))

    def common(self, page: Page, path: str, outside: frozenset[str], data: list[str] | None = None) -> Iterator[str]:
        """Name, menu and footer, and that nothing runs or leads away which nobody signed."""
        if page.brand != one_line(self.frame.name):
            yield f"is named {quoted(page.brand)} instead of {quoted(self.frame.name)}"
        if not page.title.endswith(one_line(self.frame.name)):
            yield f"has {quoted(page.title)} as the title of the window"
        if pairs(page.menu) != self.frame.menu:
            yield f"has another menu than the sealed one: {listed(page.menu)}"
        if page.footer != self.frame.footer:
            yield f"has the footer {quoted(page.footer, 300)} instead of {quoted(self.frame.footer, 300)}"
        if page.data != (data or []):
            yield "tells search engines something else than what was sealed"
        for words in page.foreign:
            yield f"holds {words}"
        for link in page.listed:
            if not expected.is_sealed_row(link, self.own_path(link.address, path) or ""):
                yield f"lists {quoted(link.words)} ({link.address}), which is no sealed publication of that title"
        for address in page.scripts:
            if address and (wrong := self.script(address, path)):
                yield f"runs the script {quoted(address)}, {wrong}"
        for tag, address in page.addresses:
            if not self.is_accounted_for(tag, address, path, outside):
                yield f"<{tag}> leads to {quoted(address)}, which nobody signed"

    def is_accounted_for(self, tag: str, address: str, path: str, outside: frozenset[str]) -> bool:
        if self.own_path(address, path) is not None or address in outside:
            return True
        return tag == "a" and (address in self.frame.outside or expected.is_sealed_address(address))

    def own_path(self, address: str, path: str) -> str | None:
        """The path on this site that a browser goes to from `path`; None for anywhere else."""
        spelled = "".join(address.split()).replace("\\", "/")  # as browsers read it
        try:
            found = urlsplit(urljoin(self.site.base + path, spelled))
        except ValueError:
            return None
        return found.path if found.scheme in ("http", "https") and found.netloc in self.hosts else None

    def script(self, address: str, path: str) -> str:
        """What is wrong with a script: not ours, or not as it lies on this machine. Each is fetched once."""
        if address not in self.scripts:
            own = self.own_path(address, path)
            kept = expected.static_file(own) if own else None
            if kept is None:
                self.scripts[address] = "which is none of the site's own"
            else:
                same = self.site.fetch(own).content == kept
                self.scripts[address] = "" if same else "whose content is not the site's own"
        return self.scripts[address]


def quoted(text: str, most: int = SHOWN) -> str:
    return f"“{text[:most]}{'…' if len(text) > most else ''}”"


def pairs(links: list[Link]) -> list[tuple[str, str]]:
    return [(link.address, link.words) for link in links]


def listed(links: list[Link]) -> str:
    return ", ".join(f"{link.words} ({link.address})" for link in links)[:300] or "nothing"


def first_difference(shown: list[Event] | None, sealed: list[Event] | None) -> str:
    """Where two bodies part, in words."""
    if shown is None or sealed is None:
        return "it has none" if shown is None else "there should be none"
    for found, wanted in zip([*shown, ("end",)], [*sealed, ("end",)], strict=False):
        if found != wanted:
            return f"{quoted(' '.join(found[1:]))} instead of {quoted(' '.join(wanted[1:]))}"
    return "its parts are arranged otherwise"
