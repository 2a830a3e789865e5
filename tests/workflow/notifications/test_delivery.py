"""Delivery of messages: at least once, and once with several processes."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import services as accounts
from accounts.models import User
from accounts.services import change_user
from ledger.models import Alarm, Entry
from ledger.verification.checks import mismatches
from tests.factories import Newsroom, grant, person
from tests.ledger.attacker import copied, run, tamper
from tests.ledger.auditor import named
from tests.ledger.threads import at_once
from tests.workflow.action_calls import approve, give_back
from tests.workflow.messages import give_address, let_time_pass
from workflow.models import Channel, Delivery, DeliveryState, Notification, Round
from workflow.notifications import delivery
from workflow.notifications.delivery import deliver

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases("locks and isolation differ")]


class BrokenServer(EmailBackend):
    """A mail server that hangs up on every message while `is_broken`."""

    is_broken = True
    tried: list[str] = []

    def send_messages(self, messages):
        self.tried.extend(address for message in messages for address in message.to)
        if self.is_broken:
            raise SMTPServerDisconnected("Connection unexpectedly closed")
        return super().send_messages(messages)


@pytest.fixture
def broken_server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.BrokenServer"
    monkeypatch.setattr(BrokenServer, "tried", [])
    monkeypatch.setattr(BrokenServer, "is_broken", True)
    return BrokenServer


@pytest.fixture
def newsroom(newsroom):
    give_address(newsroom.reviewer, newsroom.publisher, newsroom.drafter)
    return newsroom


# E-mail.


def test_the_person_gets_a_plain_text_mail_with_title_reason_and_a_link_to_their_message(newsroom, mailoutbox):
    waiting = newsroom.submitted(title="关于开展检查的通知")
    give_back(waiting, newsroom.reviewer, "请补充数据")
    assert deliver().sent == 2
    asked, returned = mailoutbox
    assert asked.to == [newsroom.reviewer.email] and returned.to == [newsroom.drafter.email]
    assert "关于开展检查的通知" in asked.subject and "关于开展检查的通知" in returned.subject
    assert newsroom.reviewer.full_name in returned.subject and "请补充数据" in returned.body
    message = Notification.objects.get(person=newsroom.drafter)
    assert f"http://testserver/admin/workflow/notification/{message.pk}/" in returned.body
    assert returned.message().get_content_type() == "text/plain"
    assert returned.message()["Auto-Submitted"] == "auto-generated"


def test_nothing_is_sent_twice(newsroom, mailoutbox):
    newsroom.submitted()
    assert [deliver().sent, deliver().sent, len(mailoutbox)] == [1, 0, 1]


def test_no_mail_leaves_while_somebody_acts(newsroom, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        newsroom.submitted()
    assert mailoutbox == [] and Notification.objects.count() == 1


def test_whoever_has_no_address_is_told_on_the_desk_only(newsroom, mailoutbox):
    second = person("second")
    grant(second, "reviewer", newsroom.department, newsroom.admin)
    newsroom.submitted()
    assert deliver() == delivery.DeliveryCounts(sent=1)
    assert [mail.to for mail in mailoutbox] == [[newsroom.reviewer.email]]
    assert Notification.objects.for_person(second).unread().count() == 1


def test_no_mail_goes_to_somebody_who_has_left_meanwhile(newsroom, mailoutbox):
    newsroom.submitted()
    delivery.queue_deliveries()
    newsroom.reviewer.is_active = False
    accounts.change_user(newsroom.reviewer, by=newsroom.admin)
    assert deliver() == delivery.DeliveryCounts(given_up=1)
    assert mailoutbox == []


def test_a_title_does_not_reach_somebody_who_lost_their_role_before_the_mail_went(newsroom, mailoutbox):
    """Scenario 18."""
    from departments import services as departments

    newsroom.submitted(title="未公开标题")
    departments.revoke_role(newsroom.reviewer.memberships.get(), by=newsroom.admin)
    deliver()
    assert "未公开标题" not in mailoutbox[0].subject + mailoutbox[0].body


def test_a_line_break_in_a_title_forges_no_header(newsroom, mailoutbox):
    newsroom.submitted(title="标题\nBcc: everybody@example.org")
    deliver()
    assert mailoutbox[0].recipients() == [newsroom.reviewer.email]
    assert mailoutbox[0].message()["Bcc"] is None


# Failing and trying again.


def test_a_failing_mail_server_undoes_no_act_and_the_message_arrives_once_it_is_back(
    newsroom, broken_server, mailoutbox
):
    """Scenario 45."""
    waiting = newsroom.submitted()
    assert deliver() == delivery.DeliveryCounts(failed=1)
    approve(waiting, newsroom.reviewer)
    assert Round.objects.get().current_step().name == "签发"
    assert Entry.objects.filter(verb="article.approved").count() == 1
    assert list(mismatches()) == []
    broken_server.is_broken = False
    let_time_pass(minutes=1)
    assert deliver() == delivery.DeliveryCounts(sent=3)
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted(
        one.email for one in (newsroom.reviewer, newsroom.publisher, newsroom.drafter)
    )
    sent = Delivery.objects.get(notification__person=newsroom.reviewer)
    assert (sent.state, sent.attempts, sent.last_error) == ("sent", 2, "")


def test_what_failed_waits_one_two_four_minutes_and_at_most_an_hour(newsroom, broken_server):
    newsroom.submitted()
    pauses = []
    for _again in range(9):
        let_time_pass(hours=1)
        deliver()
        row = Delivery.objects.get()
        pauses.append(round((row.next_attempt_at - timezone.now()).total_seconds() / 60))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert "Connection unexpectedly closed" in row.last_error
    assert deliver() == delivery.DeliveryCounts()  # not its turn


def test_after_about_a_day_a_message_is_given_up_and_superusers_see_it_and_can_try_again(
    newsroom, broken_server, client, mailoutbox
):
    newsroom.submitted()
    while Delivery.objects.filter(state=DeliveryState.GIVEN_UP).count() == 0:
        let_time_pass(hours=1)
        deliver()
    assert Delivery.objects.get().attempts == delivery.MAX_ATTEMPTS
    assert delivery.MAX_ATTEMPTS > 12
    broken_server.is_broken = False
    client.force_login(newsroom.reviewer)
    assert client.get("/admin/").context["undelivered_count"] == 0
    assert client.get("/admin/workflow/delivery/").status_code == 403
    client.force_login(newsroom.admin)
    assert client.get("/admin/").context["undelivered_count"] == 1
    listed = client.get("/admin/workflow/delivery/?state__exact=given_up")
    assert "Connection unexpectedly closed" in listed.content.decode()
    form = {"action": "try_again", "_selected_action": Delivery.objects.get().pk}
    client.post("/admin/workflow/delivery/", form)
    assert deliver() == delivery.DeliveryCounts(sent=1)
    assert client.get("/admin/").context["undelivered_count"] == 0


def test_a_server_that_is_down_is_left_alone_after_three_failures_and_nothing_is_lost(newsroom, broken_server):
    for _again in range(10):
        newsroom.submitted()
    assert deliver() == delivery.DeliveryCounts(failed=3)
    broken_server.is_broken = False
    assert deliver() == delivery.DeliveryCounts(sent=7)
    let_time_pass(minutes=1)
    assert deliver() == delivery.DeliveryCounts(sent=3)


def test_without_a_mail_server_nothing_is_taken_for_sent(newsroom, settings, mailoutbox, capsys, as_user):
    settings.HAS_MAIL_SERVER = False
    newsroom.submitted()
    call_command("deliver_notifications")
    assert mailoutbox == [] and not Delivery.objects.filter(state=DeliveryState.SENT).exists()
    assert "EMAIL_URL" in capsys.readouterr().err
    while not Delivery.objects.filter(state=DeliveryState.GIVEN_UP).exists():
        let_time_pass(hours=1)
        deliver()
    assert "EMAIL_URL" in as_user("admin").get("/admin/workflow/delivery/").content.decode()


def test_a_mail_that_waited_less_than_a_day_goes_out_once_a_mail_server_is_set(newsroom, settings, mailoutbox):
    settings.HAS_MAIL_SERVER = False
    newsroom.submitted()
    deliver()
    settings.HAS_MAIL_SERVER = True
    let_time_pass(hours=1)
    assert deliver() == delivery.DeliveryCounts(sent=1)
    assert len(mailoutbox) == 1


def test_a_process_that_dies_with_a_message_in_hand_lets_go_of_it_after_a_while(newsroom, monkeypatch, mailoutbox):
    newsroom.submitted()

    def die(_delivery):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_send", die)
        with pytest.raises(KeyboardInterrupt):
            deliver()
    assert deliver() == delivery.DeliveryCounts()
    let_time_pass(minutes=5)
    assert deliver() == delivery.DeliveryCounts(sent=1)
    assert len(mailoutbox) == 1


def test_a_message_that_kills_every_process_is_given_up_without_another_try(newsroom, mailoutbox):
    newsroom.submitted()
    delivery.queue_deliveries()
    Delivery.objects.update(attempts=delivery.MAX_ATTEMPTS)
    assert deliver() == delivery.DeliveryCounts(given_up=1)
    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
def test_several_processes_at_once_send_each_message_once(transactional_db, settings, mailoutbox):
    settings.WEBHOOK_URLS = []
    newsroom = Newsroom.open()
    give_address(newsroom.reviewer, newsroom.publisher, newsroom.drafter)
    for _again in range(8):
        newsroom.published()
    rows = Notification.objects.count()
    outcomes = at_once([deliver] * 4)
    assert not [error for error in outcomes if isinstance(error, Exception)], outcomes
    assert sum(outcome.sent for outcome in outcomes) + deliver().sent == rows == len(mailoutbox)
    assert len({mail.extra_headers["Message-ID"] for mail in mailoutbox}) == rows
    assert not Delivery.objects.exclude(state=DeliveryState.SENT, attempts=1).exists()


def test_the_command_says_how_much_it_did(newsroom, capsys):
    newsroom.submitted()
    call_command("deliver_notifications")
    call_command("remind")
    delivered, reminded = capsys.readouterr().out.splitlines()
    assert "1" in delivered and "0" in reminded


def test_superusers_are_told_when_nobody_sends_the_messages(newsroom, as_user):
    """Scenario 45. The command is run by a timer; a timer that was forgotten must be seen."""
    said = "没有人发送消息"
    newsroom.submitted()
    assert said not in as_user("admin").get("/admin/").content.decode()
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert said in as_user("admin").get("/admin/").content.decode()
        assert said not in as_user("drafter").get("/admin/").content.decode()
        deliver()
        assert said not in as_user("admin").get("/admin/").content.decode()


def test_messages_that_have_nowhere_to_go_are_not_missed(newsroom, as_user, settings):
    """Scenario 45."""
    settings.WEBHOOK_URLS = []
    for user in User.objects.all():
        user.email = ""
        change_user(user, by=None)
    newsroom.submitted()
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert "没有人发送消息" not in as_user("admin").get("/admin/").content.decode()


@pytest.mark.parametrize(
    "facts",
    [{"state": "lost"}, {"channel": "pigeon"}, {"sent_at": None}, {"target": "abc"}, {"channel": "webhook"}],
    ids=str,
)
def test_the_database_itself_refuses_a_delivery_that_cannot_be(newsroom, facts):
    newsroom.submitted()
    deliver()
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(**facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(notification=Notification.objects.get(), channel=Channel.EMAIL)


# What somebody changed with SQL.


@pytest.mark.parametrize(
    ("statement", "subject"),
    [
        ("UPDATE workflow_notification SET reason = '请转账' WHERE id = {message}", "notification {message}"),
        ("UPDATE workflow_notification SET person_id = {stranger} WHERE id = {message}", "notification {message}"),
        ("UPDATE workflow_delivery SET channel = 'former' WHERE id = {delivery}", "delivery {delivery}"),
        ("UPDATE workflow_delivery SET notification_id = {other} WHERE id = {delivery}", "delivery {delivery}"),
    ],
)
def test_a_message_that_was_changed_outside_the_site_is_not_mailed(newsroom, mailoutbox, as_user, statement, subject):
    give_address(newsroom.stranger)
    newsroom.submitted(title="第一件")
    approve(newsroom.submitted(title="第二件"), newsroom.reviewer)
    delivery.queue_deliveries()
    message = Notification.objects.earliest("pk")
    other = Notification.objects.get(person=newsroom.drafter)
    names = {"message": message.pk, "other": other.pk, "stranger": newsroom.stranger.pk}
    names["delivery"] = message.deliveries.get().pk
    tamper("DELETE FROM workflow_delivery WHERE notification_id = %s", [other.pk])
    tamper(statement.format(**names))
    waiting = Delivery.objects.count()
    assert deliver() == delivery.DeliveryCounts(sent=waiting - 1, given_up=1)
    assert not [mail for mail in mailoutbox if "第一件" in mail.subject or mail.to == [newsroom.stranger.email]]
    assert Alarm.objects.filter(subject=subject.format(**names)).exists() and named(subject.format(**names))
    assert "在网站之外" in as_user("admin").get("/admin/workflow/delivery/").content.decode()


def test_a_message_that_was_put_in_outside_the_site_is_not_mailed(newsroom, mailoutbox):
    newsroom.submitted()
    changes = {"person_id": newsroom.drafter.pk, "reason": "请转账", "is_queued": False}
    run(*copied(Notification, Notification.objects.get().pk, **changes))
    assert deliver() == delivery.DeliveryCounts(sent=1, given_up=1)
    assert [mail.to for mail in mailoutbox] == [[newsroom.reviewer.email]]


def test_a_message_that_is_marked_as_not_queued_again_goes_out_once_and_holds_up_no_other(newsroom, mailoutbox):
    newsroom.submitted()
    deliver()
    run("UPDATE workflow_notification SET is_queued = %s", [False])
    newsroom.submitted()
    assert deliver() == delivery.DeliveryCounts(sent=1) and len(mailoutbox) == 2
