"""Receipts: who has one reads state and answer."""

import pytest
from django.db import IntegrityError, transaction

from feedback import letter_actions
from feedback.models import RECEIPT_ALPHABET, Letter, LetterState, derive_receipt, format_receipt
from tests.factories import everything
from tests.feedback.factories import ADDRESS, TEXT, letter
from tests.portal.visitor import Page, visit
from workflow import services

pytestmark = pytest.mark.django_db


def page_of(found):
    return visit(f"{ADDRESS}{found.receipt}/")


def test_a_receipt_cannot_be_guessed_and_can_be_read_out():
    receipts = {derive_receipt(str(number)) for number in range(1000)}
    assert len(receipts) == 1000
    assert {len(receipt) for receipt in receipts} == {20} and not set("01ILO") & set("".join(receipts))
    assert set("".join(receipts)) == set(RECEIPT_ALPHABET)
    assert len(RECEIPT_ALPHABET) ** 20 > 2**98


def test_no_receipt_can_be_read_in_the_database(site):
    found = letter()
    stored = repr(everything())
    assert found.receipt not in stored and found.formatted_receipt not in stored
    assert visit(f"{ADDRESS}{found.receipt_digest[:20].upper()}/").status == 404
    assert page_of(found).status == 200


def test_a_receipt_opens_its_letter_after_the_secret_key_was_changed(client, site, settings):
    found = letter()
    receipt = found.receipt
    settings.SECRET_KEY = "another key of at least fifty characters " * 2
    page = visit(f"{ADDRESS}{receipt}/")
    assert page.status == 200 and format_receipt(receipt) in page.one("main").words
    again = Letter.objects.get(pk=found.pk)
    assert (again.receipt, again.formatted_receipt) == ("", str(found.pk))


def test_a_letter_that_has_arrived_shows_its_receipt_and_its_words(site):
    found = letter(text=f"{TEXT}\n第二行", name="读者甲", contact="reader@example.org")
    page = page_of(found)
    assert page.status == 200 and found.formatted_receipt in page.one("main").words
    assert page.one("p", class_="letter-text").inner == [f"{TEXT}\n第二行"]
    assert [step.words for step in page.all("li", class_="is-reached")] == ["已收到"]
    assert page.one("h1").words == "来信已收到，感谢您的反馈"


def test_the_page_never_says_who_wrote(site):
    page = page_of(letter(name="读者甲", contact="reader@example.org"))
    assert "读者甲" not in page.html and "reader@example.org" not in page.html


def test_the_page_is_kept_by_nobody_and_found_by_no_search_engine(client, site):
    found = letter()
    page = page_of(found)
    assert {"no-store", "private"} <= set(page.headers["Cache-Control"].replace(",", "").split())
    assert "noindex" in page.one("meta", name="robots").attributes["content"]
    assert "noindex" in page.headers["X-Robots-Tag"] and not page.all("link", rel="canonical")
    assert not page.response.cookies
    assert found.receipt not in client.get("/sitemap.xml").content.decode()


def test_a_receipt_that_was_given_to_nobody_leads_nowhere(site):
    letter()
    for receipt in (derive_receipt("made up"), "x", "1" * 20, "%00"):
        assert visit(f"{ADDRESS}{receipt}/").status == 404


@pytest.mark.parametrize("typed", ["{shown}", " {lower} ", "{receipt}"])
def test_a_receipt_from_paper_leads_to_its_letter(client, site, typed):
    found = letter()
    spelled = typed.format(shown=found.formatted_receipt, lower=found.formatted_receipt.lower(), receipt=found.receipt)
    assert client.get(ADDRESS, {"receipt": spelled})["Location"] == f"{ADDRESS}{found.receipt}/"


@pytest.mark.parametrize("typed", ["nonsense", "A" * 5000, "<script>alert(1)</script>", "\0", "A" * 20])
def test_a_receipt_that_is_none_is_said_to_be_none(client, site, typed):
    page = Page(client.get(ADDRESS, {"receipt": typed}))
    assert page.status == 404 and "没有这个回执号" in page.one("", id="receipt-error").words
    assert not page.one("main").all("script")


def test_the_answer_is_read_once_it_is_given_and_not_while_it_is_taken_back(newsroom, site):
    found = letter()
    steps = [
        (LetterState.IN_HAND, "处理中", False),
        (LetterState.ANSWERED, "已答复", True),
        (LetterState.IN_HAND, "处理中", False),
        (LetterState.CLOSED, "已关闭，不作答复", False),
    ]
    for to, state, is_answered in steps:
        found.refresh_from_db()
        letter_actions.change_state(
            found, by=newsroom.admin, to=to, expected_state=found.state, answer="已更正。\n谢谢<b>您</b>"
        )
        page = page_of(found)
        current = [
            step.words for step in page.one("ol", class_="letter-progress").all("li", **{"aria-current": "step"})
        ]
        assert current == [state]
        assert ("已更正。\n谢谢<b>您</b>" in [p.inner[0] for p in page.all("p", class_="letter-text")]) is is_answered
        assert newsroom.admin.full_name not in page.html


def test_the_article_is_named_while_it_is_public(newsroom, site):
    live = newsroom.published(title="关于义务植树的通知")
    found = letter(query=f"?about={live.article_id}")
    assert (live.get_absolute_url(), live.title) in page_of(found).one("main").links()
    services.withdraw(live.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    page = page_of(found)
    assert live.title not in page.html and "已不再公开" in page.one("main").words


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"kind": "spam"}, "letter_kind_is_known"),
        ({"state": "lost"}, "letter_state_is_known"),
        ({"text": ""}, "a_letter_says_something"),
        ({"state": "answered"}, "an_answered_letter_says_what_by_whom_and_when"),
        ({"answered_by_name": "某人"}, "an_answered_letter_says_what_by_whom_and_when"),
        ({"state": "closed"}, "a_closed_letter_says_when"),
        ({"page": "https://365.example/"}, "a_letter_names_pages_of_this_site_only"),
        ({"page": "//365.example/"}, "a_letter_names_pages_of_this_site_only"),
    ],
)
def test_the_database_refuses_a_letter_that_cannot_be(facts, constraint):
    found = letter()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Letter.objects.filter(pk=found.pk).update(**facts)
