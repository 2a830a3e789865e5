"""Old seals put back by SQL are named; a withdrawal holds."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from articles.models import Contribution, Publication, PublicationEnd
from departments import services as departments
from departments.models import Department
from portal import identity
from portal.models import Identity
from tests.ledger.attacker import copied, run, tamper
from tests.ledger.auditor import named, verify
from workflow import services
from workflow.models import Round, RoundStep

DAY = timedelta(days=1)
BROUGHT_BACK = "an earlier state was put back"


@pytest.fixture(autouse=True)
def all_is_well(newsroom):
    assert verify() == []
    yield
    assert verify() != []


def put_back(publication: Publication, column: str, before: Publication) -> None:
    """Puts a publication back to what it was, seal and all."""
    columns = {column: getattr(before, column), "seal_key": before.seal_key, "seal_signature": before.seal_signature}
    changes = ", ".join(f"{name} = %s" for name in columns)
    tamper(f"UPDATE articles_publication SET {changes} WHERE id = %s", [*columns.values(), publication.pk])
    assert Publication.objects.get(pk=publication.pk).seal_holds()


def lift_end(publication: Publication) -> None:
    """Opens the interval again in the columns by which queries choose. No seal covers them."""
    tamper("UPDATE articles_publication SET live_until = NULL, planned_until = NULL WHERE id = %s", [publication.pk])
    run("UPDATE articles_placement SET live_until = NULL WHERE publication_id = %s", [publication.pk])


def is_named_as_brought_back(publication: Publication) -> bool:
    return any(line.endswith(BROUGHT_BACK) for line in named(f"publication {publication.pk}"))


@pytest.fixture
def withdrawn(newsroom):
    """A publication that was withdrawn, and whose interval was opened again."""
    before = newsroom.published(title="撤回的独角兽")
    services.withdraw(before.article, by=newsroom.publisher, reason="有误", notice="已撤下")
    assert verify() == []
    lift_end(before)
    return before


def test_a_withdrawn_article_whose_interval_was_opened_again_is_named(withdrawn):
    """Scenario 43."""
    said = f"publication {withdrawn.pk} (article {withdrawn.article_id}): live_until or planned_until is not what its"
    assert any(line.startswith(said) for line in verify())


def test_a_withdrawn_article_whose_interval_was_opened_again_stays_withdrawn(newsroom, withdrawn, client):
    """Scenarios 31 and 43."""
    slug = newsroom.department.slug
    answer = client.get(f"/{slug}/{withdrawn.article_id}/")
    assert answer.status_code == 410 and "已撤下" in answer.content.decode()
    for address in ["/", f"/{slug}/", "/search/?q=独角兽", "/feed/", f"/{slug}/feed/"]:
        assert "撤回的独角兽" not in client.get(address).content.decode(), address
    assert f"/{withdrawn.article_id}/" not in client.get("/sitemap.xml").content.decode()


def test_a_withdrawn_article_is_named_also_when_its_withdrawal_and_its_end_are_gone(withdrawn):
    """Scenario 43. Then the page is there again: nothing is left in the database that says otherwise."""
    tamper("DELETE FROM articles_withdrawal")
    tamper("DELETE FROM articles_publicationend")
    assert Publication.objects.get(pk=withdrawn.pk).seal_holds()
    assert is_named_as_brought_back(withdrawn)
    assert f"article {withdrawn.article_id}: publication 1 was withdrawn, but its notice is gone" in verify()


def test_an_earlier_end_put_back_with_its_good_seal_is_named(newsroom):
    """Scenario 43."""
    published = newsroom.published()
    services.expire(published.article, by=newsroom.publisher, at=timezone.now() + 9 * DAY)
    before = PublicationEnd.objects.get(publication=published)
    services.expire(published.article, by=newsroom.publisher, at=timezone.now() + DAY)
    assert verify() == []
    values = [before.until, before.until, before.at, before.seal_signature, published.pk]
    tamper(
        "UPDATE articles_publicationend SET until = %s, planned_until = %s, at = %s, seal_signature = %s "
        "WHERE publication_id = %s",
        values,
    )
    tamper(
        "UPDATE articles_publication SET live_until = %s, planned_until = %s WHERE id = %s", [*values[:2], values[4]]
    )
    run("UPDATE articles_placement SET live_until = %s WHERE publication_id = %s", [values[0], values[4]])
    assert Publication.objects.get(pk=published.pk).seal_holds()
    assert is_named_as_brought_back(published)


def test_an_end_that_was_lifted_is_named(newsroom, client):
    """Scenario 43. The page is an error until the end has passed, and then gone."""
    before = newsroom.published()
    services.expire(before.article, by=newsroom.publisher, at=timezone.now() + DAY)
    assert verify() == []
    lift_end(before)
    assert named(f"publication {before.pk}")
    assert client.get(before.get_absolute_url()).status_code == 503
    with time_machine.travel(timezone.now() + 2 * DAY, tick=False):
        assert client.get(before.get_absolute_url()).status_code == 410


def test_an_article_that_was_moved_back_is_named(newsroom):
    """Scenario 43."""
    before = newsroom.published()
    services.move(before.article, by=newsroom.admin, to=newsroom.elsewhere)
    assert verify() == []
    put_back(before, "department_id", before)
    assert is_named_as_brought_back(before)


def test_the_flag_of_an_emergency_that_was_confirmed_and_put_back_is_named(newsroom):
    """Scenario 43."""
    article = newsroom.draft()
    seen = article.active_draft().compute_digest()
    before = services.publish_in_emergency(article, by=newsroom.publisher, seen=seen, reason="汛情")
    services.confirm_emergency(article, by=newsroom.admin, seen=before.digest)
    assert verify() == []
    put_back(before, "is_emergency", before)
    assert is_named_as_brought_back(before)


def test_an_older_identity_copied_to_the_end_with_its_good_seal_is_named_and_not_shown(newsroom, client):
    """Scenario 43. The newest version is the one that was sealed last, wherever it stands."""
    older = identity.save_identity(Identity(name="旧名"), by=newsroom.admin)
    identity.save_identity(Identity(name="新名"), by=newsroom.admin)
    assert verify() == []
    run(*copied(Identity, older.pk))
    last = Identity.objects.order_by("pk").last()
    assert last.seal_holds()
    assert verify() == [f"identity {last.pk} (旧名): the ledger does not have this version"]
    page = client.get("/").content.decode()
    assert "新名" in page and "旧名" not in page


def test_a_department_put_back_to_what_it_was_with_its_old_seal_is_named(newsroom):
    """Scenario 43."""
    before = Department.objects.get(pk=newsroom.department.pk)
    renamed = Department.objects.get(pk=before.pk)
    renamed.name = "组织人事"
    departments.save_department(renamed, by=newsroom.admin)
    assert verify() == []
    values = [before.name, before.seal_key, before.seal_signature, before.pk]
    tamper("UPDATE departments_department SET name = %s, seal_key = %s, seal_signature = %s WHERE id = %s", values)
    assert Department.objects.get(pk=before.pk).seal_holds()
    assert named(f"department {before.pk}")


# Rounds.


def test_a_round_that_was_shortened_is_named(newsroom):
    """Scenario 43. With one step less, one person's word would do."""
    opened = newsroom.submitted()
    assert verify() == []
    tamper("DELETE FROM workflow_roundstep WHERE round_id = %s AND position = 1", [opened.pk])
    assert named(f"round {opened.pk}") == [
        f"round {opened.pk} (article {opened.article_id}): its steps are not those that the ledger has"
    ]


def test_a_step_that_was_eased_is_named(newsroom):
    """Scenario 43."""
    opened = newsroom.submitted()
    step = opened.steps.last()
    other = RoundStep.objects.exclude(role=step.role).first().role_id
    for change, value in [("people", 5), ("role_id", other), ("name", "随便")]:
        before = getattr(step, change)
        tamper(f"UPDATE workflow_roundstep SET {change} = %s WHERE id = %s", [value, step.pk])
        assert len(named(f"round {opened.pk}")) == 1, change
        tamper(f"UPDATE workflow_roundstep SET {change} = %s WHERE id = %s", [before, step.pk])
        assert verify() == []
    tamper("UPDATE workflow_roundstep SET people = 5 WHERE id = %s", [step.pk])


def test_a_round_that_was_put_in_is_named(newsroom):
    """Scenario 43."""
    opened = newsroom.submitted()
    services.return_for_changes(opened, by=newsroom.reviewer, seen=opened.revision.digest, reason="改")
    run(*copied(Round, opened.pk, number=2))
    made_up = Round.objects.order_by("pk").last()
    assert made_up.pk != opened.pk
    assert any("opened outside the site" in line for line in named(f"round {made_up.pk}"))


def test_a_round_that_is_gone_is_named(newsroom):
    """Scenario 43."""
    opened = newsroom.submitted()
    tamper("DELETE FROM workflow_roundstep WHERE round_id = %s", [opened.pk])
    tamper("UPDATE workflow_notification SET round_id = NULL WHERE round_id = %s", [opened.pk])
    tamper("DELETE FROM workflow_round WHERE id = %s", [opened.pk])
    assert f"article {opened.article_id}: round 1 stands in the ledger, but is gone" in verify()


def test_a_hand_that_was_taken_out_of_a_text_or_put_in_is_named(newsroom):
    """Scenario 43. Somebody who wrote it could decide on it then."""
    opened = newsroom.submitted()
    hand = Contribution.objects.get(revision=opened.revision)
    tamper("UPDATE articles_contribution SET person_id = %s WHERE id = %s", [newsroom.stranger.pk, hand.pk])
    assert len(named(f"round {opened.pk}")) == 1
    tamper("DELETE FROM articles_contribution WHERE id = %s", [hand.pk])
    assert len(named(f"round {opened.pk}")) == 1


def test_a_hand_taken_out_of_an_emergency_publication_is_named(newsroom):
    """Scenario 43. Who wrote the text could confirm it then."""
    article = newsroom.draft()
    seen = article.active_draft().compute_digest()
    published = services.publish_in_emergency(article, by=newsroom.publisher, seen=seen, reason="汛情")
    assert verify() == []
    tamper("DELETE FROM articles_contribution WHERE revision_id = %s", [published.revision_id])
    assert verify() == [f"publication {published.pk}: whose hands are in its text is not what the ledger says"]


def test_an_article_that_was_pinned_in_the_database_is_named(newsroom):
    published, other = newsroom.published(title="一"), newsroom.published(title="二")
    services.pin(other.article, by=newsroom.publisher, until=timezone.now() + DAY)
    assert verify() == []
    tamper(
        "UPDATE articles_placement SET pinned_until = %s WHERE publication_id = %s",
        [timezone.now() + DAY, published.pk],
    )
    placement = published.placements.get()
    assert verify() == [f"placement {placement.pk} (article {published.article_id}): pinned outside the site"]
