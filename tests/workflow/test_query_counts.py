"""Query counts of one article from draft to publication."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Article
from workflow import services

MOST = 44  # two of them are the search's: which of its partitions are fed, and that they stay so

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases("the number of queries and their plans can differ")]


def way(newsroom) -> int:
    """Queries of submitting, approving and publishing an article as pages do it, each time read afresh."""
    article = Article.objects.get(pk=newsroom.draft().pk)
    with CaptureQueriesContext(connection) as queries:
        opened = services.submit(article, by=newsroom.drafter)
        seen = opened.revision.digest
        services.approve(opened, by=newsroom.reviewer, seen=seen)
        services.approve(opened, by=newsroom.publisher, seen=seen)
    return len(queries)


def test_submitting_approving_and_publishing_take_at_most_forty_four_queries(newsroom):
    newsroom.published()  # what is read once a process is read by now
    assert way(newsroom) <= MOST


def test_the_number_stays_the_same_with_the_number_of_articles(newsroom):
    newsroom.published()
    before = way(newsroom)
    for _ in range(5):
        newsroom.published()
        newsroom.submitted()
    assert way(newsroom) == before
