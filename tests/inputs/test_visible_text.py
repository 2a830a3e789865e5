"""A text that shows nothing counts as empty, everywhere a text is required."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.services import create_user
from articles import drafts
from articles.models import Revision, Withdrawal
from articles.text.passages import Quote
from departments.models import Role
from departments.services import save_department
from feedback.forms import LetterForm
from feedback.letter_actions import AnswerMissing, change_state
from feedback.models import LetterState
from inputs.visible_text import has_visible_text, visible_text
from portal.models import Identity
from tests.factories import SITE_IDENTITY, department
from tests.feedback.factories import letter
from workflow import services
from workflow.actions.remarks import add_remark
from workflow.exceptions import BadRemark, ReasonMissing
from workflow.models import Pipeline, QuickPhrase

NAMED = {
    "zero width space": "\u200b",
    "word joiner": "\u2060",
    "soft hyphen": "\u00ad",
    "byte order mark": "\ufeff",
    "Hangul filler": "\u3164",
    "Hangul choseong filler": "\u115f",
    "variation selector": "\ufe0f",
    "variation selector of plane 14": "\U000e0100",
    "tag": "\U000e0041",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "control character": "\x07",
    "ideographic space": "\u3000",
    "empty Braille cell": "\u2800",
    "combining mark": "\u0301",
    "private use": "\ue000",
    "nothing": "",
}
INVISIBLE = "".join(NAMED.values()).replace("\x07", "")  # forms refuse control characters themselves


@pytest.mark.parametrize("character", NAMED.values(), ids=NAMED)
def test_characters_that_show_nothing_are_no_visible_text(character):
    assert not has_visible_text(f" {character}\n{character}")
    assert visible_text(f" 甲{character}乙 ") == f"甲{character}乙"


@pytest.mark.parametrize("text", ["甲", "a", "7", "！", "，", "€", "👍🏽", "한", "e\u0301"])
def test_one_letter_or_sign_is_visible_text(text):
    assert has_visible_text(f"\u200b{text}\u200b")


pytestmark = pytest.mark.django_db


def test_a_return_needs_a_reason_that_can_be_seen(newsroom):
    waiting = newsroom.submitted()
    with pytest.raises(ReasonMissing):
        services.return_for_changes(waiting, by=newsroom.reviewer, seen=waiting.revision.digest, reason=INVISIBLE)
    services.return_for_changes(waiting, by=newsroom.reviewer, seen=waiting.revision.digest, reason="请改")


def test_withdrawing_needs_a_reason_and_its_notice_is_never_blank(newsroom, english):
    article = newsroom.published().article
    with pytest.raises(ReasonMissing):
        services.withdraw(article, by=newsroom.publisher, reason=INVISIBLE, notice="已撤稿")
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice=INVISIBLE)
    assert Withdrawal.objects.get().notice == "This article was withdrawn."


def test_an_emergency_needs_a_reason_that_can_be_seen(newsroom):
    article = newsroom.draft()
    seen = article.active_draft().compute_digest()
    with pytest.raises(ReasonMissing):
        services.publish_in_emergency(article, by=newsroom.admin, seen=seen, reason=INVISIBLE)


def test_an_opinion_of_invisible_characters_is_none(newsroom):
    waiting = newsroom.submitted()
    services.approve(waiting, by=newsroom.reviewer, seen=waiting.revision.digest, comment=INVISIBLE)
    assert waiting.decisions.get().comment == ""


def test_a_remark_must_say_something(newsroom):
    waiting = newsroom.submitted(body="<p>示例正文。</p>")
    with pytest.raises(BadRemark):
        add_remark(waiting, newsroom.reviewer, Quote("示例"), text=INVISIBLE)
    assert add_remark(waiting, newsroom.reviewer, Quote("示例"), text="不妥").text == "不妥"


def test_a_title_that_nobody_sees_is_refused_by_the_form_and_by_the_service(newsroom, as_user):
    with pytest.raises(ValidationError):
        newsroom.draft(title=INVISIBLE)
    form = {"title": INVISIBLE, "body": "<p>甲</p>", "department": newsroom.department.pk, "columns": []}
    answer = as_user("drafter").post(reverse("admin:articles_article_add"), form)
    assert "title" in answer.context["form"].errors
    assert not Revision.objects.exists()


def test_a_body_that_nobody_sees_is_not_submitted(newsroom):
    article = newsroom.draft(body="<p>\u200b\u2060</p>")
    with pytest.raises(drafts.DraftNotReady):
        drafts.check_draft_ready(article.active_draft())


@pytest.mark.parametrize(
    "row",
    [
        lambda: Role(name=INVISIBLE[:5], code="x"),
        lambda: Pipeline(name=INVISIBLE[:5]),
        lambda: QuickPhrase(text=INVISIBLE[:5]),
        lambda: Identity(**{**SITE_IDENTITY, "name": INVISIBLE[:5]}),
    ],
    ids=["role", "pipeline", "phrase", "site"],
)
def test_names_are_refused_by_the_model(row):
    with pytest.raises(ValidationError) as error:
        row().clean_fields()
    assert set(error.value.message_dict) & {"name", "text"}


def test_people_and_departments_have_names_that_can_be_seen(newsroom):
    with pytest.raises(ValidationError):
        create_user(username="x", password=None, by=None, full_name=INVISIBLE)
    renamed = department("宣传", newsroom.admin)
    renamed.name = INVISIBLE
    with pytest.raises(ValidationError):
        save_department(renamed, by=newsroom.admin)


def test_a_letter_and_an_answer_must_say_something(newsroom):
    form = LetterForm({"kind": "error", "text": INVISIBLE * 5, "name": INVISIBLE})
    assert "text" in form.errors
    assert form.cleaned_data["name"] == ""
    sent = letter()
    with pytest.raises(AnswerMissing):
        change_state(sent, by=newsroom.admin, to=LetterState.ANSWERED, expected_state=sent.state, answer=INVISIBLE)
