"""Who may confirm a change of an account; the ledger entry of it (scenario 58)."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import IdentityChange
from accounts.services import create_user, set_password
from departments.exceptions import NotAllowed, WrongState
from departments.services import revoke_role
from tests.factories import grant, nothing_changes, person
from tests.ledger.attacker import refused, tamper
from tests.workflow.action_factories import disable, somebody
from tests.workflow.confirmation_factories import confirm, open_entries, puppet, second_superuser
from workflow.actions import confirmations
from workflow.exceptions import ReasonMissing


@pytest.fixture
def newsroom(newsroom):
    second_superuser(newsroom)
    newsroom.published()
    return newsroom


def check_refused(who, by) -> None:
    with nothing_changes(), pytest.raises(NotAllowed):
        confirm(who, by)


@pytest.mark.parametrize("by", ["second", "reviewer", "publisher"])
def test_another_superuser_or_who_already_decides_there_confirms(newsroom, last_entry, by):
    one, by = puppet(newsroom, "one", "reviewer"), newsroom.people[by]
    entries = open_entries(one)
    confirm(one, by, "电话核实本人")
    entry = last_entry()
    assert (entry.verb, entry.object_type, entry.object_id) == ("account.confirmed", "accounts.user", str(one.pk))
    assert (entry.actor_id, entry.data) == (by.pk, {"changes": entries, "words": "电话核实本人"})
    for change in IdentityChange.objects.all():
        assert (change.state, change.closed_by, change.closed_by_name) == ("confirmed", by, by.full_name)
        assert change.seal_holds()


@pytest.mark.parametrize("by", ["admin", "one", "drafter", "stranger"])
def test_neither_who_did_it_nor_the_person_nor_somebody_who_does_not_decide_there_confirms(newsroom, by):
    one = puppet(newsroom, "one", "reviewer")
    check_refused(one, newsroom.people[by])


def test_somebody_whose_own_account_waits_does_not_confirm(newsroom):
    one, two = puppet(newsroom, "one", "reviewer"), puppet(newsroom, "two", "publisher")
    third = create_user(username="third", password=None, by=newsroom.admin, full_name="第三管理员", is_superuser=True)
    check_refused(one, two)
    check_refused(one, third)
    confirm(two, newsroom.reviewer)
    confirm(one, two)


def test_a_leader_who_was_deactivated_does_not_confirm(newsroom):
    one = puppet(newsroom, "one", "reviewer")
    disable(newsroom.reviewer, newsroom.people["second"])
    check_refused(one, newsroom.reviewer)


def test_an_account_without_a_role_is_confirmed_by_who_decides_anywhere(newsroom):
    """So that two superusers can reset each other's passwords, and a leader confirms it."""
    second = newsroom.people["second"]
    set_password(second, "another word", by=newsroom.admin)
    check_refused(second, newsroom.drafter)
    confirm(second, newsroom.stranger)


def test_confirming_takes_words_and_what_was_seen(newsroom):
    one = puppet(newsroom, "one", "reviewer")
    seen = open_entries(one)
    with nothing_changes(), pytest.raises(ReasonMissing):
        confirmations.confirm(one, newsroom.reviewer, seen, "  ")
    grant(one, "publisher", newsroom.department, newsroom.admin)
    confirmations.confirm(one, newsroom.reviewer, seen, "当面核实")
    assert len(open_entries(one)) == 1  # the role that was granted since
    with nothing_changes(), pytest.raises(WrongState):
        confirmations.confirm(one, newsroom.publisher, seen, "当面核实")


@pytest.mark.parametrize(("by", "may"), [("one", True), ("reviewer", True), ("second", True), ("drafter", False)])
def test_the_person_and_those_who_may_confirm_can_object(newsroom, last_entry, by, may):
    one = puppet(newsroom, "one", "reviewer")
    entries = open_entries(one)
    if not may:
        with nothing_changes(), pytest.raises(NotAllowed):
            confirmations.object_to(one, newsroom.people[by], entries, "不认识此人")
        return
    confirmations.object_to(one, newsroom.people[by], entries, "不认识此人")
    assert (last_entry().verb, last_entry().data) == ("account.objected", {"changes": entries, "words": "不认识此人"})
    assert open_entries(one) == entries


def test_who_waits_for_confirmation_changes_no_other_account(newsroom):
    """Otherwise a superuser makes another one, who makes the accounts."""
    third = create_user(username="third", password=None, by=newsroom.admin, full_name="第三管理员", is_superuser=True)
    membership = newsroom.reviewer.memberships.get()
    acts = [
        lambda: puppet(newsroom, "one", by=third),
        lambda: grant(newsroom.drafter, "reviewer", newsroom.department, third),
        lambda: revoke_role(membership, by=third),
        lambda: set_password(newsroom.reviewer, "another word", by=third),
        lambda: disable(newsroom.reviewer, third),
    ]
    for act in acts:
        with nothing_changes(), pytest.raises(PermissionDenied):
            act()
    set_password(third, "a word of my own", by=third)
    confirm(third, newsroom.people["second"])
    puppet(newsroom, "one", by=third)


def test_a_change_that_was_changed_by_sql_is_not_confirmed(newsroom):
    one = puppet(newsroom, "one", "reviewer")
    tamper("UPDATE accounts_identitychange SET by_id = %s", [newsroom.drafter.pk])
    with nothing_changes(), pytest.raises(NotAllowed):
        confirm(one, newsroom.reviewer)


@pytest.mark.both_databases("triggers and constraints are written in two dialects")
def test_the_database_refuses_to_remove_or_rewrite_a_change(newsroom):
    one = puppet(newsroom, "one", "reviewer")
    refused("DELETE FROM accounts_identitychange")
    for column, value in [("person_id", newsroom.drafter.pk), ("by_id", None), ("verb", "x"), ("entry", 1)]:
        refused(f"UPDATE accounts_identitychange SET {column} = %s WHERE person_id = %s", [value, one.pk])
    refused("UPDATE accounts_identitychange SET state = 'confirmed', closed_at = at")
    refused("UPDATE accounts_identitychange SET state = 'confirmed', closed_at = at, closed_by_id = by_id")
    refused("UPDATE accounts_identitychange SET state = 'confirmed', closed_at = at, closed_by_id = person_id")
    confirm(one, newsroom.reviewer)
    refused("UPDATE accounts_identitychange SET state = 'open', closed_at = NULL, closed_by_id = NULL")


def test_the_machines_own_commands_are_told_and_need_no_confirmation(newsroom):
    made = person("machine")
    somebody(newsroom, "other")
    (change,) = IdentityChange.objects.filter(person=made)
    assert (change.state, change.by, change.seal_holds()) == ("notice", None, True)
