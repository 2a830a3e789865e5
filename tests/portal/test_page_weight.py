"""First views weigh under 60 kB compressed, without content pictures.

Pages are counted as a server in front compresses them (gzip, level 6), static files as WhiteNoise has them compressed.
"""

import gzip
import re
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders

MOST = 60_000  # bytes, 60 kB
OWN = "/static/"


def static_bytes(address):
    """As transferred: brotli where it helps."""
    content = Path(finders.find(address.removeprefix(OWN))).read_bytes()
    return min(len(brotli.compress(content)), len(content))


def weight(html):
    """(bytes of the page, {address: bytes} of what it asks for at once)."""
    asked = set(re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="(/static/[^"]+)"', html))
    return len(gzip.compress(html.encode(), 6)), {address: static_bytes(address) for address in asked}


@pytest.mark.parametrize("kind", ["home", "listing", "article", "search with results"])
def test_the_first_view_weighs_less_than_sixty_kilobytes(shown, kind):
    page, asked = weight(shown[kind].html)
    assert {address.rpartition(".")[2] for address in asked} >= {"css", "js"}
    assert page + sum(asked.values()) < MOST, (page, asked)
    assert sum(asked.values()) < 20_000, asked  # styles and scripts keep room for long pages


def test_a_page_asks_for_no_more_than_a_dozen_static_files(shown):
    for kind, page in shown.items():
        assert len(weight(page.html)[1]) <= 12, kind
