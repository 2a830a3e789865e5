"""Inventory of a filled database as JSON: page paths, search words, session cookies.

DATABASE_URL=postgres://… SECRET_KEY=… python -m bench.fill.inventory
"""

import json
import os
import re
from collections import Counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings
from django.db.models import Count
from django.test import Client

from accounts.models import User
from articles.listings.queries import PAGE_SIZE
from articles.models import Article, Placement, Publication
from articles.text.plain_text import plain_text
from bench.fill import texts

SAMPLED_BODIES = 2000  # bodies that words are counted in
COMMON_WORD_SHARE, MAX_CANDIDATE_WORDS = (
    0.5,
    200,
)  # share of the articles that a common word stands in; how many words are looked at
SPREAD_ARTICLES = 1000  # articles spread over the whole site


def word_shares() -> dict[str, dict[str, float]]:
    """Return the share of sampled articles that hold each two-character word: common words and RARE_WORD_INTERVALS."""
    live = Publication.objects.live().order_by("pk")
    step = max(1, live.count() // SAMPLED_BODIES)
    bodies = [plain_text(body) for body in live.values_list("revision__body", flat=True)[::step][:SAMPLED_BODIES]]
    counted: Counter[str] = Counter()
    for body in bodies:
        counted.update({run[at : at + 2] for run in re.findall(r"[一-鿿]+", body) for at in range(len(run) - 1)})
    shares = {word: count / len(bodies) for word, count in counted.most_common(MAX_CANDIDATE_WORDS)}
    return {
        "common": {word: round(share, 3) for word, share in shares.items() if share > COMMON_WORD_SHARE},
        "rare": {word: round(counted[word] / len(bodies), 4) for word in texts.RARE_WORD_INTERVALS},
    }


def department_sizes() -> list[dict]:
    """The largest listing first: its slug, how many live articles it has, its last page."""
    counted = Placement.objects.live().values_list("department__slug").annotate(count=Count("pk")).order_by("-count")
    return [{"slug": slug, "live": count, "last_page": -(-count // PAGE_SIZE)} for slug, count in counted]


def spread_article_paths() -> list[str]:
    """Addresses of live articles, spread evenly over time."""
    live = Publication.objects.live().order_by("article_id")
    numbers = list(live.values_list("article_id", flat=True))
    chosen = numbers[:: max(1, len(numbers) // SPREAD_ARTICLES)][:SPREAD_ARTICLES]
    found = Publication.objects.live().filter(article__in=chosen).values_list("department__slug", "article_id")
    return [f"/{slug}/{number}/" for slug, number in found.order_by("article_id")]


def session_cookies() -> dict[str, str]:
    """Who → the Cookie header of a session of theirs."""
    found = {}
    for name in ("admin", "reviewer", "publisher", "drafter3"):
        client = Client()
        client.force_login(User.objects.get(username=f"fill-{name}"), backend="accounts.backends.StaffBackend")
        found[name] = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    return found


def main() -> None:
    found = {
        "articles": Article.objects.count(),
        "live": Publication.objects.live().count(),
        "departments": department_sizes(),
        "spread": spread_article_paths(),
        "words": word_shares(),
        "cookies": session_cookies(),
    }
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
