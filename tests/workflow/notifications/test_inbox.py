"""The inbox of a person."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from departments import services as departments
from departments.models import Membership
from ledger.models import Alarm
from tests.factories import grant, person
from tests.ledger.attacker import copied, run, tamper
from tests.ledger.auditor import named
from tests.workflow.action_calls import approve
from workflow import services
from workflow.models import Notification, NotificationEvent

pytestmark = pytest.mark.django_db

INBOX = "/admin/workflow/notification/"


def test_the_inbox_lists_ones_own_messages_newest_first_with_titles_and_nobody_elses(newsroom, client):
    newsroom.submitted(title="第一件")
    newsroom.submitted(title="第二件")
    client.force_login(newsroom.reviewer)
    text = client.get(INBOX).content.decode()
    assert text.index("第二件") < text.index("第一件")
    client.force_login(newsroom.stranger)
    text = client.get(INBOX).content.decode()
    assert "第一件" not in text and "第二件" not in text


def test_titles_are_shown_only_as_long_as_one_has_a_role_there(newsroom, client):
    """Scenario 18."""
    newsroom.submitted(title="未公开标题")
    client.force_login(newsroom.reviewer)
    assert "未公开标题" in client.get(INBOX).content.decode()
    departments.revoke_role(Membership.objects.get(person=newsroom.reviewer), by=newsroom.admin)
    page = client.get(INBOX)
    assert page.status_code == 200 and "未公开标题" not in page.content.decode()
    opened = client.get(f"{INBOX}{Notification.objects.get().pk}/")
    assert opened.url == INBOX


def test_somebody_who_was_handed_a_step_sees_the_title_without_a_role_there(newsroom, client):
    waiting = newsroom.submitted(title="移交的稿件")
    services.hand_over(waiting.current_step(), by=newsroom.admin, to=newsroom.stranger)
    client.force_login(newsroom.stranger)
    assert "移交的稿件" in client.get(INBOX).content.decode()


def test_opening_a_message_leads_to_the_decision_while_it_is_ones_turn_and_else_to_the_article(newsroom, client):
    waiting = newsroom.submitted()
    message = Notification.objects.get(person=newsroom.reviewer)
    client.force_login(newsroom.reviewer)
    assert client.get(f"{INBOX}{message.pk}/").url == reverse("admin:workflow_round_review", args=[waiting.pk])
    approve(waiting, newsroom.reviewer)
    opened = client.get(f"{INBOX}{message.pk}/")
    assert opened.url == reverse("admin:articles_article_overview", args=[waiting.article_id])
    assert client.get(opened.url).status_code == 200


def test_a_message_asks_for_a_decision_only_as_long_as_it_waits_for_one(newsroom, client):
    waiting = newsroom.submitted()
    client.force_login(newsroom.reviewer)
    assert [row["awaits_decision"] for row in client.get(INBOX).context["rows"]] == [True]
    approve(waiting, newsroom.reviewer)
    assert [row["awaits_decision"] for row in client.get(INBOX).context["rows"]] == [False]


def test_opening_marks_as_read_and_nobody_opens_a_message_of_somebody_else(newsroom, client):
    newsroom.submitted()
    message = Notification.objects.get(person=newsroom.reviewer)
    for other in (newsroom.stranger, newsroom.admin):
        client.force_login(other)
        assert client.get(f"{INBOX}{message.pk}/").status_code == 404
        assert client.get(f"{INBOX}{message.pk}/change/").status_code == 404
    message.refresh_from_db()
    assert message.read_at is None
    client.force_login(newsroom.reviewer)
    client.get(f"{INBOX}{message.pk}/")
    message.refresh_from_db()
    assert message.read_at is not None


def test_a_visitor_is_sent_to_sign_in_and_then_to_the_message(newsroom, client):
    newsroom.submitted()
    address = f"{INBOX}{Notification.objects.get().pk}/"
    assert client.get(address).url == f"{reverse('admin:login')}?next={address}"


def test_the_head_of_every_page_counts_unread_messages_in_one_query(newsroom, client):
    for _again in range(3):
        newsroom.submitted()
    client.force_login(newsroom.reviewer)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("admin:workflow_round_changelist"))
    assert page.context["unread_count"] == 3
    assert sum("workflow_notification" in query["sql"] for query in queries) == 1
    client.get(f"{INBOX}{Notification.objects.first().pk}/")
    assert client.get(reverse("admin:index")).context["unread_count"] == 2


def test_marking_all_as_read_takes_a_post_and_leaves_what_came_meanwhile_and_what_is_others(newsroom, client):
    second = person("second")
    grant(second, "reviewer", newsroom.department, newsroom.admin)
    newsroom.submitted()
    client.force_login(newsroom.reviewer)
    newest = client.get(INBOX).context["newest"]
    newsroom.submitted(title="刚到的")
    assert client.get(f"{INBOX}read/").status_code == 405
    assert Notification.objects.unread().count() == 4
    assert client.post(f"{INBOX}read/", {"newest": newest}).url == INBOX
    assert list(Notification.objects.for_person(newsroom.reviewer).unread().values_list("pk", flat=True)) == [
        Notification.objects.for_person(newsroom.reviewer).first().pk
    ]
    assert Notification.objects.for_person(second).unread().count() == 2


def test_the_inbox_is_paged_and_its_queries_stay_as_many_as_it_grows(newsroom, client):
    """Scenario 47."""
    client.force_login(newsroom.reviewer)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = client.get(INBOX)
        return len(captured), len(page.context["rows"])

    newsroom.submitted()
    few, shown = queries()
    row = Notification.objects.get()
    Notification.objects.create_sealed(
        Notification(
            act=f"{number:08}-1111-4111-8111-111111111111",
            person=newsroom.reviewer,
            event=NotificationEvent.SUBMITTED,
            asks=True,
            article=row.article,
            round=row.round,
            actor=row.actor,
            actor_name=row.actor_name,
        )
        for number in range(40)
    )
    assert shown == 1 and queries() == (few, 30)
    assert len(client.get(f"{INBOX}?page=2").context["rows"]) == 11


def test_expunging_leaves_no_title_in_any_message(newsroom, client):
    article = newsroom.published(title="极机密标题").article
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="")
    client.force_login(newsroom.drafter)
    assert "极机密标题" in client.get(INBOX).content.decode()
    services.ask_to_expunge(article, by=newsroom.admin, reason="涉密")
    services.expunge(article, by=newsroom.admin, seconded_by=newsroom.publisher, reason="涉密")
    page = client.get(INBOX)
    assert page.status_code == 200 and "极机密标题" not in page.content.decode()


@pytest.mark.parametrize(
    ("column", "value"),
    [("reason", "请转账到下面的账户"), ("actor_name", "李四"), ("event", "returned"), ("asks", False)],
)
def test_a_message_that_was_changed_outside_the_site_is_neither_listed_nor_opened(newsroom, client, column, value):
    newsroom.submitted(title="第一件")
    newsroom.submitted(title="第二件")
    forged = Notification.objects.for_person(newsroom.reviewer).earliest("pk")
    client.force_login(newsroom.reviewer)
    assert len(client.get(INBOX).context["rows"]) == 2
    tamper(f"UPDATE workflow_notification SET {column} = %s WHERE id = %s", [value, forged.pk])
    page = client.get(INBOX)
    assert [row["title"] for row in page.context["rows"]] == ["第二件"] and str(value) not in page.content.decode()
    assert Alarm.objects.filter(subject=f"notification {forged.pk}").exists()
    assert client.get(f"{INBOX}{forged.pk}/").status_code == 403
    assert Notification.objects.get(pk=forged.pk).read_at is None
    assert named(f"notification {forged.pk}")


def test_a_message_that_was_put_in_outside_the_site_is_not_listed(newsroom, client):
    newsroom.submitted()
    run(*copied(Notification, Notification.objects.get().pk, person_id=newsroom.stranger.pk))
    client.force_login(newsroom.stranger)
    assert client.get(INBOX).context["rows"] == []
    assert named(f"notification {Notification.objects.latest('pk').pk}")
