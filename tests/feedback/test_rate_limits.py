"""Rate limits and spam protection of letters."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from feedback import form_tokens, intake
from feedback.models import Letter, RecentLetter
from tests.factories import nothing_changes
from tests.feedback.factories import A_MINUTE, ADDRESS, TEXT, letter, opened, sent
from tests.ledger.threads import at_once
from tests.portal.visitor import Page, visit

pytestmark = pytest.mark.both_databases("locks and isolation differ")

HOUR = timedelta(hours=1)


def complaint(page):
    return page.one("", role="alert").words


def test_the_trap_is_neither_seen_nor_read_out_nor_reached_by_keyboard(db):
    page = visit(ADDRESS)
    trap = page.one("div", class_="letter-honeypot")
    assert trap.attributes["aria-hidden"] == "true"
    field = trap.one("input", name="subject").attributes
    assert (field["tabindex"], field["autocomplete"]) == ("-1", "off")


def test_who_falls_into_the_trap_is_told_and_can_send_again(db):
    client = Client()
    fields = opened(client) | {"text": TEXT}
    with nothing_changes():
        page = Page(client.post(ADDRESS, fields | {"subject": "casino"}))
    assert page.status == 400 and "应当留空" in complaint(page)
    assert not page.one("input", name="subject").attributes.get("value")
    assert client.post(ADDRESS, fields).status_code == 302


def test_a_letter_of_two_seconds_is_asked_to_be_looked_through(db):
    client = Client()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        fields = opened(client, ago=timedelta()) | {"text": TEXT}
        clock.shift(2.9)
        page = Page(client.post(ADDRESS, fields))
        assert page.status == 400 and "太快" in complaint(page)
        assert page.one("textarea", name="text").words == TEXT
        assert page.one("input", name="form_token").attributes["value"] == fields["form_token"]
        clock.shift(0.2)
        assert client.post(ADDRESS, fields).status_code == 302


@pytest.mark.parametrize("ago", [form_tokens.MAX_FORM_AGE + A_MINUTE, -2 * A_MINUTE])
def test_a_form_of_yesterday_comes_back_fresh_with_every_word(db, ago):
    client = Client()
    fields = opened(client, ago=ago) | {"text": TEXT}
    with nothing_changes():
        page = Page(client.post(ADDRESS, fields))
    assert page.status == 400 and "时间过长" in complaint(page)
    assert page.one("textarea", name="text").words == TEXT
    fresh = page.one("input", name="form_token").attributes["value"]
    with time_machine.travel(timezone.now() + A_MINUTE):
        assert client.post(ADDRESS, fields | {"form_token": fresh}).status_code == 302


@pytest.mark.parametrize("form_token", ["", "x", "WzEsMl0:1vN3Zq:forged", "a:b:c:d", "\u2028"])
def test_a_stamp_that_we_did_not_sign_is_none(db, form_token):
    with nothing_changes():
        assert sent(Client(), form_token=form_token).status_code == 400


def test_a_form_without_stamp_or_trap_is_refused(db):
    with nothing_changes():
        assert Client().post(ADDRESS, {"kind": "error", "text": TEXT}).status_code == 400


def test_a_visitor_sends_so_many_an_hour_and_then_is_told_when(db, settings):
    settings.FEEDBACK_PER_VISITOR = 2
    client = Client(REMOTE_ADDR="203.0.113.7")
    with time_machine.travel(timezone.now().replace(hour=12), tick=False) as clock:
        letter(client)
        clock.shift(HOUR / 2)
        letter(client)
        with nothing_changes():
            answer = sent(client, HTTP_USER_AGENT="another one")
        assert answer.status_code == 429 and answer["Retry-After"] == "3600"
        page = Page(answer)
        assert "请稍后再提交" in complaint(page) and page.one("textarea", name="text").words == TEXT
        letter(Client(REMOTE_ADDR="203.0.113.8"))
        clock.shift(HOUR / 2)
        letter(client)


def test_midnight_gives_a_visitor_no_letter_more(db, settings):
    """The hash is another one then: its salt is the day's."""
    settings.FEEDBACK_PER_VISITOR = 2
    client = Client(REMOTE_ADDR="203.0.113.7")
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    with time_machine.travel(midnight - HOUR / 4, tick=False) as clock:
        letter(client)
        letter(client)
        clock.shift(HOUR / 2)
        with nothing_changes():
            assert sent(client).status_code == 429
        letter(Client(REMOTE_ADDR="203.0.113.8"))
        clock.shift(HOUR / 2)
        letter(client)


def test_all_together_send_so_many_an_hour(db, settings):
    settings.FEEDBACK_PER_HOUR = 2
    letter(Client(REMOTE_ADDR="203.0.113.1"))
    letter(Client(REMOTE_ADDR="203.0.113.2"))
    with nothing_changes():
        answer = sent(Client(REMOTE_ADDR="203.0.113.3"))
    assert answer.status_code == 429 and "目前来信较多" in complaint(Page(answer))


def test_another_browser_or_address_in_the_same_network_is_no_other_visitor(rf):
    def who(address, agent="a"):
        return intake.visitor_hash(rf.get("/", REMOTE_ADDR=address, HTTP_USER_AGENT=agent), timezone.now())

    assert who("203.0.113.7") == who("203.0.113.7", "b") != who("203.0.113.8")
    assert who("2001:db8:1:2::1") == who("2001:db8:1:2:ffff::9") != who("2001:db8:1:3::1")
    assert who("::ffff:203.0.113.7") == who("203.0.113.7")
    assert who("") == who("")


def test_no_address_is_kept_and_the_hash_goes_after_an_hour(db, rf):
    with time_machine.travel(timezone.now().replace(hour=12), tick=False) as clock:
        letter(Client(REMOTE_ADDR="203.0.113.7"))
        first = RecentLetter.objects.get()
        assert "203" not in first.visitor and len(first.visitor) == 32
        tomorrow = timezone.now() + timedelta(days=1)
        asked = rf.get("/", REMOTE_ADDR="203.0.113.7")
        assert intake.visitor_hash(asked, tomorrow) != intake.visitor_hash(asked, timezone.now()) == first.visitor
        clock.shift(HOUR)
        letter(Client(REMOTE_ADDR="203.0.113.9"))
        assert not RecentLetter.objects.filter(pk=first.pk).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bound", ["FEEDBACK_PER_VISITOR", "FEEDBACK_PER_HOUR"])
def test_the_bound_holds_when_many_send_at_the_same_moment(settings, bound):
    setattr(settings, bound, 3)
    clients = [Client(REMOTE_ADDR="203.0.113.7" if "VISITOR" in bound else f"203.0.113.{n}") for n in range(8)]
    forms = [opened(client) | {"text": TEXT} for client in clients]
    answers = at_once(
        [lambda c=client, f=form: c.post(ADDRESS, f) for client, form in zip(clients, forms, strict=True)]
    )
    assert sorted(answer.status_code for answer in answers) == [302] * 3 + [429] * 5
    assert Letter.objects.count() == RecentLetter.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_many_times_at_once_is_one_letter(settings):
    fields = opened(Client()) | {"text": TEXT}
    answers = at_once([lambda: Client().post(ADDRESS, fields) for _ in range(5)])
    assert len({answer["Location"] for answer in answers}) == 1 and Letter.objects.count() == 1
