"""Persons concerned and superusers are told of acts on accounts (scenario 58)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.services import change_user, set_password
from departments import people_import
from departments.services import revoke_role
from tests.factories import grant
from tests.workflow.action_factories import disable, somebody
from tests.workflow.confirmation_factories import confirm, open_entries, puppet, second_superuser
from tests.workflow.messages import give_address
from tests.workflow.pages import text_of
from workflow.actions import confirmations, delegations
from workflow.models import Notification, NotificationEvent
from workflow.notifications.delivery import deliver
from workflow.notifications.people import change_labels

INBOX = "/admin/workflow/notification/"


@pytest.fixture
def newsroom(newsroom):
    second_superuser(newsroom)
    newsroom.published()
    give_address(*newsroom.people.values())
    Notification.objects.all().delete()
    return newsroom


def told() -> set:
    """The people who were told since the last look; each has one message of each act."""
    found = list(Notification.objects.filter(article=None))
    Notification.objects.all().delete()
    return {one.person_id for one in found}


def ids(newsroom, *names: str) -> set:
    return {newsroom.people[name].pk for name in names}


def test_who_is_told_of_what(newsroom):
    admin, leader = newsroom.admin, newsroom.reviewer
    superusers = ("admin", "second")
    one = puppet(newsroom, "one")
    assert told() == ids(newsroom, "one", *superusers)
    grant(one, "reviewer", newsroom.department, admin)
    assert told() == ids(newsroom, "one", *superusers)
    set_password(leader, "another word", by=admin)
    assert told() == ids(newsroom, "reviewer", *superusers)
    leader.full_name = "李四"
    change_user(leader, by=admin)
    assert told() == ids(newsroom, "reviewer", *superusers)
    leader.is_superuser = True
    change_user(leader, by=admin)
    assert told() == ids(newsroom, "reviewer", *superusers)
    leader.is_superuser = False
    change_user(leader, by=admin)
    assert told() == ids(newsroom, "reviewer", *superusers)
    revoke_role(one.memberships.get(), by=admin)
    assert told() == ids(newsroom, "one", *superusers)
    disable(one, admin)
    assert told() == ids(newsroom, *superusers)
    now = timezone.now()
    period = {"begins_at": now, "ends_at": now + timedelta(days=1)}
    delegations.delegate(principal=newsroom.publisher, deputy=newsroom.drafter, by=admin, **period)
    assert told() == ids(newsroom, "publisher", "drafter", *superusers)


def test_what_people_do_to_their_own_account_is_nobodys_business(newsroom):
    set_password(newsroom.reviewer, "another word", by=newsroom.reviewer)
    newsroom.reviewer.phone = "12345678"
    change_user(newsroom.reviewer, by=newsroom.admin)
    now = timezone.now()
    delegations.delegate(
        principal=newsroom.publisher,
        deputy=newsroom.drafter,
        by=newsroom.publisher,
        begins_at=now,
        ends_at=now + timedelta(days=1),
    )
    assert told() == set()


def test_a_confirmation_and_an_objection_are_told_too(newsroom):
    one = puppet(newsroom, "one", "reviewer")
    told()
    confirmations.object_to(one, newsroom.reviewer, open_entries(one), "不认识此人")
    assert told() == ids(newsroom, "one", "admin", "second", "reviewer")
    confirm(one, newsroom.publisher)
    assert told() == ids(newsroom, "one", "admin", "second", "publisher")


def test_the_mail_says_who_did_what_to_whose_account(newsroom):
    set_password(newsroom.reviewer, "another word", by=newsroom.admin)
    deliver()
    assert {address for sent in mail.outbox for address in sent.to} == {
        newsroom.people[name].email for name in ("reviewer", "admin", "second")
    }
    for sent in mail.outbox:
        assert newsroom.reviewer.full_name in sent.subject
        assert newsroom.admin.full_name in sent.body and f"{INBOX}" in sent.body


def test_the_address_that_was_replaced_is_told_too(newsroom):
    leader = newsroom.reviewer
    former, leader.email = leader.email, "elsewhere@example.org"
    change_user(leader, by=newsroom.admin)
    deliver()
    addresses = sorted(address for sent in mail.outbox for address in sent.to)
    assert addresses == sorted([former, "elsewhere@example.org", newsroom.admin.email, newsroom.people["second"].email])
    assert len({sent.extra_headers["Message-ID"] for sent in mail.outbox}) == 4


def test_an_address_that_was_taken_away_is_told(newsroom):
    leader = newsroom.reviewer
    former, leader.email = leader.email, ""
    change_user(leader, by=newsroom.admin)
    deliver()
    assert former in {address for sent in mail.outbox for address in sent.to}


def test_the_message_stands_in_the_inbox_and_leads_to_the_account(newsroom, as_user):
    set_password(newsroom.reviewer, "another word", by=newsroom.admin)
    shown = text_of(as_user("second").get(INBOX))
    assert newsroom.reviewer.full_name in shown and newsroom.admin.full_name in shown
    message = Notification.objects.get(person=newsroom.people["second"])
    answer = as_user("second").get(f"{INBOX}{message.pk}/")
    assert answer["Location"] == "/admin/accounts/identitychange/"


def test_an_import_of_many_people_is_one_message_for_each(newsroom):
    rows = [
        people_import.ImportRow(number, username=f"new{number}", full_name=f"新人{number}", role="拟稿人")
        for number in range(2, 22)
    ]
    made = people_import.apply_plan(people_import.plan_import(rows), by=newsroom.admin)
    found = Notification.objects.filter(event=NotificationEvent.IDENTITY_CHANGED)
    assert {one.person_id for one in found} == {who.pk for who, _word in made} | ids(newsroom, "admin", "second")
    assert found.count() == 22
    assert " +15" in found.get(person=newsroom.admin).subject
    assert "新人3" not in found.get(person=made[0][0]).subject


def test_superusers_hear_of_a_step_that_another_one_hands_over(newsroom):
    from workflow import services

    waiting, helper = newsroom.submitted(), somebody(newsroom, "helper")
    Notification.objects.all().delete()
    services.hand_over(waiting.current_step(), by=newsroom.admin, to=helper)
    found = Notification.objects.filter(event=NotificationEvent.HANDED_OVER)
    assert {one.person_id for one in found} == {helper.pk, newsroom.people["second"].pk}


def test_an_act_of_the_machine_is_told_as_one_of_the_system(newsroom, as_user, english):
    set_password(newsroom.reviewer, "another word", by=None)
    (message,) = Notification.objects.filter(person=newsroom.admin)
    assert [label[:30] for label in change_labels(message)] == ["password reset by the system on"[:30]]


def test_during_setup_nobody_is_told(db):
    from tests.factories import Newsroom

    newsroom = Newsroom.open()
    set_password(newsroom.reviewer, "another word", by=newsroom.admin)
    assert told() == set()
