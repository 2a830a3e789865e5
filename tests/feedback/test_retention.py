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
