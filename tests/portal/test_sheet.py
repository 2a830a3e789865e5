"""审签单: everything about one approval on one page, for those who may see the article."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledger.models import Entry
from tests.portal.visitor import visit
from workflow import services, standing_in
from workflow.models import Round


@pytest.fixture
def signed_off(newsroom):
    """A round with an opinion at the first step and a deputy at the last."""
    now = timezone.now()
    standing_in.delegate(
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
