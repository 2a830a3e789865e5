"""SQL changes a column of a public page: visitors see sealed words or an error; `verify` names it."""

import pytest
import time_machine
from django.utils import timezone

from articles.listings import counts
from articles.public import external_links
from departments.models import Department
from ledger.verification.checks import mismatches
from portal.identity import save_identity
from portal.models import Identity
from tests.factories import SITE_IDENTITY
from tests.portal.tampering import vouching
from tests.portal.tampering.attack import MODELS, changes, undefended
from tests.portal.tampering.crawl import EMPTY_PAGES, Crawl, fetch
from tests.portal.tampering.demo_site import EXPIRES_IN, build_site

pytestmark = pytest.mark.both_databases("each database changes its rows in its own way, and gives back other types")
# Tables that are walked in one test, so that several processes share the work.
GROUPS = {
    "publications": ["articles_publication"],
    "texts": ["articles_revision", "articles_attachment", "articles_file", "articles_rendition"],
    "site": ["departments_department", "portal_identity", "portal_homeblock", "departments_formerslug"],
}


@pytest.fixture
def crawl(newsroom, media):
    empty = [*EMPTY_PAGES, external_links.interstitial_url("https://www.example.com/")]
    harmless = {atom for address in empty for atom in fetch(address).atoms}
    for more in ({}, {"phone": "0551-62606050", "keywords": "党建"}):  # what the first one lacks
        save_identity(Identity(**SITE_IDENTITY, **more), by=newsroom.admin)
    addresses = build_site(newsroom)
    with time_machine.travel(timezone.now() + 2 * EXPIRES_IN, tick=False):
        for department in Department.objects.all():
            counts.apply_pending_counts(department.pk)
        yield Crawl.over(addresses, harmless)


def test_every_column_that_a_public_page_reads_has_an_entry(crawl):
    """Scenario 56."""
    known = vouching.entries()
    assert sorted(crawl.columns - known.keys()) == []
    by_hand = {("articles_searchpart", "tokens"), ("articles_searchpart", "partition_number")}
    cached = {column for column in known if column[0] == "articles_contentversion"}
    assert sorted(known.keys() - crawl.columns - by_hand - cached) == []
    assert list(mismatches()) == []
    for kind, address in crawl.addresses.items():
        assert crawl.unsealed(kind, fetch(address)) == [], kind


@pytest.mark.slow
@pytest.mark.parametrize("group", [*GROUPS, "others"])
def test_no_change_of_a_column_shows_other_words_and_verify_names_each(crawl, group):
    """Scenario 56."""
    elsewhere = {table for tables in GROUPS.values() for table in tables}
    faults, done = [], set()
    with undefended():
        known = set(mismatches())
        for table, column in sorted(crawl.columns):
            if (table in elsewhere) if group == "others" else (table not in GROUPS[group]):
                continue
            must_be_named = vouching.entries()[table, column].kind.named
            for tried in changes(table, column):
                results = (crawl.faults(change, known=known, must_be_named=must_be_named) for change in tried)
                found = next((one for one in results if one is not None), None)
                if found is not None:
                    done.add((table, column))
                    faults += found
            is_key = MODELS[table]._meta.pk.column == column  # other rows refer to it
            assert is_key or (table, column) in done, f"nothing could be changed in {table}.{column}"
    assert faults == []


def test_the_document_has_the_table():
    text = vouching.DOCUMENT.read_text()
    printed = text.partition(vouching.BEGIN)[2].partition(vouching.END)[0].strip()
    assert printed == vouching.as_markdown(), "run python -m tests.portal.tampering.vouching"
