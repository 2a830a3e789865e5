"""A crawl of every public page: what each showed before any change, and which columns it read."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.cache import cache
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.caching import versions
from articles.models import File, Publication
from ledger.monitoring import alarms
from ledger.verification.checks import mismatches
from tests.ledger.attacker import undone
from tests.portal.tampering.attack import Change, columns_in
from tests.portal.tampering.page_atoms import Answer, Atom, differences, read_answer
from tests.portal.tampering.vouching import Column

# What a page can fall back to: that of a site without content, and an error.
EMPTY_PAGES = ["/", "/en/", "/search/", "/search/?q=x", "/feedback/", "/feed/", "/nothing/"]
ERROR_ATOMS = {("text", "404"), ("text", "410"), ("text", "503")}
ERROR_PAGES = ["not there", "expired", "expired in English", "receipt unknown"]


def fetch(address: str) -> Answer:
    """The answer of a process that has kept nothing."""
    cache.clear()
    versions.expire_versions()
    alarms.reset_throttling()
    return read_answer(Client().get(address))


def _original_covers() -> Iterator[Atom]:
    """What the home page shows of a cover that has no rendition any more."""
    for cover in File.objects.filter(digest__in=Publication.objects.values("cover_digest")):
        for name, value in {"src": cover.get_absolute_url(), "width": cover.width, "height": cover.height}.items():
            yield "attribute", "img", "", name, str(value)


@dataclass
class Crawl:
    """`addresses`: kind of page → address. `harmless`: what an empty site shows; `sealed`: what rows may show."""

    addresses: dict[str, str]
    before: dict[str, Answer]
    touched: dict[str, set[Column]]
    harmless: set[Atom]
    sealed: dict[Atom, set[Atom]]

    @classmethod
    def over(cls, addresses: dict[str, str], harmless: set[Atom]) -> "Crawl":
        before, touched, sealed = {}, {}, {}
        for kind, address in addresses.items():
            with CaptureQueriesContext(connection) as captured:
                before[kind] = fetch(address)
            touched[kind] = columns_in([query["sql"] for query in captured.captured_queries])
            for link, inside in before[kind].rows:
                sealed.setdefault(link, set()).update(inside)
        for (kind, address, *words), inside in list(sealed.items()):  # a row has the same words in both languages
            other = (kind, f"/en{address}", *words)
            if other in sealed:
                sealed[other] |= inside | {("attribute", "p", "", "lang", "zh-Hans")}
        return cls(addresses, before, touched, harmless | ERROR_ATOMS | set(_original_covers()), sealed)

    @property
    def columns(self) -> set[Column]:
        return set().union(*self.touched.values())

    def unsealed(self, kind: str, after: Answer) -> list:
        """What the page shows now and did not show before."""
        harmless = set(self.harmless)
        if kind.startswith("home"):  # a department without a block of its own comes under the others
            harmless.update(self.before[kind].atoms)
        if kind.startswith("search"):
            harmless.update(self.before["search for nothing"].atoms)
        if after.status >= 400:
            address = self.addresses[kind]
            other_language = address.removeprefix("/en") if address.startswith("/en/") else f"/en{address}"
            harmless.add(("attribute", "a", "", "href", other_language))
            harmless.update(atom for error in ERROR_PAGES for atom in self.before[error].atoms)
        wrong = differences(self.before[kind], after, harmless=harmless, sealed=self.sealed)
        # An error repeats what the visitor typed.
        return [atom for atom in wrong if after.status < 400 or atom[-1] not in self.addresses[kind]]

    def faults(self, change: Change, *, known: set[str], must_be_named: bool) -> Iterator[str] | None:
        """What is wrong after the change, which is undone; None when the database does not take it."""
        with undone():
            try:
                change.apply()
            except IntegrityError:
                return None
            found = []
            for kind in (kind for kind, columns in self.touched.items() if (change.table, change.column) in columns):
                after = fetch(self.addresses[kind])
                if after.status >= 500 and after.status != 503:
                    found.append(f"{change}: {kind} answers {after.status}")
                if wrong := self.unsealed(kind, after):
                    found.append(f"{change}: {kind} shows {wrong[:3]}")
            if must_be_named and not set(mismatches()) - known:
                found.append(f"{change}: verify says nothing")
        return found
