"""The approval sheet 审签单: content and access."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledger.models import Entry
from ledger.verification.checks import mismatches
from tests.portal.visitor import visit
from tests.workflow.action_factories import somebody
from workflow import services
from workflow.actions import delegations
from workflow.models import Emergency, Round


@pytest.fixture
def signed_off(newsroom):
    """A round with an opinion at the first step and a deputy at the last."""
    now = timezone.now()
    delegations.delegate(
        principal=newsroom.publisher, deputy=newsroom.stranger, by=newsroom.publisher,
        begins_at=now - timedelta(days=1), ends_at=now + timedelta(days=1),
    )  # fmt: skip
    waiting = newsroom.submitted(title="关于防汛值班的通知", body="<p>请按表值班。</p>")
    seen = waiting.revision.digest
    services.approve(waiting, by=newsroom.reviewer, seen=seen, comment="内容属实，<同意>送签。")
    services.approve(Round.objects.get(pk=waiting.pk), by=newsroom.stranger, seen=seen)
    return Round.objects.get(pk=waiting.pk)


def sheet(found, who):
    browser = Client()
    browser.force_login(who)
    return visit(reverse("admin:workflow_round_sheet", args=[found.pk]), browser)


def test_the_sheet_shows_who_did_what_when_on_which_text(newsroom, signed_off):
    page = sheet(signed_off, newsroom.drafter)
    assert page.status == 200
    entry = Entry.objects.get(verb="article.published")
    for words in [
        "关于防汛值班的通知",
        newsroom.department.name,
        newsroom.drafter.full_name,
        newsroom.reviewer.full_name,
        newsroom.stranger.full_name,
        newsroom.publisher.full_name,  # on whose behalf
        "内容属实，<同意>送签。",
        signed_off.revision.digest,
        entry.hash,
        timezone.localtime(signed_off.publication.live_from).strftime("%Y-%m-%d %H:%M:%S"),
    ]:
        assert words in page.words
    steps = page.all("tr", class_="step")
    assert [step.one("th").words for step in steps] == ["审核", "签发"]


def test_the_code_on_the_sheet_opens_the_proof(newsroom, signed_off):
    page = sheet(signed_off, newsroom.reviewer)
    assert f"http://testserver{signed_off.publication.get_absolute_url()}proof/" in page.words
    source = page.one("img").attributes["src"]
    assert page.response.client.get(source)["Content-Type"] == "image/svg+xml"
    public = Client().get(signed_off.publication.get_absolute_url() + "proof.svg")
    assert page.response.client.get(source).content == public.content


def test_the_sheet_of_something_withdrawn_can_still_be_printed(newsroom, signed_off):
    services.withdraw(signed_off.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    page = sheet(signed_off, newsroom.reviewer)
    assert page.status == 200
    assert page.response.client.get(page.one("img").attributes["src"]).status_code == 200


def test_a_round_that_is_still_open_shows_what_is_missing_and_no_code(newsroom):
    waiting = newsroom.reviewed()
    page = sheet(waiting, newsroom.drafter)
    assert page.status == 200
    assert len(page.all(class_="decision")) == 1 and len(page.all(class_="pending")) == 1
    assert page.all("img") == []
    code = reverse("admin:workflow_round_sheet_code", args=[waiting.pk])
    assert page.response.client.get(code).status_code == 404


def test_somebody_of_another_department_does_not_see_it(newsroom, signed_off):
    """Scenario 18."""
    outsider = newsroom.stranger
    assert sheet(signed_off, outsider).status == 403
    for name in ("workflow_round_sheet", "workflow_round_sheet_code"):
        anonymous = Client().get(reverse(f"admin:{name}", args=[signed_off.pk]))
        assert anonymous.status_code == 302 and "login" in anonymous["Location"]


def test_the_sheet_runs_no_script_of_its_own_and_holds_no_style(newsroom, signed_off):
    page = sheet(signed_off, newsroom.drafter)
    assert all(script.attributes.get("src") and not script.words for script in page.all("script"))
    assert page.all("style") == [] and "style=" not in page.html


# Of an emergency publication.


def in_emergency(newsroom, article):
    """Published past all approval, by the publisher."""
    opened = article.rounds.open().first()
    digest = opened.revision.digest if opened else article.active_draft().compute_digest()
    services.publish_in_emergency(article, by=newsroom.publisher, seen=digest, reason="水位骤涨，须<立即>转移")
    return Emergency.objects.get()


def sheet_of(emergency, who):
    browser = Client()
    browser.force_login(who)
    publication = emergency.publication
    return visit(reverse("admin:articles_article_sheet", args=[publication.article_id, publication.number]), browser)


def test_the_sheet_of_an_emergency_says_that_nobody_signed_it_off_who_published_it_and_why(newsroom):
    """Scenario 27."""
    emergency = in_emergency(newsroom, newsroom.draft(title="大坝险情通告"))
    page = sheet_of(emergency, newsroom.drafter)
    assert page.status == 200
    entry = Entry.objects.get(verb="article.published_in_emergency")
    for words in [
        "大坝险情通告",
        "发布前未经任何人签发",
        "未经送审",
        "水位骤涨，须<立即>转移",
        newsroom.publisher.full_name,
        newsroom.drafter.full_name,
        timezone.localtime(emergency.at).strftime("%Y-%m-%d %H:%M"),
        emergency.publication.digest,
        entry.hash,
        "尚未经他人确认",
    ]:
        assert words in page.words, words
    assert newsroom.reviewer.full_name not in page.words
    assert page.response.client.get(page.one("img").attributes["src"])["Content-Type"] == "image/svg+xml"


def test_the_sheet_of_an_emergency_says_who_confirmed_it_and_when(newsroom):
    """Scenario 27."""
    emergency = in_emergency(newsroom, newsroom.draft())
    second = somebody(newsroom, "second", "publisher")
    assert second.full_name not in sheet_of(emergency, newsroom.drafter).words
    services.confirm_emergency(emergency.publication.article, by=second, seen=emergency.publication.digest)
    emergency.refresh_from_db()
    (_published, confirmed) = sheet_of(emergency, newsroom.drafter).all("tr", class_="emergency")
    assert second.full_name in confirmed.words
    assert timezone.localtime(emergency.confirmed_at).strftime("%Y-%m-%d %H:%M") in confirmed.words
    assert "发布前未经任何人签发" in sheet_of(emergency, newsroom.drafter).words
    assert list(mismatches()) == []


def test_the_sheet_of_an_emergency_during_a_review_shows_how_far_the_review_had_come(newsroom):
    """Scenario 27."""
    emergency = in_emergency(newsroom, newsroom.reviewed().article)
    page = sheet_of(emergency, newsroom.drafter)
    first, last, *_rest = page.all("tr", class_="step")
    assert newsroom.reviewer.full_name in first.words
    assert "因紧急发布而跳过" in last.words and not last.all(class_="decision")


def test_the_sheet_of_an_emergency_is_for_those_who_may_see_the_article_and_for_nothing_else(newsroom, signed_off):
    """Scenarios 18 and 27."""
    emergency = in_emergency(newsroom, newsroom.draft())
    assert sheet_of(emergency, newsroom.drafter).status == 200
    assert sheet_of(emergency, newsroom.stranger).status == 403
    number = emergency.publication.number
    browser = Client()
    browser.force_login(newsroom.admin)
    for name in ("articles_article_sheet", "articles_article_sheet_code"):
        address = reverse(f"admin:{name}", args=[emergency.publication.article_id, number])
        assert browser.get(address).status_code == 200
        assert Client().get(address)["Location"].startswith("/admin/login/")
        for article, other in [(emergency.publication.article_id, 9), (signed_off.article_id, 1), (987654, 1)]:
            assert browser.get(reverse(f"admin:{name}", args=[article, other])).status_code == 404


# Where it is found.


def links_of(who, name, *numbers):
    browser = Client()
    browser.force_login(who)
    page = visit(reverse(f"admin:{name}", args=numbers), browser)
    assert page.status == 200
    return [address for address, words in page.links() if words == "审签单"]


def test_the_overview_leads_to_the_sheet_of_each_publication(newsroom, signed_off):
    article = signed_off.article
    address = f"/admin/workflow/round/{signed_off.pk}/sheet/"
    assert links_of(newsroom.drafter, "articles_article_overview", article.pk) == [address]
    newsroom.rewritten(article)
    emergency = in_emergency(newsroom, article)
    second = f"/admin/articles/article/{article.pk}/publications/{emergency.publication.number}/sheet/"
    assert links_of(newsroom.drafter, "articles_article_overview", article.pk) == [second, address]
    for found in (address, second):
        browser = Client()
        browser.force_login(newsroom.drafter)
        assert browser.get(found).status_code == 200
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="")
    assert links_of(newsroom.drafter, "articles_article_overview", article.pk) == [second, address]


def test_nothing_unpublished_leads_to_a_sheet_from_its_overview(newsroom):
    waiting = newsroom.reviewed()
    assert links_of(newsroom.drafter, "articles_article_overview", waiting.article_id) == []


def test_the_review_page_leads_to_the_sheet_once_the_round_is_closed(newsroom):
    waiting = newsroom.reviewed()
    assert links_of(newsroom.publisher, "workflow_round_review", waiting.pk) == []
    services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    address = f"/admin/workflow/round/{waiting.pk}/sheet/"
    assert links_of(newsroom.publisher, "workflow_round_review", waiting.pk) == [address]
    assert sheet(waiting, newsroom.publisher).status == 200
