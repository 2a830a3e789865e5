"""Who is notified of what."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import services as accounts
from departments import services as departments
from departments.exceptions import WrongState
from departments.models import Membership
from tests.factories import Newsroom, department, grant, nothing_changes, person
from tests.ledger.threads import at_once
from tests.workflow.action_calls import approve, edit, give_back
from workflow import services
from workflow.actions import delegations
from workflow.actions.pipelines import record_change
from workflow.models import Notification, NotificationEvent, Pipeline, RoundStep
from workflow.notifications.reminders import remind

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(newsroom):
    """What has been written since it was asked last: {name of the person: event}, the asked ones with a “?”.

    Fails when somebody is told twice, unless the rows are only to be forgotten.
    """
    seen = [0]

    def ask(forget=False):
        rows = list(Notification.objects.filter(pk__gt=seen[0]).exclude(person=None).select_related("person"))
        seen[0] = max([seen[0], *(row.pk for row in rows)])
        found = {row.person.full_name.removesuffix("甲"): f"{row.event}{'?' if row.asks else ''}" for row in rows}
        assert forget or len(found) == len(rows)
        return found

    return ask


def leave(who, by):
    who.is_active = False
    accounts.change_user(who, by=by)


# Submitting and approving.


def test_a_submission_is_told_to_those_who_can_decide_its_first_step_and_to_nobody_else(newsroom, told):
    newsroom.submitted()
    assert told() == {"reviewer": "submitted?"}


def test_an_approval_is_told_to_those_who_can_decide_the_next_step_and_to_the_authors(newsroom, told):
    article = newsroom.draft()
    edit(article, newsroom.colleague)
    waiting = newsroom.submitted(article)
    told(forget=True)
    approve(waiting, newsroom.reviewer)
    assert told() == {"publisher": "approved?", "drafter": "approved", "colleague": "approved"}


def test_publishing_is_told_to_authors_and_approvers_but_for_who_signed_off(newsroom, told):
    waiting = newsroom.reviewed()
    told(forget=True)
    approve(waiting, newsroom.publisher)
    assert told() == {"reviewer": "published", "drafter": "published"}


def test_who_comes_second_at_a_step_for_two_is_not_asked_twice(newsroom, told):
    second = person("second")
    grant(second, "reviewer", newsroom.department, newsroom.admin)
    default = Pipeline.objects.get(is_default=True)
    default.steps.filter(position=1).update(people=2)
    record_change(default, by=newsroom.admin, is_new=False)
    waiting = newsroom.submitted()
    assert told() == {"reviewer": "submitted?", "second": "submitted?"}
    approve(waiting, newsroom.reviewer)
    assert told() == {"drafter": "approved"}
    approve(waiting, second)
    assert told() == {"drafter": "approved", "publisher": "approved?"}


def test_a_deputy_is_asked_as_well_as_the_leader(newsroom, told):
    now = timezone.now()
    services_of = {"begins_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1), "by": newsroom.admin}
    delegations.delegate(principal=newsroom.reviewer, deputy=newsroom.stranger, **services_of)
    newsroom.submitted()
    assert told() == {"reviewer": "submitted?", "stranger": "submitted?"}


def test_a_reviewer_of_another_department_hears_nothing_of_anything(newsroom, told):
    """Scenario 18."""
    waiting = newsroom.submitted()
    give_back(waiting, newsroom.reviewer)
    publication = newsroom.published(waiting.article)
    services.withdraw(publication.article, by=newsroom.publisher, reason="有误", notice="")
    services.discard(newsroom.submitted().article, by=newsroom.colleague, reason="重复")
    assert Notification.objects.filter(person=newsroom.stranger).count() == 0
    assert Notification.objects.filter(person=newsroom.reviewer).count() > 4


@pytest.mark.parametrize("why", ["deactivated", "without a role"])
def test_who_has_left_or_lost_their_role_hears_nothing_of_what_they_wrote(newsroom, told, why):
    """Scenario 18."""
    article = newsroom.draft()
    edit(article, newsroom.colleague)
    waiting = newsroom.submitted(article)
    if why == "deactivated":
        leave(newsroom.colleague, newsroom.admin)
    else:
        departments.revoke_role(Membership.objects.get(person=newsroom.colleague), by=newsroom.admin)
    told(forget=True)
    approve(waiting, newsroom.reviewer)
    assert told() == {"publisher": "approved?", "drafter": "approved"}


def test_superusers_are_told_when_nobody_can_decide_what_was_submitted(newsroom, told):
    leave(newsroom.reviewer, newsroom.admin)
    newsroom.submitted()
    assert told() == {"admin": "stranded"}


def test_superusers_are_told_when_nobody_can_decide_the_next_step(newsroom, told):
    waiting = newsroom.submitted()
    leave(newsroom.publisher, newsroom.admin)
    told(forget=True)
    approve(waiting, newsroom.reviewer)
    assert told() == {"admin": "stranded", "drafter": "approved"}


def test_a_step_that_was_handed_over_is_told_to_who_has_it_now(newsroom, told):
    waiting = newsroom.submitted()
    told(forget=True)
    services.hand_over(waiting.current_step(), by=newsroom.admin, to=newsroom.stranger)
    assert told() == {"stranger": "handed_over?"}


# Returning, taking back, discarding.


def test_a_return_is_told_to_all_authors_and_to_the_approvers_of_earlier_steps(newsroom, told):
    """Scenario 14."""
    article = newsroom.draft()
    edit(article, newsroom.colleague)
    waiting = newsroom.reviewed(article)
    told(forget=True)
    give_back(waiting, newsroom.publisher, "请补充数据")
    assert told() == {"drafter": "returned", "colleague": "returned", "reviewer": "returned"}
    assert set(Notification.objects.filter(event="returned").values_list("reason", "actor_name")) == {
        ("请补充数据", newsroom.publisher.full_name)
    }


def test_whoever_submitted_without_writing_a_word_is_told_of_the_return_too(newsroom, told):
    """Scenario 14."""
    waiting = services.submit(newsroom.draft(), by=newsroom.colleague)
    told(forget=True)
    give_back(waiting, newsroom.reviewer)
    assert told() == {"drafter": "returned", "colleague": "returned"}


def test_taking_back_is_told_to_those_who_had_approved_and_to_those_whose_turn_it_was(newsroom, told):
    waiting = newsroom.reviewed()
    told(forget=True)
    services.take_back(waiting, by=newsroom.drafter)
    assert told() == {"reviewer": "taken_back", "publisher": "taken_back"}


def test_discarding_during_review_is_told_with_its_reason_to_everybody_involved(newsroom, told):
    """Scenario 17."""
    article = newsroom.draft()
    edit(article, newsroom.colleague)
    waiting = newsroom.reviewed(article)
    told(forget=True)
    services.discard(waiting.article, by=newsroom.admin, reason="重复报送")
    assert told() == dict.fromkeys(["drafter", "colleague", "reviewer", "publisher"], "discarded")
    assert set(Notification.objects.filter(event="discarded").values_list("reason", flat=True)) == {"重复报送"}


def test_discarding_without_a_reason_is_refused_and_nobody_is_told(newsroom):
    """Scenario 17."""
    waiting = newsroom.submitted()
    with nothing_changes(), pytest.raises(WrongState):
        services.discard(waiting.article, by=newsroom.drafter, reason=" ")


def test_discarding_a_mere_draft_is_nobodys_business(newsroom, told):
    services.discard(newsroom.draft(), by=newsroom.colleague)
    assert told() == {}


# What is public.


def test_withdrawing_is_told_to_authors_and_approvers_of_what_was_public_and_of_its_replacement(newsroom, told):
    publication = newsroom.published()
    services.revise(publication.article, by=newsroom.colleague)
    edit(publication.article, newsroom.colleague)
    newsroom.published(publication.article, at=timezone.now() + timedelta(days=1))
    told(forget=True)
    services.withdraw(publication.article, by=newsroom.publisher, reason="数据有误", notice="")
    assert told() == {"drafter": "withdrawn", "colleague": "withdrawn", "reviewer": "withdrawn"}


def test_calling_off_a_schedule_is_told_to_its_people_and_asks_those_whose_turn_it_is_again(newsroom, told):
    publication = newsroom.published(at=timezone.now() + timedelta(days=1))
    second = person("second")
    grant(second, "publisher", newsroom.department, newsroom.admin)
    told(forget=True)
    services.unschedule(publication.article, by=newsroom.publisher, reason="推迟")
    assert told() == {"drafter": "unscheduled", "reviewer": "unscheduled", "second": "unscheduled?"}


def test_an_emergency_is_told_to_all_who_sign_off_and_to_superusers(newsroom, told):
    second = person("second")
    grant(second, "publisher", newsroom.department, newsroom.admin)
    article = newsroom.draft()
    told(forget=True)
    seen = article.active_draft().compute_digest()
    publication = services.publish_in_emergency(article, by=newsroom.publisher, seen=seen, reason="汛情")
    assert told() == {"second": "emergency", "admin": "emergency"}
    services.confirm_emergency(article, by=second, seen=publication.digest)
    assert told() == {"publisher": "emergency_confirmed"}


def test_a_request_to_expunge_is_told_to_those_who_could_second_it(newsroom, told):
    article = newsroom.published().article
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="")
    told(forget=True)
    services.ask_to_expunge(article, by=newsroom.admin, reason="涉密")
    assert told() == {"publisher": "expunging_asked"}


# What holds of every act.


def test_an_act_that_fails_tells_nobody(newsroom, monkeypatch):
    """Scenario 26."""
    article = newsroom.draft()

    def fail(*_args, **_facts):
        raise OSError("the disk is full")

    monkeypatch.setattr("workflow.actions.rounds.record", fail)
    with nothing_changes(), pytest.raises(OSError, match="disk"):
        services.submit(article, by=newsroom.drafter)
    monkeypatch.undo()
    services.submit(article, by=newsroom.drafter)
    assert Notification.objects.count() == 1


def test_telling_takes_few_queries_however_many_people_are_told(newsroom):
    for number in range(10):
        grant(person(f"reviewer{number}"), "reviewer", newsroom.department, newsroom.admin)
        grant(person(f"publisher{number}"), "publisher", newsroom.department, newsroom.admin)

    def count(act):
        with CaptureQueriesContext(connection) as all_of_them:
            act()
        return len(all_of_them)

    def without(act):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("workflow.notifications.recipients.notify", lambda *_args, **_facts: None)
            return count(act)

    def round_waiting(made):
        return type(made).objects.select_related("revision", "article__department").get(pk=made.pk)

    first, second = newsroom.submitted(), newsroom.submitted()
    steps = [(newsroom.reviewer, 3), (newsroom.publisher, 2)]
    for by, most in steps:
        silent = without(partial(approve, round_waiting(first), by))
        assert count(partial(approve, round_waiting(second), by)) - silent <= most


@pytest.mark.parametrize(
    "facts",
    [{"event": "rumour"}, {"actor_name": ""}, {"actor": None}, {"act": "the same"}],
    ids=str,
)
def test_the_database_itself_refuses_a_message_that_cannot_be(newsroom, facts):
    newsroom.submitted()
    row = Notification.objects.get()
    if facts == {"act": "the same"}:
        facts = {}
    else:
        row.act = "11111111-1111-4111-8111-111111111111"
    row.pk = None
    for name, value in facts.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    row.act, row.event = "22222222-2222-4222-8222-222222222222", NotificationEvent.SUBMITTED
    row.actor, row.actor_name = newsroom.drafter, "甲"
    row.save(force_insert=True)


# Reminders.


def overdue(waiting, hours):
    """The round as if its step had been reached so many hours ago."""
    for step in RoundStep.objects.filter(round=waiting, passed_at=None, reached_at__isnull=False):
        step.update_sealed(reached_at=timezone.now() - timedelta(hours=hours))


def test_an_overdue_step_is_told_to_those_who_can_decide_it_once_a_day(newsroom, told):
    waiting = newsroom.submitted()
    newsroom.submitted()  # in time
    told(forget=True)
    overdue(waiting, 49)
    assert (remind(), told()) == (1, {"reviewer": "overdue?"})
    assert (remind(), told()) == (0, {})
    assert (remind(timezone.now() + timedelta(days=1)) >= 1, told()["reviewer"]) == (True, "overdue?")


def test_after_twice_the_time_superusers_are_told_as_well(newsroom, told):
    waiting = newsroom.submitted()
    told(forget=True)
    overdue(waiting, 97)
    assert (remind(), told()) == (2, {"reviewer": "overdue?", "admin": "overdue"})


def test_whoever_can_decide_only_since_today_is_reminded_too(newsroom, told):
    waiting = newsroom.submitted()
    overdue(waiting, 49)
    remind()
    told(forget=True)
    second = person("second")
    grant(second, "reviewer", newsroom.department, newsroom.admin)
    assert (remind(), told()) == (1, {"second": "overdue?"})


def test_a_step_without_a_time_and_a_closed_round_remind_nobody(newsroom, told):
    endless, closed = newsroom.submitted(), newsroom.submitted()
    for step in endless.steps.all():
        step.update_sealed(due_hours=None)
    overdue(endless, 1000)
    overdue(closed, 1000)
    give_back(closed, newsroom.reviewer)
    told(forget=True)
    assert (remind(), told()) == (0, {})


def test_superusers_are_reminded_of_what_waits_for_nobody(newsroom, told):
    """Scenario 21."""
    newsroom.submitted()
    told(forget=True)
    leave(newsroom.reviewer, newsroom.admin)
    assert (remind(), told()) == (1, {"admin": "stranded"})
    assert remind() == 0


@pytest.mark.django_db(transaction=True)
def test_reminders_written_by_several_processes_at_once_come_once(transactional_db):
    newsroom = Newsroom.open()
    waiting = [newsroom.submitted() for _again in range(10)]
    for one in waiting:
        overdue(one, 97)
    before = Notification.objects.count()
    assert not [error for error in at_once([remind] * 4) if isinstance(error, Exception)]
    assert Notification.objects.count() - before == 2 * len(waiting)


def test_a_column_is_told_to_the_people_of_the_department_that_answers_for_it(newsroom, told):
    column = department("公告栏", newsroom.admin, kind="column", responsible=newsroom.department)
    newsroom.department = column
    newsroom.submitted()
    assert told() == {"reviewer": "submitted?"}
