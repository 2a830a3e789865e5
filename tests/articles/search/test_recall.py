"""Search recall: every word of the demonstration finds its articles (scenario 40)."""

import json
import random
import re
from pathlib import Path

import pytest
from django.conf import settings

from articles.models import Publication
from articles.search.index import matching, phrase_queries
from articles.search.tokenizer import split_query
from articles.text.plain_text import plain_text
from tests.articles.search.test_search import found

pytestmark = pytest.mark.both_databases("the search index and its SQL differ")

FILE = Path(settings.BASE_DIR) / "portal" / "demonstration" / "articles.json"
FIELDS = ("title", "subtitle", "body", "summary", "author", "source", "keywords", "document_number", "issuing_body")


@pytest.fixture
def texts(newsroom):
    """Number of the publication → its title and body."""
    published = {}
    for article in json.loads(FILE.read_text(encoding="utf-8")):
        content = {name: article[name] for name in FIELDS if article.get(name)}
        one = newsroom.published(**content)
        published[one.pk] = f"{one.title}\n{plain_text(one.revision.body)}"
    assert len(published) > 50
    return published


def cut(texts, length, many, seed):
    """Different words of the length, each cut from a random place of a random text."""
    chance, words = random.Random(seed), set()
    numbers = sorted(texts)
    while len(words) < many:
        run = chance.choice(re.findall(rf"[^\W_]{{{length},}}", texts[chance.choice(numbers)]))
        at = chance.randrange(len(run) - length + 1)
        words.add(run[at : at + length])
    return sorted(words)


@pytest.mark.parametrize("count", [300, 2000])
@pytest.mark.slow
def test_every_random_word_finds_every_article_in_which_it_stands(texts, client, count):
    """Scenario 40. Half of the words have two characters, the others three to eight."""
    words = cut(texts, 2, count // 2, seed=2014)
    for length in range(3, 9):
        words += cut(texts, length, count // 12 + 1, seed=length)
    assert len(words) >= count
    missed = []
    for word in words:
        answered = set(
            matching(Publication.objects.live(), phrase_queries(split_query(word))).values_list("pk", flat=True)
        )
        missed += [(word, pk) for pk, text in texts.items() if word.lower() in text.lower() and pk not in answered]
    assert missed == []
    # And by the page, of those that find no more articles than one page shows.
    rare = [word for word in words if matching(Publication.objects.live(), phrase_queries([word])).count() <= 20]
    article_of = dict(Publication.objects.values_list("pk", "article_id"))
    for word in random.Random(40).sample(rare, count // 20):
        standing = {article_of[pk] for pk, text in texts.items() if word.lower() in text.lower()}
        assert standing <= set(found(client, word)), word


@pytest.mark.slow
def test_a_word_that_stands_nowhere_finds_nothing(texts):
    everything = "\n".join(texts.values())
    fields = Publication.objects.values_list(*(f"revision__{name}" for name in FIELDS))
    everything += "\n".join("\n".join(row) for row in fields)
    signs = sorted(set(re.findall(r"[\u4e00-\u9fff]", everything)))
    chance = random.Random(7)
    absent = {chance.choice(signs) + chance.choice(signs) for _ in range(400)}
    absent = sorted(word for word in absent if word not in everything)
    assert len(absent) > 300
    assert [word for word in absent if matching(Publication.objects.live(), phrase_queries([word])).exists()] == []


@pytest.mark.slow
def test_single_characters_words_that_mix_scripts_and_document_numbers_find_theirs_too(texts):
    for pk, number in Publication.objects.exclude(revision__document_number="").values_list(
        "pk", "revision__document_number"
    ):
        texts[pk] += f"\n{number}"
    everything = "\n".join(texts.values())
    mixed = set(re.findall(r"[0-9A-Za-z]+[\u4e00-\u9fff]{1,2}|[\u4e00-\u9fff][0-9A-Za-z]+", everything))
    numbers = set(re.findall(r"\S*〔\d{4}〕\d+号", everything))
    assert len(mixed) > 20 and len(numbers) > 10
    single = random.Random(1).sample(sorted(set(re.findall(r"[\u4e00-\u9fff]", everything))), 200)
    for word in [*sorted(mixed | numbers), *single]:
        answered = set(
            matching(Publication.objects.live(), phrase_queries(split_query(word))).values_list("pk", flat=True)
        )
        assert {pk for pk, text in texts.items() if word in text} <= answered, word
