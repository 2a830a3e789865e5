"""Pipelines: presets, changes, ledger entries."""

from contextlib import contextmanager

import pytest

from departments.exceptions import NotAllowed, WrongState
from departments.models import Role
from ledger.models import Entry
from ledger.verification.checks import mismatches
from tests.factories import department, grant, nothing_changes
from tests.ledger.attacker import tamper
from tests.ledger.auditor import named, verify
from tests.workflow.action_calls import approve, refused
from tests.workflow.action_factories import preset, rearrange, somebody, use
from workflow import services
from workflow.actions import pipelines
from workflow.models import Pipeline, PipelineChoice, Round

pytestmark = pytest.mark.django_db

ADD = "/admin/workflow/pipeline/add/"


def change_page(pipeline):
    return f"/admin/workflow/pipeline/{pipeline.pk}/change/"


def form(pipeline=None, steps=(("审核", "reviewer", 1), ("签发", "publisher", 1)), **words):
    """What a browser sends for a pipeline with these steps."""
    present = list(pipeline.steps.all()) if pipeline else []
    data = {
        "name": pipeline.name if pipeline else "新流程",
        "description": "",
        "is_active": "on",
        "steps-TOTAL_FORMS": len(steps),
        "steps-INITIAL_FORMS": len(present),
        "steps-MIN_NUM_FORMS": 1,
        "steps-MAX_NUM_FORMS": 1000,
    }
    if pipeline and pipeline.is_default:
        data["is_default"] = "on"
    for place, (name, role, people) in enumerate(steps):
        step = {
            "id": present[place].pk if place < len(present) else "",
            "pipeline": pipeline.pk if pipeline else "",
            "position": place + 1,
            "name": name,
            "role": Role.objects.get(code=role).pk,
            "people": people,
            "due_hours": 48,
            "is_active": "on",
        }
        data |= {f"steps-{place}-{field}": value for field, value in step.items()}
    return {name: value for name, value in (data | words).items() if value is not None}


def last_entry():
    return Entry.objects.order_by("number").last()


@contextmanager
def no_pipeline_changes():
    """No entry, and the pipelines as they were."""
    before = [pipeline.ledger_data() for pipeline in Pipeline.objects.all()], Entry.objects.count()
    yield
    assert before == (
        [pipeline.ledger_data() for pipeline in Pipeline.objects.all()],
        Entry.objects.count(),
    )


# The presets, end to end.


@pytest.mark.parametrize(
    ("name", "deciders"),
    [
        ("一级", ["publisher"]),
        ("两级", ["reviewer", "publisher"]),
        ("三审三校", ["reviewer", "second", "publisher"]),
    ],
)
def test_a_preset_takes_exactly_its_steps_by_different_people_and_the_last_signs_off(newsroom, name, deciders):
    somebody(newsroom, "second", "second-reviewer")
    use(newsroom, name)
    waiting = newsroom.submitted()
    for early in deciders[1:]:
        refused(waiting, newsroom.people[early])
    for decider in deciders[:-1]:
        assert approve(waiting, newsroom.people[decider]) is None
    publication = approve(waiting, newsroom.people[deciders[-1]])
    assert [sign["person"] for sign in publication.sign_offs] == [newsroom.people[one].pk for one in deciders]
    assert list(mismatches()) == []


def test_one_person_with_every_role_passes_one_of_the_three_steps(newsroom):
    """Scenario 4."""
    everything = somebody(newsroom, "everything", "reviewer", "second-reviewer", "publisher")
    use(newsroom, "三审三校")
    waiting = newsroom.submitted()
    approve(waiting, everything)
    refused(waiting, everything)


def test_a_step_for_two_people_waits_for_the_second_and_takes_no_one_twice(newsroom):
    """Scenario 4."""
    second = somebody(newsroom, "second", "publisher")
    rearrange(preset("两级"), newsroom.admin, ("签发", "publisher", 2))
    waiting = newsroom.submitted()
    assert approve(waiting, newsroom.publisher) is None
    refused(waiting, newsroom.publisher)
    publication = approve(waiting, second)
    assert [sign["name"] for sign in publication.sign_offs] == [newsroom.publisher.full_name, second.full_name]
    assert list(mismatches()) == []


# Who uses which.


@pytest.mark.both_databases("JSON null is read back differently")
@pytest.mark.slow
def test_a_department_that_gives_up_its_pipeline_goes_on_with_the_default_one(newsroom):
    use(newsroom, "三审三校")
    use(newsroom, None)
    waiting = newsroom.submitted()
    assert waiting.steps.count() == 2
    approve(waiting, newsroom.reviewer)
    assert approve(waiting, newsroom.publisher)
    assert list(mismatches()) == []


def test_a_department_uses_what_it_picked_then_what_its_parent_picked_then_the_default(newsroom):
    use(newsroom, "一级")
    child = department("党支部", newsroom.admin, parent=newsroom.department)
    column = department("公告栏", newsroom.admin, kind="column", responsible=newsroom.department)
    grant(newsroom.drafter, "drafter", newsroom.elsewhere, newsroom.admin)
    for where, steps in ((newsroom.department, 1), (child, 1), (column, 1), (newsroom.elsewhere, 2)):
        article = newsroom.draft()
        services.move(article, by=newsroom.admin, to=where) if where != newsroom.department else None
        assert services.submit(article, by=newsroom.drafter).steps.count() == steps
    pipelines.choose_pipeline(child, preset("两级"), by=newsroom.admin)
    article = newsroom.draft()
    services.move(article, by=newsroom.admin, to=child)
    assert services.submit(article, by=newsroom.drafter).steps.count() == 2


def test_a_pipeline_that_is_no_longer_in_use_gives_way_to_the_default(newsroom):
    """Scenario 20."""
    use(newsroom, "一级")
    preset("一级").update_sealed(is_active=False)
    pipelines.record_change(preset("一级"), by=newsroom.admin, is_new=False)
    assert newsroom.submitted().pipeline_name == "两级"


def test_without_any_pipeline_nothing_can_be_submitted_and_the_message_says_why(newsroom):
    """Scenario 20."""
    article = newsroom.draft()
    preset("两级").steps.update(is_active=False)
    pipelines.record_change(preset("两级"), by=newsroom.admin, is_new=False)
    with nothing_changes(), pytest.raises(WrongState) as error:
        services.submit(article, by=newsroom.drafter)
    assert newsroom.department.name in str(error.value)


def test_a_change_touches_later_rounds_only(newsroom):
    waiting = newsroom.submitted()
    rearrange(preset("两级"), newsroom.admin, ("终审", "publisher", 1))
    assert [step.name for step in waiting.steps.all()] == ["审核", "签发"]
    approve(waiting, newsroom.reviewer)
    approve(Round.objects.get(pk=waiting.pk), newsroom.publisher)
    assert [step.name for step in newsroom.submitted().steps.all()] == ["终审"]


# Changes by HTTP.


def test_a_superuser_makes_a_pipeline_and_the_ledger_has_its_steps(newsroom, as_user):
    """Scenario 50."""
    assert as_user("admin").post(ADD, form(steps=[("签发", "publisher", 2)])).status_code == 302
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.data["name"]) == ("pipeline.created", newsroom.admin.pk, "新流程")
    assert [(step["name"], step["role"], step["people"]) for step in entry.data["steps"]] == [("签发", "publisher", 2)]
    assert list(mismatches()) == []


@pytest.mark.parametrize("name", ["drafter", "publisher"])
def test_nobody_else_makes_changes_or_deletes_a_pipeline(newsroom, as_user, name):
    """Scenario 50."""
    browser, unused = as_user(name), preset("一级")
    before = Entry.objects.count()
    for url in (ADD, change_page(unused), f"/admin/workflow/pipeline/{unused.pk}/delete/"):
        assert browser.post(url, form()).status_code in (302, 403)
    assert Entry.objects.count() == before and Pipeline.objects.count() == 3


def test_a_changed_step_stands_in_the_ledger(newsroom, as_user):
    """Scenario 50."""
    pipeline = preset("两级")
    steps = [("审核", "reviewer", 2), ("签发", "publisher", 1), ("备案", "publisher", 1)]
    assert as_user("admin").post(change_page(pipeline), form(pipeline, steps)).status_code == 302
    entry = last_entry()
    assert entry.verb == "pipeline.changed"
    assert [(step["name"], step["people"]) for step in entry.data["steps"]] == [("审核", 2), ("签发", 1), ("备案", 1)]
    assert list(mismatches()) == []


def test_another_default_is_an_entry_for_both_pipelines(newsroom, as_user):
    """Scenario 50."""
    pipeline, former = preset("一级"), preset("两级")
    answer = as_user("admin").post(change_page(pipeline), form(pipeline, [("签发", "publisher", 1)], is_default="on"))
    assert answer.status_code == 302
    assert Pipeline.objects.get(is_default=True) == pipeline
    told = Entry.objects.filter(verb="pipeline.changed").order_by("number")
    assert {entry.object_id: entry.data["is_default"] for entry in told} == {
        str(pipeline.pk): True,
        str(former.pk): False,
    }
    assert list(mismatches()) == []


def test_a_pipeline_without_a_step_in_use_is_refused(newsroom, as_user):
    """Scenario 20."""
    pipeline = preset("一级")
    off = form(pipeline, [("签发", "publisher", 1)])
    del off["steps-0-is_active"]
    with no_pipeline_changes():
        assert as_user("admin").post(change_page(pipeline), off).status_code == 200
    gone = form(pipeline, [("签发", "publisher", 1)]) | {"steps-0-DELETE": "on"}
    with no_pipeline_changes():
        assert as_user("admin").post(change_page(pipeline), gone).status_code == 200


def test_a_deleted_pipeline_stands_in_the_ledger_and_one_in_use_is_not_deleted(newsroom, as_user):
    """Scenarios 20 and 50."""
    admin, unused = as_user("admin"), preset("三审三校")
    use(newsroom, "一级")
    for kept in (preset("一级"), preset("两级")):  # picked by a department; the default
        with no_pipeline_changes():
            admin.post(f"/admin/workflow/pipeline/{kept.pk}/delete/", {"post": "yes"})
    admin.post(f"/admin/workflow/pipeline/{unused.pk}/delete/", {"post": "yes"})
    assert not Pipeline.objects.filter(pk=unused.pk).exists()
    assert (last_entry().verb, last_entry().data["name"]) == ("pipeline.deleted", "三审三校")
    assert list(mismatches()) == []


def test_a_round_keeps_the_pipeline_that_it_began_with_also_when_that_is_deleted(newsroom, as_user):
    """Scenarios 20 and 56."""
    begun_with = preset("三审三校")
    use(newsroom, "三审三校")
    waiting = newsroom.submitted()
    tamper("UPDATE workflow_round SET pipeline_id = %s WHERE id = %s", [preset("一级").pk, waiting.pk])
    assert verify() == named(f"round {waiting.pk}") != []
    tamper("UPDATE workflow_round SET pipeline_id = %s WHERE id = %s", [begun_with.pk, waiting.pk])
    use(newsroom, None)
    as_user("admin").post(f"/admin/workflow/pipeline/{begun_with.pk}/delete/", {"post": "yes"})
    assert not Pipeline.objects.filter(pk=begun_with.pk).exists()
    approve(Round.objects.get(pk=waiting.pk), newsroom.reviewer)
    assert Round.objects.get(pk=waiting.pk).pipeline_id == begun_with.pk and verify() == []


def test_what_a_department_picks_stands_in_the_ledger(newsroom, as_user):
    """Scenario 50."""
    admin = as_user("admin")
    words = {"department": newsroom.department.pk, "pipeline": preset("一级").pk}
    assert admin.post("/admin/workflow/pipelinechoice/add/", words).status_code == 302
    assert (last_entry().verb, last_entry().data["pipeline_name"]) == ("pipeline.chosen", "一级")
    choice = PipelineChoice.objects.get()
    url = f"/admin/workflow/pipelinechoice/{choice.pk}"
    assert admin.post(f"{url}/change/", {"pipeline": preset("三审三校").pk}).status_code == 302
    assert last_entry().data["pipeline_name"] == "三审三校"
    assert admin.post(f"{url}/delete/", {"post": "yes"}).status_code == 302
    assert last_entry().data["pipeline"] is None and not PipelineChoice.objects.exists()
    assert list(mismatches()) == []


def test_a_deputy_is_named_and_dismissed_on_the_desk_and_the_ledger_has_both(newsroom, as_user):
    """Scenario 50."""
    words = {
        "principal": newsroom.publisher.pk,
        "deputy": newsroom.reviewer.pk,
        "begins_at": "2026-01-01T08:00",
        "ends_at": "2036-01-01T08:00",
    }
    others = as_user("reviewer").post("/admin/workflow/delegation/add/", words)
    assert others.status_code in (200, 403) and not Entry.objects.filter(verb="delegation.granted").exists()
    assert as_user("publisher").post("/admin/workflow/delegation/add/", words).status_code == 302
    granted = last_entry()
    assert (granted.verb, granted.data["deputy"]) == ("delegation.granted", newsroom.reviewer.pk)
    press = {"action": "revoke", "_selected_action": granted.object_id}
    as_user("publisher").post("/admin/workflow/delegation/", press)
    assert last_entry().verb == "delegation.revoked"
    assert list(mismatches()) == []


def test_a_pipeline_changed_in_the_database_is_named(newsroom):
    """Scenarios 43 and 50."""
    preset("两级").steps.filter(position=2).update(role=Role.objects.get(code="drafter"))
    assert any("a step was changed outside" in line for line in mismatches())


def test_who_signs_off_follows_the_pipeline_of_the_department(newsroom):
    article = newsroom.published().article
    rearrange(preset("两级"), newsroom.admin, ("签发", "reviewer", 1))
    with nothing_changes(), pytest.raises(NotAllowed):
        services.withdraw(article, by=newsroom.publisher, reason="有误", notice="")
    services.withdraw(article, by=newsroom.reviewer, reason="有误", notice="")
