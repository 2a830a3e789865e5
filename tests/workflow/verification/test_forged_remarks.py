"""Sealed remarks: what SQL changed in them or put in is neither shown nor taken over (scenario 56)."""

import pytest
from django.urls import reverse

from articles.models import Article
from ledger.models import Alarm
from tests.ledger.attacker import copied, refused, run, tamper
from tests.ledger.auditor import named, verify
from tests.portal.visitor import visit
from tests.workflow.action_calls import give_back
from tests.workflow.actions.test_remarks import BODY, note, post, returned, suggest
from workflow import services
from workflow.actions import remarks
from workflow.models import Remark

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases("seals are taken over what each database gives back"),
]
FORGERIES = [("replacement", "伪造的话"), ("person_name", "别人"), ("field", "title")]


@pytest.mark.parametrize(("column", "value"), FORGERIES)
def test_a_remark_that_was_changed_outside_the_site_is_not_shown_and_raises_an_alarm(newsroom, as_user, column, value):
    waiting = newsroom.submitted(title="会议通知", body=BODY)
    genuine, forged = note(waiting, newsroom.reviewer), suggest(waiting, newsroom.reviewer, "准时", "按时")
    address = reverse("admin:workflow_round_review", args=[waiting.pk])
    tamper(f"UPDATE workflow_remark SET {column} = %s WHERE id = %s", [value, forged.pk])
    page = visit(address, as_user("publisher"))
    assert page.all("li", id=f"remark-{genuine.pk}") and not page.all("li", id=f"remark-{forged.pk}")
    assert Alarm.objects.get(subject=f"remark {forged.pk}").message == "its seal does not hold; it is left out"
    assert named(f"remark {forged.pk}")


def test_a_remark_that_was_put_in_outside_the_site_is_shown_to_nobody(newsroom, as_user):
    waiting = newsroom.submitted(title="会议通知", body=BODY)
    made = note(waiting, newsroom.reviewer)
    assert "unique" in refused(*copied(Remark, made.pk)).lower()
    run(*copied(Remark, made.pk, person_id=newsroom.publisher.pk, text="伪造的话"))
    forged = Remark.objects.latest("pk")
    client = as_user("reviewer")
    assert "伪造的话" not in client.get(reverse("admin:workflow_round_review", args=[waiting.pk])).content.decode()
    give_back(waiting, newsroom.reviewer)
    again = services.submit(waiting.article, by=newsroom.drafter)
    earlier = visit(reverse("admin:workflow_round_review", args=[again.pk]), client)
    assert "在哪里？" in earlier.words and "伪造的话" not in earlier.words
    assert verify() == named(f"remark {forged.pk}") != []


def test_a_suggestion_that_was_changed_outside_the_site_is_neither_shown_to_the_drafter_nor_taken_over(
    newsroom, as_user
):
    article, (forged, genuine) = returned(newsroom, ("准时", "按时"), ("地点", "地址"))
    tamper("UPDATE workflow_remark SET replacement = '伪造的话' WHERE id = %s", [forged.pk])
    client, version = as_user("drafter"), article.active_draft().version
    page = client.get(reverse("admin:articles_article_change", args=[article.pk])).content.decode()
    assert "伪造的话" not in page and "地址" in page
    for act in ("take", "settle"):
        response = post(client, forged, act, version=version)
        assert response.status_code == 403 and "在网站之外" in response.content.decode()
    assert article.active_draft().body == BODY and Remark.objects.get(pk=forged.pk).resolution == ""
    assert Alarm.objects.filter(subject=f"remark {forged.pk}").exists()
    assert post(client, genuine, "take", version=version).status_code == 200
    assert "地址另行通知" in article.active_draft().body and Remark.objects.get(pk=genuine.pk).seal_holds()


def test_a_remark_that_was_changed_outside_the_site_is_not_withdrawn_and_so_not_sealed_again(newsroom, as_user):
    waiting = newsroom.submitted(body=BODY)
    forged = note(waiting, newsroom.reviewer)
    tamper("UPDATE workflow_remark SET text = '伪造的话' WHERE id = %s", [forged.pk])
    assert post(as_user("reviewer"), forged, "withdraw").status_code == 403
    after = Remark.objects.get()
    assert after.withdrawn_at is None and not after.seal_holds()


def test_each_act_on_a_remark_seals_it_again(newsroom):
    waiting = newsroom.submitted(body=BODY)
    gone = note(waiting, newsroom.reviewer)
    kept = suggest(waiting, newsroom.reviewer, "准时", "按时")
    remarks.withdraw_remark(gone, newsroom.reviewer)
    give_back(waiting, newsroom.reviewer)
    remarks.resolve_remark(kept, newsroom.drafter)
    assert [one.seal_holds() for one in Remark.objects.all()] == [True, True] and verify() == []
    tamper("UPDATE workflow_remark SET withdrawn_at = NULL WHERE id = %s", [gone.pk])
    assert named(f"remark {gone.pk}")


def test_expunging_empties_a_remark_that_was_changed_outside_the_site_and_seals_the_others_alone(newsroom):
    """Scenario 49."""
    article, (forged, genuine) = returned(newsroom, ("准时", "按时"), ("地点", "地址"))
    tamper("UPDATE workflow_remark SET replacement = '伪造的话' WHERE id = %s", [forged.pk])
    services.discard(article, by=newsroom.drafter)
    services.expunge(
        Article.objects.get(pk=article.pk), by=newsroom.publisher, seconded_by=newsroom.admin, reason="依法销毁"
    )
    assert {one.replacement for one in Remark.objects.all()} == {""}
    assert Remark.objects.get(pk=genuine.pk).seal_holds() and Remark.objects.get(pk=forged.pk).seal_signature == ""
    assert verify() == named(f"remark {forged.pk}") != []
