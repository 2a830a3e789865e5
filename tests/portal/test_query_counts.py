"""Query counts do not grow with the number of articles (scenario 47)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

pytestmark = pytest.mark.both_databases("the number of queries and their plans can differ")

DAY = timedelta(days=1)

ADDRESSES = {
    "home": "/",
    "listing": "/{slug}/",
    "narrowed listing": "/{slug}/?q=示例",
    "further column": "/{other}/",
    "article": "/{slug}/{article}/",
    "search": "/search/?q=示例",
    "feed": "/feed/",
    "feed of the department": "/{slug}/feed/",
    "sitemap": "/sitemap.xml",
    "withdrawn or never there": "/{slug}/999999/",
    "list of the desk": "/admin/articles/article/",
    "people of the desk": "/admin/accounts/user/",
    "ledger of the desk": "/admin/ledger/entry/",
}


def queries(newsroom, middle):
    """name → how many queries the page takes, once what is asked for once in a process has been asked."""
    client, found = Client(), {}
    for name, pattern in ADDRESSES.items():
        address = pattern.format(slug=newsroom.department.slug, other=newsroom.elsewhere.slug, article=middle)
        if "desk" in name:
            client.force_login(newsroom.drafter if "article" in address else newsroom.admin)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code in (200, 404)
        found[name] = len(captured)
    return found


def test_the_number_of_queries_stays_flat(newsroom):
    """Scenario 47."""
    now = timezone.now()

    def publish(days):
        return [
            newsroom.published(dated=now - day * DAY, columns=[newsroom.elsewhere], keywords="党建") for day in days
        ]

    middle = publish([14, 15, 16])[1].article_id
    before = queries(newsroom, middle)
    publish([*range(1, 14), *range(17, 31)])
    assert queries(newsroom, middle) == before
    assert max(before.values()) <= 20
