"""Forged authority decides nothing, and the replay judges each decision (scenarios 52 and 53)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from departments.exceptions import NotAllowed
from departments.models import Department, Membership, Role
from departments.services import revoke_role
from ledger.models import Alarm, Entry
from ledger.monitoring.alarms import reset_throttling
from ledger.seals import SEAL_FIELDS
from tests import factories
from tests.ledger.attacker import tamper, undone
from workflow import services
from workflow.actions import delegations, pipelines
from workflow.models import Delegation, Pipeline, PipelineChoice, Round, RoundStep
from workflow.verification.replay import Replay

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases("rows are forged with SQL, and read back by each database"),
]


def insert(model, **values):
    """Put a row into the table with SQL. It has no seal unless `values` hold one."""
    values = {"seal_key": "", "seal_signature": "", **values}
    names, places = ", ".join(values), ", ".join(["%s"] * len(values))
    tamper(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({places})", list(values.values()))


def approve(waiting: Round, by: User) -> None:
    services.approve(Round.objects.get(pk=waiting.pk), by=User.objects.get(pk=by.pk), seen=waiting.revision.digest)


def assert_refused(waiting: Round, by: User) -> None:
    """The person decides nothing, and superusers are told."""
    reset_throttling()
    with pytest.raises(NotAllowed):
        approve(waiting, by)
    assert not Round.objects.get(pk=waiting.pk).decisions.filter(person=by).exists()


def test_a_membership_that_was_put_in_decides_nothing(newsroom):
    """Scenario 52."""
    waiting, role = newsroom.submitted(), Role.objects.get(code="reviewer")
    insert(Membership, person_id=newsroom.stranger.pk, role_id=role.pk, department_id=newsroom.department.pk)
    assert_refused(waiting, newsroom.stranger)
    assert Alarm.objects.exists()
    approve(waiting, newsroom.reviewer)


def test_a_revoked_membership_put_back_with_its_good_seal_decides_nothing(newsroom):
    """Scenario 52. The seal is one of ours, but the ledger says that the role was revoked."""
    waiting, held = newsroom.submitted(), newsroom.reviewer.memberships.get()
    kept = {name: getattr(held, name) for name in ("id", "person_id", "role_id", "department_id", *SEAL_FIELDS)}
    revoke_role(held, by=newsroom.admin)
    insert(Membership, **kept)
    assert Membership.objects.get(pk=kept["id"]).seal_holds()
    assert_refused(waiting, newsroom.reviewer)


@pytest.mark.parametrize("column", ["is_active", "is_superuser", "full_name", "email", "username", "password"])
def test_a_person_who_was_changed_decides_nothing(newsroom, column):
    """Scenario 52."""
    waiting, reviewer = newsroom.submitted(), newsroom.reviewer
    value = {"is_active": True, "is_superuser": True}.get(column, "forged")
    if column == "is_active":
        tamper("UPDATE accounts_user SET is_active = %s WHERE id = %s", [False, reviewer.pk])
        value = False
    with undone():
        tamper(f"UPDATE accounts_user SET {column} = %s WHERE id = %s", [value, reviewer.pk])
        assert_refused(waiting, reviewer)


def test_a_password_hash_that_was_written_with_sql_signs_nobody_in(newsroom, client):
    """Scenario 52."""
    leader = newsroom.publisher
    words = {"username": leader.username, "password": factories.PASSWORD}
    other = User.objects.get(pk=newsroom.drafter.pk).password
    tamper("UPDATE accounts_user SET password = %s WHERE id = %s", [other, leader.pk])
    assert client.post("/admin/login/", words).status_code == 200
    tamper("UPDATE accounts_user SET password = %s WHERE id = %s", [leader.password, leader.pk])
    assert client.post("/admin/login/", words).status_code == 302


def test_a_deputy_who_was_put_in_or_revived_decides_nothing(newsroom):
    """Scenario 52."""
    waiting, now, day = newsroom.submitted(), timezone.now(), timedelta(days=1)
    period = {"begins_at": now - day, "ends_at": now + day}
    with undone():
        insert(Delegation, principal_id=newsroom.reviewer.pk, deputy_id=newsroom.stranger.pk, **period)
        assert_refused(waiting, newsroom.stranger)
    made = delegations.delegate(principal=newsroom.reviewer, deputy=newsroom.stranger, by=newsroom.reviewer, **period)
    sealed = {name: getattr(made, name) for name in SEAL_FIELDS}
    delegations.revoke_delegation(made, by=newsroom.reviewer)
    columns = ", ".join(f"{name} = %s" for name in sealed)
    tamper(f"UPDATE workflow_delegation SET revoked_at = NULL, {columns} WHERE id = %s", [*sealed.values(), made.pk])
    assert Delegation.objects.get(pk=made.pk).seal_holds()
    assert_refused(waiting, newsroom.stranger)


@pytest.mark.parametrize("column", ["handed_to_id", "role_id", "people", "position", "passed_at"])
def test_a_step_that_was_changed_decides_nothing(newsroom, column):
    """Scenario 52."""
    waiting = newsroom.submitted()
    step = waiting.steps.get(position=1)
    value = {
        "handed_to_id": newsroom.stranger.pk,
        "role_id": Role.objects.get(code="drafter").pk,
        "people": 2,
        "position": 9,
        "passed_at": timezone.now(),
    }[column]
    with undone():
        tamper(f"UPDATE workflow_roundstep SET {column} = %s WHERE id = %s", [value, step.pk])
        for person in (newsroom.stranger, newsroom.colleague, newsroom.reviewer, newsroom.publisher):
            with pytest.raises(NotAllowed):
                approve(waiting, person)
    approve(waiting, newsroom.reviewer)


def test_a_step_or_a_decision_that_was_taken_away_lets_nothing_be_published(newsroom):
    """Scenario 52."""
    waiting = newsroom.reviewed()
    for table in ("workflow_decision", "workflow_roundstep"):
        with undone():
            if table == "workflow_roundstep":
                tamper("DELETE FROM workflow_decision WHERE round_id = %s", [waiting.pk])
            first = RoundStep.objects.get(round=waiting, position=1)
            column = "step_id" if table == "workflow_decision" else "id"
            tamper(f"DELETE FROM {table} WHERE {column} = %s", [first.pk])
            assert_refused(waiting, newsroom.publisher)
    approve(waiting, newsroom.publisher)


def test_a_contributor_who_was_taken_out_of_a_text_does_not_decide_on_it(newsroom):
    """Scenario 53. In a draft, and in a text under review."""
    both = factories.person("both")
    for role in ("drafter", "reviewer"):
        factories.grant(both, role, newsroom.department, None)
    article = newsroom.draft()
    draft = article.active_draft()
    from articles import drafts

    drafts.save_draft(draft, {"title": "共同执笔"}, by=both, version=draft.version)
    with undone():
        tamper("DELETE FROM articles_contribution WHERE person_id = %s", [both.pk])
        with pytest.raises(NotAllowed):
            services.submit(article, by=newsroom.drafter)
    waiting = newsroom.submitted(article)
    tamper("DELETE FROM articles_contribution WHERE person_id = %s", [both.pk])
    assert_refused(waiting, both)


@pytest.mark.parametrize("table", ["step", "pipeline", "choice", "article", "department"])
def test_nothing_is_submitted_while_the_rows_that_say_who_decides_are_changed(newsroom, table):
    """Scenario 52. A shorter pipeline for a minute would give the round fewer steps for ever."""
    article = newsroom.draft()
    default = Pipeline.objects.get(is_default=True)
    pipelines.choose_pipeline(newsroom.department, Pipeline.objects.get(name="三审三校"), by=newsroom.admin)
    with undone():
        match table:
            case "step":
                tamper("UPDATE workflow_step SET is_active = %s WHERE position = 1", [False])
            case "pipeline":
                tamper("UPDATE workflow_pipeline SET is_active = %s WHERE name = '三审三校'", [False])
            case "choice":
                tamper("DELETE FROM workflow_pipelinechoice")
            case "article":
                tamper("UPDATE articles_article SET department_id = %s", [newsroom.elsewhere.pk])
            case "department":
                tamper(
                    "UPDATE departments_department SET parent_id = %s WHERE id = %s",
                    [newsroom.elsewhere.pk, newsroom.department.pk],
                )
        with pytest.raises(NotAllowed):
            services.submit(article, by=newsroom.drafter)
    assert services.submit(article, by=newsroom.drafter).steps.count() == 3
    assert default.steps.count() == 2 and PipelineChoice.objects.exists() and Department.objects.exists()


# The replay.


def findings(without: str = "", *, person: int | None = None) -> list[str]:
    """What the replay says of the ledger without the entries of a verb (about a person)."""
    replay = Replay()
    fields = ("number", "time", "actor_id", "verb", "object_type", "object_id", "data")
    found = []
    for row in Entry.objects.order_by("number").values_list(*fields):
        is_left_out = row[3] == without and (person is None or row[6].get("person") == person)
        if not is_left_out:
            found += replay.findings(row)
    return found


def test_the_replay_finds_nothing_in_a_ledger_that_the_site_wrote(newsroom):
    newsroom.published()
    assert findings() == []


def test_the_replay_names_a_decision_of_somebody_without_the_role(newsroom):
    """Scenario 52. As if a membership had stood in the table while they decided, and nowhere else."""
    newsroom.published()
    said = findings(without="role.granted", person=newsroom.reviewer.pk)
    assert ["who decided did not hold the role of the step there then" in line for line in said] == [True]


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ("article.approved", "published before every step had decided"),
        ("article.submitted", "the round was not open then"),
        ("pipeline.chosen", "its steps are not those of the pipeline that the department had then"),
    ],
)
def test_the_replay_names_what_the_ledger_does_not_carry(newsroom, without, words):
    """Scenario 52."""
    pipelines.choose_pipeline(newsroom.department, Pipeline.objects.get(name="三审三校"), by=newsroom.admin)
    second = factories.person("second")
    factories.grant(second, "second-reviewer", newsroom.department, newsroom.admin)
    waiting = newsroom.submitted()
    for person in (newsroom.reviewer, second, newsroom.publisher):
        approve(waiting, person)
    assert findings() == []
    assert any(words in line for line in findings(without=without))
