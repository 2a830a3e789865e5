"""A small correction is published while a draft is parked."""

import pytest

from articles.models import Article
from departments.exceptions import WrongState
from tests.factories import nothing_changes
from tests.workflow.action_calls import approve, edit
from tests.workflow.action_factories import entries
from workflow import services
from workflow.rules.states import ArticleState, PublicState, TextState, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def article(newsroom):
    """Public, with a large draft of a new version in hand."""
    return newsroom.rewritten(newsroom.published(body="<p>电话一二三。</p>").article, body="<p>大改稿。</p>")


@pytest.fixture
def corrected(newsroom, article):
    """The draft was parked, and the correction of the telephone number is public."""
    services.park(article, by=newsroom.drafter)
    newsroom.published(newsroom.rewritten(article, body="<p>电话四五六。</p>"))
    return article


def page(client, article):
    return client.get(f"/{article.department.slug}/{article.pk}/").content.decode()


def test_a_small_correction_goes_live_while_a_large_draft_waits(newsroom, article, client):
    """Scenario 48."""
    services.park(article, by=newsroom.drafter)
    assert state_of(article) == ArticleState(TextState.PARKED, PublicState.LIVE, is_parked=True)
    newsroom.published(newsroom.rewritten(article, body="<p>电话四五六。</p>"))
    assert "电话四五六。" in page(client, article) and "大改稿" not in page(client, article)
    assert state_of(article).is_parked
    assert services.resume(article, by=newsroom.drafter).body == "<p>大改稿。</p>"


def test_a_parked_draft_is_not_submitted_over_a_correction_until_it_has_taken_that_in(newsroom, corrected, client):
    """Scenario 48."""
    services.resume(corrected, by=newsroom.drafter)
    assert state_of(corrected).is_outdated
    with nothing_changes(), pytest.raises(WrongState) as refused:
        services.submit(corrected, by=newsroom.drafter)
    assert str(refused.value)
    edit(corrected, newsroom.drafter, body="<p>大改稿，电话四五六。</p>")
    with pytest.raises(WrongState):  # saving is not saying so
        services.submit(corrected, by=newsroom.drafter)
    services.merge_published_change(corrected, by=newsroom.drafter)
    newsroom.published(corrected)
    assert "大改稿，电话四五六。" in page(client, corrected)
    (said,) = entries(corrected, "article.change_taken_in")
    assert (said.actor_id, said.data["change"]) == (newsroom.drafter.pk, 3)


def test_a_parked_draft_that_nothing_has_overtaken_is_submitted_as_it_is(newsroom, article):
    services.park(article, by=newsroom.drafter)
    services.resume(article, by=newsroom.colleague)
    with nothing_changes(), pytest.raises(WrongState):
        services.merge_published_change(article, by=newsroom.drafter)
    services.submit(article, by=newsroom.drafter)


def test_who_says_that_a_change_is_taken_in_has_a_hand_in_the_text(newsroom, corrected):
    """Scenario 2."""
    services.resume(corrected, by=newsroom.drafter)
    services.merge_published_change(corrected, by=newsroom.colleague)
    assert newsroom.colleague.pk in corrected.active_draft().contributor_ids()


def test_a_second_draft_cannot_be_parked_beside_the_first(newsroom, article):
    services.park(article, by=newsroom.drafter)
    newsroom.rewritten(article, body="<p>又一稿。</p>")
    with nothing_changes(), pytest.raises(WrongState):
        services.park(article, by=newsroom.drafter)
    services.discard(article, by=newsroom.drafter)
    assert services.resume(article, by=newsroom.drafter).body == "<p>大改稿。</p>"


def test_the_parked_draft_is_not_taken_up_while_another_text_is_in_hand(newsroom, article):
    services.park(article, by=newsroom.drafter)
    newsroom.rewritten(article)
    with nothing_changes(), pytest.raises(WrongState):
        services.resume(article, by=newsroom.drafter)
    opened = services.submit(article, by=newsroom.drafter)
    with nothing_changes(), pytest.raises(WrongState):
        services.resume(article, by=newsroom.drafter)
    approve(opened, newsroom.reviewer)
    approve(opened, newsroom.publisher)
    services.resume(article, by=newsroom.drafter)


def test_discarding_a_parked_draft_leaves_what_is_public(newsroom, article, client):
    services.park(article, by=newsroom.drafter)
    services.discard(article, by=newsroom.drafter)
    assert state_of(Article.objects.get(pk=article.pk)) == ArticleState(TextState.SETTLED, PublicState.LIVE)
    assert "电话一二三。" in page(client, article)


def test_a_draft_of_what_is_not_public_cannot_be_parked(newsroom):
    article = newsroom.draft()
    with nothing_changes(), pytest.raises(WrongState):
        services.park(article, by=newsroom.drafter)
