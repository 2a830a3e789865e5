"""Nobody decides through an account that they made or changed (scenario 58)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import IdentityChange
from accounts.services import change_user, set_password
from departments.exceptions import NotAllowed
from departments.models import Membership
from departments.services import revoke_role
from ledger.models import Alarm
from tests.factories import grant, nothing_changes, person
from tests.ledger.attacker import tamper
from tests.workflow.action_calls import approve, mine, refused
from tests.workflow.action_factories import somebody
from tests.workflow.confirmation_factories import confirm, own_text, puppet, second_superuser
from workflow import services
from workflow.actions import delegations
from workflow.models import Decision, Round
from workflow.rules.authorization import decision_refusal
from workflow.rules.eligible_deciders import eligible_decider_ids, stranded_steps, waiting_steps_with_deciders


@pytest.fixture
def newsroom(newsroom):
    """A newsroom whose setup is over: something was published."""
    second_superuser(newsroom)
    newsroom.published()
    return newsroom


def able(waiting: Round) -> set[int]:
    """Ids of those who may decide, as lists have them; both forms of the condition agree."""
    step = Round.objects.get(pk=waiting.pk).current_step()
    found = eligible_decider_ids(step)
    (listed,) = waiting_steps_with_deciders([waiting.article_id])
    assert len(listed.decider_rows) == len(found)
    return found


def check_refused(waiting: Round, who) -> str:
    """Decisions are refused in words, and every list leaves the person out."""
    refused(waiting, who)
    assert who.pk not in able(waiting)
    return decision_refusal(who, waiting)


def check_allowed(waiting: Round, who) -> None:
    assert waiting in mine(who) and who.pk in able(waiting)
    assert decision_refusal(who, waiting) == ""


def test_a_superuser_does_not_approve_an_own_text_through_two_new_accounts(newsroom, english):
    one, two = puppet(newsroom, "one", "reviewer"), puppet(newsroom, "two", "publisher")
    waiting = own_text(newsroom)
    words = check_refused(waiting, one)
    assert "account made by admin甲 on" in words and "nobody has confirmed it yet" in words
    assert "It can be confirmed by: publisher甲、reviewer甲、second甲." in words
    confirm(one, newsroom.people["second"])
    check_allowed(waiting, one)
    approve(waiting, one)
    check_refused(waiting, two)
    confirm(two, newsroom.reviewer)
    check_allowed(waiting, two)
    assert approve(waiting, two)


def test_a_role_alone_does_not_count_either(newsroom):
    leader = person("leader")
    grant(leader, "reviewer", newsroom.department, newsroom.admin)
    waiting = own_text(newsroom)
    check_refused(waiting, leader)
    confirm(leader, newsroom.publisher)
    check_allowed(waiting, leader)


@pytest.mark.parametrize("way", ["password", "name", "e-mail", "user name", "let in again"])
def test_a_leader_whose_account_was_changed_does_not_decide_on_the_text_of_who_did_it(newsroom, way):
    leader, admin = newsroom.reviewer, newsroom.admin
    if way == "let in again":
        leader.is_active = False
        change_user(leader, by=admin)
        leader.is_active = True
    leader.full_name += "丙" if way == "name" else ""
    leader.email = "other@example.org" if way == "e-mail" else ""
    leader.username += "x" if way == "user name" else ""
    set_password(leader, "another word", by=admin) if way == "password" else change_user(leader, by=admin)
    check_refused(own_text(newsroom), leader)
    check_allowed(newsroom.submitted(), leader)  # a text of somebody else
    confirm(leader, newsroom.publisher)
    check_allowed(own_text(newsroom), leader)


def test_what_a_leader_or_the_machine_did_to_the_account_needs_no_confirmation(newsroom):
    leader = newsroom.reviewer
    set_password(leader, "another word", by=leader)
    set_password(leader, "another word", by=None)
    leader.phone = "12345678"
    change_user(leader, by=newsroom.admin)
    check_allowed(own_text(newsroom), leader)


def test_a_text_by_an_unconfirmed_account_counts_as_a_text_of_who_made_it(newsroom):
    """The superuser writes through one account and decides through the other, or as themselves."""
    author, leader = puppet(newsroom, "author", "drafter"), puppet(newsroom, "leader", "reviewer")
    grant(newsroom.admin, "reviewer", newsroom.department, None)
    waiting = own_text(newsroom, author)
    check_refused(waiting, leader)
    check_refused(waiting, newsroom.admin)
    check_allowed(waiting, newsroom.reviewer)
    confirm(author, newsroom.reviewer)
    check_allowed(waiting, leader)  # still unconfirmed, but now the text is somebody else's
    check_allowed(waiting, newsroom.admin)


def test_two_unconfirmed_accounts_of_one_maker_do_not_decide_both_steps(newsroom):
    one, two = puppet(newsroom, "one", "reviewer"), puppet(newsroom, "two", "publisher")
    waiting = newsroom.submitted()
    check_allowed(waiting, one)
    approve(waiting, one)
    check_refused(waiting, two)
    check_allowed(waiting, newsroom.publisher)
    confirm(two, newsroom.reviewer)
    check_allowed(waiting, two)


def test_accounts_of_different_makers_decide_together(newsroom):
    one = puppet(newsroom, "one", "reviewer")
    two = puppet(newsroom, "two", "publisher", by=newsroom.people["second"])
    waiting = newsroom.submitted()
    approve(waiting, one)
    assert approve(waiting, two)


def test_a_deputy_whom_a_superuser_named_does_not_decide_on_that_superusers_text(newsroom):
    deputy, now = somebody(newsroom, "deputy"), timezone.now()
    period = {"begins_at": now, "ends_at": now + timedelta(days=3)}
    granted = delegations.delegate(principal=newsroom.reviewer, deputy=deputy, by=newsroom.admin, **period)
    check_refused(own_text(newsroom), deputy)
    confirm(deputy, newsroom.reviewer)  # the leader whose deputy it is
    check_allowed(own_text(newsroom), deputy)
    delegations.revoke_delegation(granted, by=newsroom.admin)
    granted = delegations.delegate(principal=newsroom.reviewer, deputy=deputy, by=newsroom.reviewer, **period)
    check_allowed(own_text(newsroom), deputy)


def test_a_deputy_is_refused_while_the_leader_is_unconfirmed(newsroom):
    leader, deputy, now = puppet(newsroom, "leader", "reviewer"), somebody(newsroom, "deputy"), timezone.now()
    period = {"begins_at": now, "ends_at": now + timedelta(days=3)}
    delegations.delegate(principal=leader, deputy=deputy, by=leader, **period)
    waiting = own_text(newsroom)
    check_refused(waiting, deputy)
    confirm(leader, newsroom.reviewer)
    check_allowed(waiting, deputy)


def test_what_was_taken_back_waits_no_longer(newsroom):
    leader, admin = newsroom.reviewer, newsroom.admin
    grant(leader, "publisher", newsroom.department, admin)
    now = timezone.now()
    period = {"begins_at": now, "ends_at": now + timedelta(days=3)}
    granted = delegations.delegate(principal=newsroom.publisher, deputy=leader, by=admin, **period)
    check_refused(own_text(newsroom), leader)
    revoke_role(Membership.objects.get(person=leader, role__code="publisher"), by=admin)
    check_refused(own_text(newsroom), leader)
    delegations.revoke_delegation(granted, by=admin)
    check_allowed(own_text(newsroom), leader)


def test_a_superuser_hands_over_no_step_of_an_own_text(newsroom):
    helper = somebody(newsroom, "helper")
    own, other = own_text(newsroom), newsroom.submitted()
    with nothing_changes(), pytest.raises(NotAllowed):
        services.hand_over(own.current_step(), by=newsroom.admin, to=helper)
    services.hand_over(own.current_step(), by=newsroom.people["second"], to=helper)
    services.hand_over(other.current_step(), by=newsroom.admin, to=helper)
    check_allowed(own, helper)
    check_allowed(other, helper)


def test_an_unconfirmed_account_does_not_clear_the_flag_of_its_makers_emergency(newsroom):
    article = own_text(newsroom).article
    digest = article.rounds.get().revision.digest
    services.publish_in_emergency(article, by=newsroom.admin, seen=digest, reason="险情")
    leader = puppet(newsroom, "leader", "publisher")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.confirm_emergency(article, by=leader, seen=digest)
    confirm(leader, newsroom.publisher)
    services.confirm_emergency(article, by=leader, seen=digest)


def test_an_unconfirmed_account_does_not_second_an_expunging(newsroom):
    article = newsroom.published().article
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    leader = puppet(newsroom, "leader", "publisher")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.expunge(article, by=newsroom.admin, seconded_by=leader, reason="法院要求")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.expunge(article, by=leader, seconded_by=newsroom.admin, reason="法院要求")
    confirm(leader, newsroom.publisher)
    services.expunge(article, by=newsroom.admin, seconded_by=leader, reason="法院要求")


def test_during_setup_accounts_need_no_confirmation(db):
    from tests.factories import Newsroom

    newsroom = Newsroom.open()
    one = puppet(newsroom, "one", "reviewer")
    waiting = own_text(newsroom)
    check_allowed(waiting, one)
    approve(waiting, one)
    assert approve(Round.objects.get(pk=waiting.pk), newsroom.publisher)
    assert not IdentityChange.objects.exists()


def test_a_step_for_which_only_unconfirmed_people_are_left_is_stranded(newsroom):
    puppet(newsroom, "one", "reviewer")
    revoke_role(Membership.objects.get(person=newsroom.reviewer), by=None)
    waiting = own_text(newsroom)
    assert [step.round_id for step in stranded_steps()] == [waiting.pk]


# What of the account is unconfirmed stands beside the decision.


def test_a_decision_says_what_was_unconfirmed_then(newsroom):
    one = puppet(newsroom, "one", "reviewer")
    waiting = newsroom.submitted()
    approve(waiting, one)
    said = Decision.objects.get(round=waiting).unconfirmed
    assert [(change["what"], change["by"]) for change in said] == [
        ("person.created", newsroom.admin.full_name),
        ("role.granted", newsroom.admin.full_name),
    ]
    publication = approve(Round.objects.get(pk=waiting.pk), newsroom.publisher)
    first, last = publication.sign_offs
    assert first["unconfirmed"] == said and "unconfirmed" not in last
    assert publication.seal_holds()


# Behind the site's back.


@pytest.mark.parametrize("change", ["confirmed", "void", "notice", "until yesterday"])
def test_a_change_that_was_closed_by_sql_still_refuses(newsroom, change, english):
    one = puppet(newsroom, "one", "reviewer")
    waiting = own_text(newsroom)
    columns = {
        "confirmed": "state = 'confirmed', closed_at = at, closed_by_id = %s",
        "void": "state = 'void', closed_at = at, closed_by_id = %s",
        "notice": "state = 'notice', closed_by_id = %s",
        "until yesterday": "ends_at = at, closed_by_id = %s",
    }[change]
    by = newsroom.reviewer.pk if change == "confirmed" else None
    tamper(f"UPDATE accounts_identitychange SET {columns} WHERE person_id = %s", [by, one.pk])
    assert "changed outside the site" in decision_refusal(one, waiting)
    with pytest.raises(NotAllowed, match="changed outside the site"):
        approve(waiting, one)
    assert Alarm.objects.filter(subject=f"account {one.pk}").exists()
