"""Setup of a new installation ends once, in a ledger entry listing all accounts (scenario 58)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from departments.exceptions import NotAllowed, WrongState
from departments.setup import end_setup
from ledger.models import Entry
from tests.factories import nothing_changes
from tests.ledger.auditor import verify
from workflow import services

PAGE = "/admin/accounts/identitychange/"


def entry() -> Entry | None:
    return Entry.objects.filter(verb="site.setup_ended").first()


def test_the_first_publication_ends_the_setup_in_the_same_transaction(newsroom):
    waiting = newsroom.reviewed()
    assert entry() is None
    services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    ended, published = entry(), Entry.objects.get(verb="article.published")
    assert ended.number == published.number - 1 and ended.actor_id == newsroom.publisher.pk
    listed = {row["id"]: row for row in ended.data["accounts"]}
    assert set(listed) == {one.pk for one in newsroom.people.values()}
    assert listed[newsroom.publisher.pk] == {
        "id": newsroom.publisher.pk,
        "username": newsroom.publisher.username,
        "full_name": newsroom.publisher.full_name,
        "is_active": True,
        "is_superuser": False,
        "roles": [["签发人", newsroom.department.pk]],
    }
    newsroom.published()
    assert Entry.objects.filter(verb="site.setup_ended").count() == 1
    assert verify() == []


@pytest.mark.parametrize("way", ["scheduled", "emergency"])
def test_a_scheduled_or_emergency_publication_ends_it_too(newsroom, way):
    if way == "scheduled":
        newsroom.published(at=timezone.now() + timedelta(days=1))
    else:
        article = newsroom.draft()
        seen = article.active_draft().compute_digest()
        services.publish_in_emergency(article, by=newsroom.publisher, seen=seen, reason="险情")
    assert entry() is not None
    assert verify() == []


def test_a_publication_that_fails_does_not_end_it(newsroom):
    waiting = newsroom.reviewed()
    with nothing_changes(), pytest.raises(WrongState):
        services.approve(waiting, by=newsroom.publisher, seen="0" * 64)
    assert entry() is None


def test_a_superuser_ends_it_by_hand_once(newsroom):
    with nothing_changes(), pytest.raises(NotAllowed):
        end_setup(by=newsroom.publisher)
    end_setup(by=newsroom.admin)
    with nothing_changes(), pytest.raises(WrongState):
        end_setup(by=newsroom.admin)
    newsroom.published()
    assert Entry.objects.filter(verb="site.setup_ended").count() == 1
    assert verify() == []


def test_the_page_of_accounts_offers_to_end_it_and_then_no_more(newsroom, as_user, last_entry):
    admin, drafter = as_user("admin"), as_user("drafter")
    assert "end-setup/" in admin.get(PAGE).content.decode()
    assert "end-setup/" not in drafter.get(PAGE).content.decode()
    with nothing_changes():
        assert drafter.post(f"{PAGE}end-setup/").status_code == 403
    admin.post(f"{PAGE}end-setup/")
    entry = last_entry()
    assert (entry.verb, entry.actor_id) == ("site.setup_ended", newsroom.admin.pk)
    assert "end-setup/" not in admin.get(PAGE).content.decode()
    assert 'class="error"' in admin.post(f"{PAGE}end-setup/", follow=True).content.decode()
    assert last_entry() == entry
