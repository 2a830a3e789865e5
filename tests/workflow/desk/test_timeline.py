"""The timeline of an article, over HTTP."""

from datetime import timedelta

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import User
from accounts.services import change_user
from departments import services as departments
from departments.models import Membership
from ledger import verbs
from ledger.verification.checks import mismatches
from tests.factories import person
from tests.portal.visitor import visit
from tests.workflow.action_calls import approve, edit, give_back
from tests.workflow.action_factories import DAY, entries, somebody, stand_in
from workflow import services
from workflow.models import Decision, Emergency, Round

pytestmark = pytest.mark.django_db


def story(article, client):
    """What the overview tells, oldest first: each event with its time, name, words and the opinion given."""
    page = visit(f"/admin/articles/article/{article.pk}/overview/", client)
    assert page.status == 200
    told = page.one("section", class_="desk-history").all("li")
    return [event.words for event in told if event.attributes.get("class") != "is-save"][::-1]


@pytest.fixture
def lived(newsroom):
    """An article with a long life, and a deputy and a second publisher in it."""
    deputy = somebody(newsroom, "deputy", "reviewer", where=newsroom.elsewhere)
    second = somebody(newsroom, "second", "publisher")
    article = newsroom.draft(title="防汛值班安排")
    edit(article, newsroom.colleague, title="防汛值班安排")
    give_back(newsroom.submitted(article), newsroom.reviewer, reason="请核对<电话>。")
    waiting = newsroom.submitted(article)
    services.take_back(waiting, by=newsroom.drafter)
    waiting = newsroom.submitted(article)
    stand_in(newsroom.reviewer, deputy)
    approve(waiting, deputy, comment="已核对。")
    waiting = Round.objects.get(pk=waiting.pk)
    services.hand_over(waiting.current_step(), by=newsroom.admin, to=newsroom.stranger, reason="签发人出差")
    approve(waiting, newsroom.stranger, comment="同意签发。", at=timezone.now() + timedelta(days=3))
    services.unschedule(article, by=newsroom.publisher, reason="时间未定")
    approve(article.rounds.open().get(), newsroom.publisher, comment="立即发布。")
    services.pin(article, by=newsroom.publisher, until=timezone.now() + timedelta(days=2))
    newsroom.rewritten(article)
    services.park(article, by=newsroom.drafter)
    services.resume(article, by=newsroom.drafter)
    digest = article.active_draft().compute_digest()
    services.publish_in_emergency(article, by=newsroom.publisher, seen=digest, reason="水位骤涨")
    services.confirm_emergency(article, by=second, seen=Emergency.objects.get().publication.digest)
    services.expire(article, by=newsroom.publisher, at=timezone.now() + 9 * DAY)
    services.withdraw(article, by=newsroom.publisher, reason="汛情解除", notice="已撤稿")
    services.move(article, by=newsroom.admin, to=newsroom.elsewhere)
    return article


def everybody_leaves(newsroom):
    """Every role is taken away, everybody renamed and disabled; a superuser who was never there looks on."""
    successor = person("successor", is_superuser=True)
    for membership in Membership.objects.all():
        departments.revoke_role(membership, by=successor)
    for number, known in enumerate(newsroom.people.values()):
        one = User.objects.get(pk=known.pk)  # so that the newsroom still knows what they were called
        one.username, one.full_name, one.is_active = f"gone-{number}", f"改名{number}", False
        change_user(one, by=successor)
    return successor


def test_the_history_stays_complete_and_readable_after_everybody_has_left_and_was_renamed(newsroom, lived, as_user):
    """Scenario 42."""
    before = story(lived, as_user("admin"))
    names = {one.full_name for one in newsroom.people.values()}
    successor = everybody_leaves(newsroom)
    after = story(lived, as_user(successor))
    assert after == before
    assert len(after) == len(entries(lived)) == 20
    assert "改名" not in "".join(after)
    for event in after:
        assert any(name in event for name in names), event
        assert "article." not in event and "None" not in event, event
    assert list(mismatches()) == []


def test_each_event_says_who_did_what_to_whom_in_whose_place_and_why(newsroom, lived, as_user):
    """Scenario 42."""
    people = newsroom.people
    told = story(lived, as_user(everybody_leaves(newsroom)))
    for name, *parts in [
        ("drafter", "创建稿件"),
        ("drafter", "提交审批"),
        ("reviewer", "退回修改", "审核", "请核对<电话>。"),
        ("drafter", "撤回"),
        ("deputy", "审批通过", f"代 {people['reviewer'].full_name}", "审核", "已核对。"),
        ("admin", "转交", people["stranger"].full_name, "签发", "签发人出差"),
        ("stranger", "签发", "定时", "同意签发。"),
        ("publisher", "取消", "时间未定"),
        ("publisher", "签发", "立即发布。"),
        ("publisher", "置顶"),
        ("drafter", "搁置"),
        ("publisher", "紧急", "水位骤涨"),
        ("second", "确认"),
        ("publisher", "撤稿", "汛情解除"),
        ("admin", "移至", newsroom.elsewhere.name),
    ]:
        wanted = [people[name].full_name, *parts]
        assert [event for event in told if all(part in event for part in wanted)], wanted


def test_the_history_of_a_deleted_persons_acts_cannot_come_about(newsroom, lived):
    """Scenarios 21 and 42."""
    everybody_leaves(newsroom)
    for one in User.objects.filter(username__startswith="gone-"):
        with pytest.raises(ProtectedError):
            one.delete()


def test_the_other_pages_name_those_who_have_left_as_they_were_called(newsroom, lived, as_user):
    """Scenario 42."""
    decided = Decision.objects.filter(step__name="审核", verdict="approve").first()
    deputy, signed = newsroom.people["deputy"].full_name, newsroom.publisher.full_name
    author = newsroom.colleague.full_name
    client = as_user(everybody_leaves(newsroom))
    sheet = visit(f"/admin/workflow/round/{decided.round_id}/sheet/", client)
    review = visit(f"/admin/workflow/round/{decided.round_id}/review/", client)
    head = visit(f"/admin/articles/article/{lived.pk}/overview/", client)
    assert deputy in sheet.words and author in sheet.words and deputy in review.words
    assert signed in head.words
    assert not any("改名" in page.words for page in (sheet, review, head))


def test_a_stranger_reads_no_history_and_the_departments_own_people_do(newsroom, as_user):
    """Scenarios 18 and 42."""
    article = newsroom.submitted(title="防汛值班安排").article
    assert len(story(article, as_user("reviewer"))) == 2
    assert as_user("stranger").get(f"/admin/articles/article/{article.pk}/overview/").status_code == 403


def test_the_history_runs_from_the_newest_to_the_oldest_and_tells_each_entry_once(newsroom, lived, as_user):
    page = visit(f"/admin/articles/article/{lived.pk}/overview/", as_user("admin"))
    times = [found.attributes["datetime"] for found in page.one("section", class_="desk-history").all("time")]
    assert times == sorted(times, reverse=True)
    assert {entry.verb for entry in entries(lived)} <= verbs.verb_labels().keys()
