"""Action forms: errors at their field, typed text kept."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ledger.models import Entry
from tests.factories import nothing_changes
from tests.ledger.auditor import verify
from tests.workflow.pages import Page
from workflow import services

pytestmark = pytest.mark.django_db

MISSING, PASSED = "请填写理由；尚未作任何更改。", "该时间已过，请填写以后的时间。"


def refusal(response, action, field):
    """The page after a refusal: the words at the field, and what stands in the fields of the act."""
    assert response.status_code == 400
    form = next(form for asked, form in response.context["action_forms"] if asked == action)
    words = [str(word) for word in form.errors[field]]
    assert all(word in response.content.decode() for word in words)
    return words, Page(response).fields


@pytest.mark.parametrize(
    ("action", "typed", "field", "words"),
    [
        ("withdraw", {"reason": " ", "notice": "请勿引用本文。"}, "reason", MISSING),
        ("expire", {"at": "2020-01-01T10:00"}, "at", PASSED),
        ("pin", {"until": "2020-01-01T10:00"}, "until", PASSED),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(newsroom, as_user, action, typed, field, words):
    """Scenario 31."""
    article = newsroom.published().article
    sent = {f"{action}-{name}": text for name, text in typed.items()}
    publisher = as_user("publisher")
    with nothing_changes():
        found, fields = refusal(
            publisher.post(f"/admin/articles/article/{article.pk}/act/{action}/", sent), action, field
        )
    assert found == [words]
    assert {name: fields[name] for name in sent} == sent


def test_an_end_is_set_shown_and_lifted_again_at_the_desk(newsroom, as_user, client):
    """Scenario 55 beside it: the article is public until further notice again."""
    article = newsroom.published().article
    publisher = as_user("publisher")
    act = f"/admin/articles/article/{article.pk}/act/expire/"
    page = f"/admin/articles/article/{article.pk}/overview/"
    day = f"{timezone.localtime(timezone.now() + timedelta(days=1)):%Y-%m-%dT%H:%M}"
    assert publisher.post(act, {"expire-at": day}).status_code == 302
    assert Page(publisher.get(page)).fields["expire-at"] == day
    assert publisher.post(act, {"expire-at": ""}).status_code == 302
    assert article.publications.get().live_until is None
    assert Page(publisher.get(page)).fields["expire-at"] == ""
    with time_machine.travel(timezone.now() + timedelta(days=9), tick=False):
        assert client.get(article.publications.get().get_absolute_url()).status_code == 200
    lifted = Entry.objects.order_by("number").last()
    assert (lifted.verb, lifted.data["live_until"]) == ("article.expiry_set", None)
    assert verify() == []


def test_where_no_end_is_set_none_is_lifted(newsroom, as_user):
    article = newsroom.published().article
    publisher = as_user("publisher")
    with nothing_changes():
        refusal(publisher.post(f"/admin/articles/article/{article.pk}/act/expire/", {"expire-at": ""}), "expire", "at")


def test_who_does_not_sign_off_lifts_no_end(newsroom, as_user):
    article = newsroom.published().article
    services.expire(article, by=newsroom.publisher, at=timezone.now() + timedelta(days=1))
    reviewer = as_user("reviewer")
    with nothing_changes():
        sent = {"expire-at": ""}
        assert reviewer.post(f"/admin/articles/article/{article.pk}/act/expire/", sent).status_code == 403


def test_an_emergency_without_a_reason_says_so_at_the_field(newsroom, as_user):
    """Scenario 27."""
    waiting = newsroom.submitted()
    sent = {"publish_in_emergency-seen": waiting.revision.digest, "publish_in_emergency-reason": ""}
    address = f"/admin/articles/article/{waiting.article_id}/act/publish_in_emergency/"
    publisher = as_user("publisher")
    with nothing_changes():
        words, fields = refusal(publisher.post(address, sent), "publish_in_emergency", "reason")
    assert words == [MISSING]
    assert fields["publish_in_emergency-seen"] == waiting.revision.digest


def test_labels_end_with_a_full_width_colon(newsroom, as_user):
    article = newsroom.published().article
    page = as_user("publisher").get(f"/admin/articles/article/{article.pk}/overview/").content.decode()
    assert "理由：</label>" in page and "公开至：</label>" in page and ":</label>" not in page
    department = (
        as_user("admin").get(f"/admin/departments/department/{newsroom.department.pk}/change/").content.decode()
    )
    assert "名称：</label>" in department and ":</label>" not in department
    assert "修改栏目" in department
