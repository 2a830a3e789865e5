"""Every act is chained to the entry before it, or fails."""

import json
import threading

import pytest
from django.db import transaction
from django.urls import reverse

from departments.models import Role
from ledger.models import GENESIS_HASH, Entry
from ledger.record import record
from tests.ledger.auditor import verify
from tests.ledger.threads import at_once

pytestmark = pytest.mark.both_databases("triggers, constraints and the statements that try to pass them differ")


@pytest.fixture
def role(db):
    return Role.objects.get(code="drafter")


def heads_noted(settings):
    """The lines of the list of heads."""
    return [json.loads(line) for line in settings.LEDGER_HEAD_FILE.read_text().splitlines()]


def act(role, verb="role.noted", **data):
    with transaction.atomic():
        return record(verb, role, **data)


def test_each_entry_is_chained_to_the_one_before_and_the_whole_verifies(role):
    first, second, third = (act(role, turn=turn) for turn in (1, 2, 3))
    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert [first.previous, second.previous, third.previous] == [GENESIS_HASH, first.hash, second.hash]
    assert verify() == []


def test_an_entry_says_who_did_what_to_which_thing(newsroom):
    with transaction.atomic():
        record("role.noted", newsroom.department, by=newsroom.drafter, name="组织建设")
    entry = Entry.objects.get(verb="role.noted")
    assert (entry.actor_id, entry.actor_name) == (newsroom.drafter.pk, newsroom.drafter.full_name)
    assert (entry.object_type, entry.object_id) == ("departments.department", str(newsroom.department.pk))
    assert entry.data == {"name": "组织建设"}


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused(role):
    with pytest.raises(RuntimeError, match="one transaction"):
        record("role.noted", role)
    assert not Entry.objects.exists()


def test_a_number_that_no_two_languages_print_alike_is_refused(role):
    with pytest.raises(TypeError, match="float"), transaction.atomic():
        record("role.noted", role, share=0.1)
    assert not Entry.objects.exists()


class Undone(Exception):
    pass


def undone_act(role):
    with transaction.atomic():
        role.name = "另一个名字"
        role.save()
        record("role.changed", role)
        raise Undone


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_undone_leaves_no_entry_and_moves_no_head(role, client, settings):
    kept = act(role)
    with pytest.raises(Undone):
        undone_act(role)
    assert Role.objects.get(pk=role.pk).name == "拟稿人"
    assert list(Entry.objects.values_list("number", "verb")) == [(1, "role.noted")]
    assert heads_noted(settings)[-1]["hash"] == kept.hash
    following = act(role)
    assert (following.number, following.previous) == (2, kept.hash)
    assert verify() == []


@pytest.mark.django_db(transaction=True)
def test_the_head_is_noted_outside_the_database_and_shown_to_everybody(role, client, settings):
    assert client.get(reverse("ledger-head")).json() == {"number": 0, "restores": []}
    for turn in range(3):
        last = act(role, turn=turn)
    head = client.get("/ledger/head.json").json()
    assert (head["number"], head["hash"]) == (3, last.hash)
    assert [line["number"] for line in heads_noted(settings)] == [0, 1, 2, 3]
    assert {**heads_noted(settings)[-1], "restores": []} == head


@pytest.mark.django_db(transaction=True)
def test_entries_get_consecutive_numbers_from_many_threads_at_once(role, settings):
    def several():
        for turn in range(5):
            act(role, turn=turn, thread=threading.get_ident())

    assert at_once([several] * 8) == [None] * 8
    assert list(Entry.objects.values_list("number", flat=True)) == list(range(1, 41))
    assert verify() == []
    last = Entry.objects.get(number=40)
    noted = [line["number"] for line in heads_noted(settings)]
    assert noted == sorted(set(noted)) and heads_noted(settings)[-1]["hash"] == last.hash


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_gives_up_leaves_no_gap_in_the_numbers_of_the_others(role):
    outcomes = at_once([lambda: act(role), lambda: undone_act(role)] * 4)
    assert [isinstance(outcome, Undone) for outcome in outcomes] == [False, True] * 4
    assert list(Entry.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert verify() == []
