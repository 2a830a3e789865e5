"""Actions on publications: end, pin, move, change of URL."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from articles.models import Publication
from departments import services as departments
from departments.exceptions import NotAllowed, WrongState
from ledger.verification.checks import mismatches
from tests.factories import nothing_changes
from tests.workflow.action_calls import approve
from tests.workflow.action_factories import DAY, entries
from workflow import services
from workflow.exceptions import BadTime
from workflow.rules.states import PublicState, state_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases("rounds, decisions and publications are read as JSON subqueries"),
]


def address(article, department=None):
    return f"/{(department or article.department).slug}/{article.pk}/"


def titles(client, department):
    """Titles in the listing of the department, in their order."""
    page = client.get(f"/{department.slug}/").content.decode()
    known = {f">{title}<" for title in Publication.objects.values_list("title", flat=True)}
    return [title[1:-1] for title in sorted((title for title in known if title in page), key=page.index)]


def after(wait):
    return time_machine.travel(timezone.now() + wait, tick=False)


# An end.


def test_what_has_an_end_is_public_until_then_and_gone_afterwards(newsroom, client):
    article = newsroom.published(title="限时通知").article
    services.expire(article, by=newsroom.publisher, at=timezone.now() + DAY)
    with after(DAY - timedelta(minutes=1)):
        assert client.get(address(article)).status_code == 200
        assert titles(client, newsroom.department) == ["限时通知"]
        assert len(client.get("/search/?q=限时通知").context["results"].publication_ids) == 1
    with after(DAY + timedelta(minutes=1)):
        assert client.get(address(article)).status_code == 410
        assert titles(client, newsroom.department) == []
        assert client.get("/search/?q=限时通知").context["results"].publication_ids == []
        assert state_of(article).public == PublicState.EXPIRED
    assert entries(article)[-1].verb == "article.expiry_set"
    assert list(mismatches()) == []


def test_an_end_lies_ahead_and_is_set_by_who_signs_off(newsroom):
    article = newsroom.published().article
    with nothing_changes(), pytest.raises(BadTime):
        services.expire(article, by=newsroom.publisher, at=timezone.now() - DAY)
    for name in ("drafter", "reviewer", "stranger"):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.expire(article, by=newsroom.people[name], at=timezone.now() + DAY)
    draft = newsroom.draft()
    with nothing_changes(), pytest.raises(WrongState):
        services.expire(draft, by=newsroom.publisher, at=timezone.now() + DAY)


def test_what_has_run_out_can_be_written_anew(newsroom, client):
    first = newsroom.published()
    services.expire(first.article, by=newsroom.publisher, at=timezone.now() + DAY)
    with after(2 * DAY):
        again = newsroom.published(newsroom.rewritten(first.article))
        assert client.get(address(first.article)).status_code == 200
    assert again.first_live_from == first.first_live_from


# A pin.


@pytest.fixture
def two(newsroom):
    """An older and a newer article, 旧文 and 新文."""
    return newsroom.published(title="旧文").article, newsroom.published(title="新文").article


def pin(newsroom, article, wait=DAY):
    services.pin(article, by=newsroom.publisher, until=timezone.now() + wait if wait else None)


def test_a_pinned_article_heads_the_listing_until_its_date(newsroom, two, client):
    assert titles(client, newsroom.department) == ["新文", "旧文"]
    pin(newsroom, two[0])
    assert titles(client, newsroom.department) == ["旧文", "新文"]
    with after(DAY + timedelta(minutes=1)):
        assert titles(client, newsroom.department) == ["新文", "旧文"]
    assert entries(two[0])[-1].verb == "article.pinned"
    assert list(mismatches()) == []


def test_a_pin_is_taken_down_again(newsroom, two, client):
    pin(newsroom, two[0])
    pin(newsroom, two[0], None)
    assert titles(client, newsroom.department) == ["新文", "旧文"]


def test_a_correction_stays_where_its_predecessor_was_pinned(newsroom, two, client):
    pin(newsroom, two[0])
    newsroom.published(newsroom.rewritten(two[0], title="旧文改"))
    assert titles(client, newsroom.department)[0] == "旧文改"


def test_a_correction_does_not_bring_back_a_pin_that_was_taken_down(newsroom, two, client):
    pin(newsroom, two[0])
    newsroom.published(newsroom.rewritten(two[0], title="旧文改"))
    pin(newsroom, two[0], None)
    newsroom.published(newsroom.rewritten(two[0], title="旧文再改"))
    assert titles(client, newsroom.department)[0] == "新文"


def test_a_pin_set_while_a_replacement_is_scheduled_holds_for_that_too(newsroom, two, client):
    newsroom.published(newsroom.rewritten(two[0], title="旧文改"), at=timezone.now() + DAY)
    pin(newsroom, two[0], 3 * DAY)
    with after(2 * DAY):
        assert titles(client, newsroom.department)[0] == "旧文改"


def test_only_who_signs_off_pins_and_only_what_is_public(newsroom, two):
    for name in ("drafter", "reviewer", "stranger"):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.pin(two[0], by=newsroom.people[name], until=timezone.now() + DAY)
    with nothing_changes(), pytest.raises(BadTime):
        pin(newsroom, two[0], -DAY)
    draft = newsroom.draft()
    with nothing_changes(), pytest.raises(WrongState):
        pin(newsroom, draft)


# Another department, another address.


def test_a_moved_article_is_found_at_both_addresses_and_listed_in_the_new_department_only(newsroom, client):
    """Scenario 33."""
    article = newsroom.published(title="要搬的").article
    newsroom.rewritten(article, title="要搬的，新")
    newsroom.published(article, at=timezone.now() + DAY)
    services.move(article, by=newsroom.admin, to=newsroom.elsewhere)
    old, new = address(article, newsroom.department), address(article, newsroom.elsewhere)
    answer = client.get(old)
    assert (answer.status_code, answer["Location"]) == (301, new)
    assert client.get(new).status_code == 200
    assert titles(client, newsroom.department) == [] and titles(client, newsroom.elsewhere) == ["要搬的"]
    assert client.get(f"{old}proof.json").status_code == 301
    assert client.get(f"{new}proof.json").json()["manifest"]["department"] == newsroom.elsewhere.pk
    with after(2 * DAY):
        assert titles(client, newsroom.elsewhere)[-1] == "要搬的，新"
    entry = entries(article)[-1]
    assert (entry.verb, entry.data["was"], entry.data["to"]) == (
        "article.moved",
        newsroom.department.pk,
        newsroom.elsewhere.pk,
    )
    assert list(mismatches()) == []


def test_only_a_superuser_moves_an_article_and_not_while_it_is_in_review(newsroom):
    """Scenario 33."""
    article = newsroom.published().article
    for name in ("drafter", "publisher", "stranger"):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.move(article, by=newsroom.people[name], to=newsroom.elsewhere)
    with nothing_changes(), pytest.raises(WrongState):
        services.move(article, by=newsroom.admin, to=newsroom.department)
    waiting = newsroom.submitted()
    with nothing_changes(), pytest.raises(WrongState):
        services.move(waiting.article, by=newsroom.admin, to=newsroom.elsewhere)
    approve(waiting, newsroom.reviewer)


def test_the_new_department_decides_on_what_was_moved_to_it(newsroom):
    article = newsroom.draft()
    services.move(article, by=newsroom.admin, to=newsroom.elsewhere)
    with nothing_changes(), pytest.raises(NotAllowed):
        services.submit(article, by=newsroom.drafter)
    services.submit(article, by=newsroom.stranger)


def test_a_department_with_another_address_is_found_at_the_old_one(newsroom, client):
    """Scenario 33."""
    article = newsroom.published().article
    here = newsroom.department
    old = here.slug
    here.slug = "renamed"
    departments.save_department(here, by=newsroom.admin)
    for path, target in ((f"/{old}/", "/renamed/"), (f"/{old}/{article.pk}/", f"/renamed/{article.pk}/")):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (301, target)
        assert client.get(target).status_code == 200
    assert list(mismatches()) == []


def test_an_end_that_was_set_holds_again_when_the_replacement_is_called_off(newsroom):
    """Scenario 28."""
    first = newsroom.published()
    ends = timezone.now() + 3 * DAY
    services.expire(first.article, by=newsroom.publisher, at=ends)
    newsroom.published(newsroom.rewritten(first.article), at=timezone.now() + DAY)
    services.unschedule(first.article, by=newsroom.publisher, reason="改期")
    first.refresh_from_db()
    assert first.live_until == ends
