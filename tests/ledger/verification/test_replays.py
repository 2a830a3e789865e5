"""`verify` replays from the ledger what no seal covers."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services as people
from accounts.models import User
from departments import services as departments
from departments.models import DepartmentKind, Membership, Role
from portal import identity
from portal.models import Identity
from tests.factories import department
from tests.ledger.attacker import run, tamper
from tests.ledger.auditor import named, verify
from workflow import services
from workflow.actions import delegations, pipelines
from workflow.models import Decision, Pipeline

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def all_is_well(newsroom):
    assert verify() == []
    yield
    assert verify() != []


# People.


@pytest.mark.parametrize(
    ("column", "value"),
    [("is_superuser", True), ("full_name", "别人"), ("email", "a@evil.example"), ("username", "other")],
)
def test_a_person_who_was_changed_in_the_database_is_named(newsroom, column, value):
    """Scenario 50."""
    tamper(f"UPDATE accounts_user SET {column} = %s WHERE id = %s", [value, newsroom.drafter.pk])
    assert len(verify()) == 1
    assert f"person {newsroom.drafter.pk} " in verify()[0] and column in verify()[0]


def test_somebody_who_was_deactivated_and_activated_in_the_database_is_named(newsroom):
    """Scenario 50."""
    leaver = User.objects.get(pk=newsroom.drafter.pk)
    leaver.is_active = False
    people.change_user(leaver, by=newsroom.admin)
    assert verify() == []
    run("UPDATE accounts_user SET is_active = %s WHERE id = %s", [True, leaver.pk])
    assert len(verify()) == 1
    assert "is_active" in named(f"person {leaver.pk}")[0]


def test_a_person_who_was_put_in_is_named(newsroom):
    """Scenario 50."""
    made_up = User.objects.create(username="made-up", full_name="无名氏", password="!")
    assert len(named(f"person {made_up.pk}")) == 1


def test_a_person_who_is_gone_is_named(newsroom):
    newcomer = people.create_user(username="newcomer", password=None, by=newsroom.admin)
    assert verify() == []
    tamper("DELETE FROM accounts_user WHERE id = %s", [newcomer.pk])
    assert verify() == [f"person {newcomer.pk} (newcomer): stands in the ledger, but is gone"]


# Departments and roles.


def test_a_column_given_to_another_department_is_named(newsroom):
    """Scenario 50. Who decides there follows from it."""
    column = department("公告栏", newsroom.admin, kind=DepartmentKind.COLUMN, responsible=newsroom.department)
    assert verify() == []
    run("UPDATE departments_department SET responsible_id = %s WHERE id = %s", [newsroom.elsewhere.pk, column.pk])
    assert verify() == [f"department {column.pk} (公告栏): its seal does not hold; changed outside the site"]


def test_a_role_that_was_changed_is_named(newsroom):
    role = Role.objects.get(code="reviewer")
    role.name = "审核员"
    departments.save_role(role, by=newsroom.admin)
    assert verify() == []
    run("UPDATE departments_role SET may_draft = %s WHERE id = %s", [True, role.pk])
    assert len(named(f"role {role.pk}")) == 1


def test_a_role_that_was_granted_in_the_database_is_named(newsroom):
    """Scenario 50."""
    publisher = Role.objects.get(code="publisher")
    run(
        "INSERT INTO departments_membership (person_id, role_id, department_id, seal_key, seal_signature) "
        "VALUES (%s, %s, %s, '', '')",
        [newsroom.drafter.pk, publisher.pk, newsroom.department.pk],
    )
    granted = Membership.objects.get(person=newsroom.drafter, role=publisher)
    assert len(named(f"membership {granted.pk}")) == 1


# Pipelines, choices, delegations.


def test_a_pipeline_that_every_site_begins_with_and_that_was_shortened_is_named(newsroom):
    """Scenario 50. There is no entry of it: it must be as it came."""
    default = Pipeline.objects.get(is_default=True)
    run("UPDATE workflow_step SET is_active = %s WHERE pipeline_id = %s AND position = 1", [False, default.pk])
    assert len(named(f"pipeline {default.pk}")) == 1


def test_a_pipeline_that_is_not_as_it_was_recorded_last_is_named(newsroom):
    """Scenario 50."""
    default = Pipeline.objects.get(is_default=True)
    default.steps.update(people=2)
    pipelines.record_change(default, by=newsroom.admin, is_new=False)
    assert verify() == []
    run("UPDATE workflow_step SET people = 1 WHERE pipeline_id = %s", [default.pk])
    assert len(named(f"pipeline {default.pk}")) == 1


def test_a_pipeline_that_was_put_in_is_named(newsroom):
    made_up = Pipeline.objects.create(name="捷径")
    assert len(named(f"pipeline {made_up.pk}")) == 1


def test_a_pipeline_chosen_in_the_database_is_named(newsroom):
    """Scenario 50."""
    short = Pipeline.objects.get(name="一级")
    pipelines.choose_pipeline(newsroom.elsewhere, short, by=newsroom.admin)
    assert verify() == []
    run(
        "INSERT INTO workflow_pipelinechoice (department_id, pipeline_id, seal_key, seal_signature) "
        "VALUES (%s, %s, '', '')",
        [newsroom.department.pk, short.pk],
    )
    run("DELETE FROM workflow_pipelinechoice WHERE department_id = %s", [newsroom.elsewhere.pk])
    for changed in (newsroom.department, newsroom.elsewhere):
        assert len(named(f"department {changed.pk}")) == 1


def test_a_delegation_that_was_lengthened_or_revived_or_put_in_is_named(newsroom):
    now = timezone.now()
    period = {"begins_at": now - DAY, "ends_at": now + DAY}
    made = [
        delegations.delegate(principal=newsroom.publisher, deputy=deputy, by=newsroom.publisher, **period)
        for deputy in (newsroom.stranger, newsroom.reviewer)
    ]
    delegations.revoke_delegation(made[1], by=newsroom.publisher)
    assert verify() == []
    run("UPDATE workflow_delegation SET ends_at = %s WHERE id = %s", [now + 9 * DAY, made[0].pk])
    run("UPDATE workflow_delegation SET revoked_at = NULL WHERE id = %s", [made[1].pk])
    run(
        "INSERT INTO workflow_delegation (principal_id, deputy_id, begins_at, ends_at, seal_key, seal_signature) "
        "VALUES (%s, %s, %s, %s, '', '')",
        [newsroom.publisher.pk, newsroom.drafter.pk, now, now + DAY],
    )
    assert len([line for line in verify() if line.startswith("delegation ")]) == 3


# Decisions and publications.


def test_a_decision_that_was_put_in_is_named(newsroom):
    """The application would take it for an approval and go on to the next step."""
    waiting = newsroom.submitted()
    step = waiting.current_step()
    assert verify() == []
    Decision.objects.create(
        round=waiting, step=step, person=newsroom.reviewer, person_name="审核", principal=newsroom.reviewer,
        principal_name="审核", verdict="approve", digest=waiting.revision.digest,
    )  # fmt: skip
    assert verify() == [
        f"decision {Decision.objects.get().pk} (article {waiting.article_id}): the ledger does not have it"
    ]


def test_a_step_handed_to_somebody_in_the_database_is_named(newsroom):
    step = newsroom.submitted().current_step()
    run("UPDATE workflow_roundstep SET handed_to_id = %s WHERE id = %s", [newsroom.stranger.pk, step.pk])
    assert len(named(f"step {step.pk}")) == 1


def test_approvals_that_were_kept_from_a_round_that_was_taken_back_are_no_finding(newsroom):
    waiting = newsroom.reviewed()
    services.take_back(waiting, by=newsroom.drafter)
    again = newsroom.submitted(waiting.article)
    assert again.decisions.exclude(kept_from=None).exists()
    assert verify() == []
    tamper("UPDATE workflow_decision SET principal_id = %s WHERE kept_from_id IS NOT NULL", [newsroom.stranger.pk])
    assert len(verify()) == 1


def test_a_publication_that_is_gone_and_one_that_was_put_in_are_named(newsroom):
    """Scenario 44."""
    gone, other = newsroom.published(title="一"), newsroom.published(title="二")
    tamper("UPDATE articles_publication SET number = 7 WHERE id = %s", [gone.pk])
    assert f"article {gone.article_id}: publication 1 stands in the ledger, but is gone" in verify()
    assert named(f"publication {gone.pk}") and not named(f"publication {other.pk}")


# The identity of the site.


def test_a_version_of_the_identity_that_is_gone_is_named(newsroom):
    """Scenario 43. Without it an older one would be shown."""
    identity.save_identity(Identity(name="旧名"), by=newsroom.admin)
    newer = identity.save_identity(Identity(name="新名"), by=newsroom.admin)
    tamper("DELETE FROM portal_identity WHERE id = %s", [newer.pk])
    assert verify() == [f"identity {newer.pk} (新名): stands in the ledger, but is gone"]


def test_a_row_of_no_sensible_kind_is_named_and_does_not_end_the_command(newsroom):
    """Scenario 44. Whoever writes to the database can put any JSON there."""
    publication = newsroom.published()
    tamper("UPDATE articles_publication SET sign_offs = %s WHERE id = %s", [json.dumps([1.5]), publication.pk])
    tamper("UPDATE accounts_user SET is_superuser = %s WHERE id = %s", [True, newsroom.drafter.pk])
    assert named(f"publication {publication.pk}") and named(f"person {newsroom.drafter.pk}")
