"""Emergency publication: visible, and confirmed by another person."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, override

from articles.models import Publication
from departments.exceptions import NotAllowed, WrongState
from ledger.verification.checks import mismatches
from tests.factories import Newsroom, grant, nothing_changes
from tests.workflow.action_calls import approve, edit, refused
from tests.workflow.action_factories import DAY, entries, somebody
from workflow import services
from workflow.exceptions import ReasonMissing, StaleText
from workflow.models import Emergency, RoundState
from workflow.rules.states import PublicState, TextState, state_of

pytestmark = pytest.mark.django_db


def flag():
    with override("zh-hans"):
        return gettext("Published in an emergency; its confirmation is pending.")


def digest_in_hand(article):
    opened = article.rounds.open().first()
    return opened.revision.digest if opened else article.active_draft().compute_digest()


def publish(article, by, reason="防汛紧急通知"):
    return services.publish_in_emergency(article, by=by, seen=digest_in_hand(article), reason=reason)


def confirm(article, by):
    services.confirm_emergency(article, by=by, seen=Emergency.objects.unconfirmed().first().publication.digest)


@pytest.fixture
def second(newsroom: Newsroom):
    return somebody(newsroom, "second", "publisher")


@pytest.mark.parametrize("reason", ["", "  "])
def test_publishing_in_an_emergency_needs_a_reason(newsroom, reason, client):
    """Scenario 27."""
    article = newsroom.draft()
    with nothing_changes(), pytest.raises(ReasonMissing):
        publish(article, newsroom.publisher, reason)
    publish(article, newsroom.publisher)
    assert Emergency.objects.get().reason == "防汛紧急通知"
    assert entries(article)[-1].data["reason"] == "防汛紧急通知"


@pytest.mark.parametrize("where", ["draft", "review"])
def test_it_is_public_at_once_and_its_page_and_its_proof_say_how(newsroom, client, where):
    """Scenario 27."""
    article = newsroom.draft(body="<p>大坝险情。</p>")
    if where == "review":
        services.submit(article, by=newsroom.drafter)
    publish(article, newsroom.publisher)
    page = client.get(f"/{newsroom.department.slug}/{article.pk}/").content.decode()
    assert "大坝险情。" in page and flag() in page
    proof = client.get(f"/{newsroom.department.slug}/{article.pk}/proof.json").json()
    assert proof["emergency"] is True and proof["approvals"] == 0
    assert [sign["step"] for sign in proof["sign_offs"]] == ["emergency"]
    assert not article.rounds.exclude(state=RoundState.BYPASSED).exists()
    assert list(mismatches()) == []


def test_the_flag_goes_once_another_person_has_confirmed_it_and_the_proof_still_counts_no_approval(
    newsroom, second, client
):
    """Scenario 27."""
    article = newsroom.draft()
    publish(article, newsroom.publisher)
    confirm(article, second)
    page = client.get(f"/{newsroom.department.slug}/{article.pk}/")
    assert page.status_code == 200 and flag() not in page.content.decode()
    proof = client.get(f"/{newsroom.department.slug}/{article.pk}/proof.json").json()
    assert proof["emergency"] is False and proof["approvals"] == 0
    last = entries(article)[-1]
    assert (last.verb, last.actor_id) == ("article.emergency_confirmed", second.pk)
    assert list(mismatches()) == []
    with nothing_changes(), pytest.raises(WrongState):
        services.confirm_emergency(article, by=second, seen=Publication.objects.get().digest)


def test_who_published_it_cannot_confirm_it(newsroom, second):
    """Scenario 27."""
    article = newsroom.draft()
    publish(article, newsroom.publisher)
    with nothing_changes(), pytest.raises(NotAllowed):
        confirm(article, newsroom.publisher)
    confirm(article, second)


def test_a_superuser_cannot_confirm_their_own_emergency_either(newsroom):
    """Scenarios 3 and 27."""
    article = newsroom.draft()
    publish(article, newsroom.admin)
    with nothing_changes(), pytest.raises(NotAllowed):
        confirm(article, newsroom.admin)
    confirm(article, newsroom.publisher)


def test_nobody_with_a_hand_in_the_words_confirms_them(newsroom, second):
    """Scenarios 2 and 27."""
    article = newsroom.draft()
    edit(article, second)
    publish(article, newsroom.publisher)
    with nothing_changes(), pytest.raises(NotAllowed):
        confirm(article, second)
    confirm(article, newsroom.admin)


@pytest.mark.parametrize("name", ["drafter", "reviewer", "stranger"])
def test_nobody_else_publishes_in_an_emergency_or_confirms_one(newsroom, name):
    """Scenario 27."""
    article = newsroom.draft()
    with nothing_changes(), pytest.raises(NotAllowed):
        publish(article, newsroom.people[name])
    publish(article, newsroom.publisher)
    with nothing_changes(), pytest.raises(NotAllowed):
        confirm(article, newsroom.people[name])


def test_a_text_that_has_changed_since_it_was_read_is_neither_published_nor_confirmed(newsroom, second):
    """Scenario 8."""
    article = newsroom.draft()
    seen = digest_in_hand(article)
    edit(article, newsroom.drafter)
    with nothing_changes(), pytest.raises(StaleText):
        services.publish_in_emergency(article, by=newsroom.publisher, seen=seen, reason="紧急")
    publish(article, newsroom.publisher)
    with nothing_changes(), pytest.raises(StaleText):
        services.confirm_emergency(article, by=second, seen=seen)


def test_the_database_itself_refuses_that_somebody_confirms_their_own_emergency(newsroom, second):
    """Scenario 27."""
    publish(newsroom.draft(), newsroom.admin)
    row = Emergency.objects.filter(confirmed_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(confirmed_at=timezone.now(), confirmed_by=newsroom.admin, confirmed_by_name="x")
    row.update(confirmed_at=timezone.now(), confirmed_by=second, confirmed_by_name="x")
    assert any("its flag or confirmation is not what the ledger says" in line for line in mismatches())


def test_the_database_itself_refuses_to_clear_a_confirmation_a_reason_or_the_row(newsroom, second):
    """Scenario 27."""
    article = newsroom.draft()
    publish(article, newsroom.publisher)
    for change in ({"reason": "别的"}, {"reason": ""}, {"by": second.pk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Emergency.objects.update(**change)
    confirm(article, second)
    with pytest.raises(IntegrityError), transaction.atomic():
        Emergency.objects.update(confirmed_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Emergency.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.update(is_emergency=True)


def test_a_flag_cleared_in_the_database_is_named_and_the_page_is_not_served(newsroom, client):
    """Scenarios 27 and 43."""
    article = newsroom.draft()
    publication = publish(article, newsroom.publisher)
    Publication.objects.filter(pk=publication.pk).update(is_emergency=False)
    assert client.get(f"/{newsroom.department.slug}/{article.pk}/").status_code == 503
    assert any(f"publication {publication.pk}" in line for line in mismatches())


@pytest.fixture
def writing_leader(newsroom):
    """Somebody who writes and reviews."""
    return somebody(newsroom, "allrounder", "drafter", "reviewer")


def test_whoever_wrote_words_published_in_an_emergency_cannot_approve_what_is_made_of_them(newsroom, writing_leader):
    """Scenario 2."""
    article = newsroom.draft()
    edit(article, writing_leader)
    publish(article, newsroom.publisher)
    services.revise(article, by=newsroom.colleague)
    opened = services.submit(article, by=newsroom.colleague)
    refused(opened, writing_leader)
    approve(opened, newsroom.reviewer)


def test_whoever_wrote_them_cannot_approve_a_draft_either_that_has_taken_them_in(newsroom, writing_leader):
    """Scenarios 2 and 48."""
    article = newsroom.rewritten(newsroom.published().article, body="<p>大改稿。</p>")
    services.park(article, by=newsroom.drafter)
    services.revise(article, by=newsroom.drafter)
    edit(article, writing_leader, body="<p>紧急更正。</p>")
    publish(article, newsroom.publisher)
    services.resume(article, by=newsroom.drafter)
    edit(article, newsroom.drafter, body="<p>大改稿，紧急更正。</p>")
    services.merge_published_change(article, by=newsroom.drafter)
    opened = services.submit(article, by=newsroom.drafter)
    refused(opened, writing_leader)
    approve(opened, newsroom.reviewer)


def test_a_hand_in_an_emergency_that_was_confirmed_is_none_in_its_next_version(newsroom, writing_leader):
    """Scenario 2."""
    article = newsroom.draft()
    edit(article, writing_leader)
    publish(article, newsroom.publisher)
    confirm(article, newsroom.admin)
    services.revise(article, by=newsroom.colleague)
    approve(services.submit(article, by=newsroom.colleague), writing_leader)


def test_an_emergency_replaces_what_is_scheduled(newsroom):
    article = newsroom.rewritten(newsroom.published().article)
    coming = newsroom.published(article, at=timezone.now() + DAY)
    newsroom.rewritten(article)
    emergency = publish(article, newsroom.publisher)
    assert state_of(article).public == PublicState.LIVE
    assert article.publications.live(coming.live_from).get() == emergency
    assert list(mismatches()) == []


def test_an_emergency_can_be_confirmed_while_its_replacement_is_scheduled(newsroom, second, client):
    """Scenario 27."""
    article = newsroom.draft()
    publish(article, newsroom.publisher)
    newsroom.published(newsroom.rewritten(article), at=timezone.now() + DAY)
    assert flag() in client.get(f"/{newsroom.department.slug}/{article.pk}/").content.decode()
    confirm(article, second)
    assert flag() not in client.get(f"/{newsroom.department.slug}/{article.pk}/").content.decode()


def test_the_button_on_the_desk_confirms_for_others_and_is_not_there_for_who_published(newsroom, second, as_user):
    """Scenario 27."""
    article = newsroom.draft()
    publication = publish(article, newsroom.publisher)
    url = f"/admin/articles/article/{article.pk}/act/confirm_emergency/"
    form = {"confirm_emergency-seen": publication.digest}
    assert url not in as_user("publisher").get(f"/admin/articles/article/{article.pk}/overview/").content.decode()
    assert as_user("publisher").post(url, form).status_code == 403
    assert url in as_user(second).get(f"/admin/articles/article/{article.pk}/overview/").content.decode()
    assert as_user(second).post(url, form).status_code == 302
    assert Emergency.objects.get().confirmed_by == second
    assert state_of(article).text == TextState.SETTLED


def test_a_new_publisher_of_the_department_may_confirm(newsroom):
    article = newsroom.draft()
    publish(article, newsroom.publisher)
    with pytest.raises(NotAllowed):
        confirm(article, newsroom.reviewer)
    grant(newsroom.reviewer, "publisher", newsroom.department, newsroom.admin)
    confirm(article, newsroom.reviewer)
