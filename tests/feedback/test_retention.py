"""The command `forget_feedback` erases names and contacts in time."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from feedback import letter_actions
from feedback.models import Letter, LetterState, RecentLetter
from ledger.models import Entry
from ledger.verification.checks import mismatches
from tests.factories import nothing_changes
from tests.feedback.factories import TEXT, letter
from tests.ledger.attacker import tamper
from tests.ledger.auditor import named, verify

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def forget():
    out = io.StringIO()
    call_command("forget_feedback", stdout=out)
    return out.getvalue().strip()


def settled(newsroom, to, days):
    """A letter that was brought to a state so many days ago."""
    found = letter(name="读者甲", contact="reader@example.org")
    with time_machine.travel(timezone.now() - days * DAY):
        if to != LetterState.NEW:
            letter_actions.change_state(found, by=newsroom.admin, to=to, expected_state="new", answer="已更正。")
    return found


@pytest.mark.parametrize(
    ("to", "days", "is_forgotten"),
    [
        ("answered", 181, True),
        ("closed", 181, True),
        ("answered", 179, False),
        ("in_hand", 400, False),
        ("new", 400, False),
    ],
)
def test_name_and_contact_go_half_a_year_after_a_letter_is_settled(newsroom, to, days, is_forgotten):
    found = settled(newsroom, LetterState(to), days)
    said = forget()
    found.refresh_from_db()
    assert said == f"已清除 {int(is_forgotten)} 件来信的姓名和联系方式"
    assert (found.name, found.contact) == (("", "") if is_forgotten else ("读者甲", "reader@example.org"))
    assert found.text == TEXT and found.state == to


def test_the_days_are_a_setting(newsroom, settings):
    settings.FEEDBACK_KEPT_DAYS = 30
    found = settled(newsroom, LetterState.ANSWERED, 31)
    forget()
    assert not Letter.objects.get(pk=found.pk).contact


def test_running_it_again_changes_nothing(newsroom):
    settled(newsroom, LetterState.CLOSED, 181)
    forget()
    RecentLetter.objects.all().delete()
    with nothing_changes():
        forget()


def test_the_ledger_says_how_many_and_not_who(newsroom):
    settled(newsroom, LetterState.CLOSED, 181)
    forget()
    entry = Entry.objects.get(verb="letters.forgotten")
    assert entry.data["count"] == 1 and set(entry.data) == {"count", "before"} and entry.actor_id is None
    assert list(mismatches()) == []


def test_notes_of_who_sent_something_go_with_it(newsroom):
    letter()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        forget()
    assert not RecentLetter.objects.exists()


def test_a_letter_is_sealed_again_without_its_name_and_its_digest_in_the_ledger_still_holds(newsroom):
    found = settled(newsroom, LetterState.ANSWERED, 181)
    before = Letter.objects.get(pk=found.pk)
    forget()
    after = Letter.objects.get(pk=found.pk)
    assert after.seal_holds() and after.seal_signature != before.seal_signature
    assert after.sealed_digest() == before.sealed_digest() and verify() == []


def test_a_name_that_is_put_back_with_the_seal_from_before_it_was_erased_is_named(newsroom):
    found = settled(newsroom, LetterState.ANSWERED, 181)
    before = Letter.objects.get(pk=found.pk)
    forget()
    tamper(
        "UPDATE feedback_letter SET name = %s, contact = %s, seal_signature = %s WHERE id = %s",
        [before.name, before.contact, before.seal_signature, before.pk],
    )
    assert Letter.objects.get(pk=found.pk).seal_holds()
    assert verify() == [f"letter {found.pk}: name and contact were erased, but stand there again"]


def test_the_name_of_a_letter_that_was_changed_outside_the_site_is_erased_and_verify_still_names_it(newsroom):
    found = settled(newsroom, LetterState.ANSWERED, 181)
    tamper("UPDATE feedback_letter SET answer = '请转账' WHERE id = %s", [found.pk])
    forget()
    after = Letter.objects.get(pk=found.pk)
    assert (after.name, after.contact, after.seal_signature) == ("", "", "")
    assert verify() == named(f"letter {found.pk}") != []
