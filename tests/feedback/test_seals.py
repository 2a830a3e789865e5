"""Sealed letters and answers: what SQL changed in them is neither shown nor answered (scenario 56)."""

import pytest

from departments.exceptions import WrongState
from feedback.letter_actions import change_state
from feedback.models import Letter, LetterState
from ledger.canonical_json import sha256
from ledger.models import Alarm, Entry
from tests.feedback.factories import letter
from tests.ledger.attacker import copied, run, tamper, undone
from tests.ledger.auditor import named, verify
from tests.portal.visitor import visit

pytestmark = pytest.mark.django_db
ANSWER = "年份已更正，谢谢。"
ANSWERED = {"to": LetterState.ANSWERED, "expected_state": LetterState.NEW, "answer": ANSWER}


@pytest.fixture
def received(newsroom):
    return letter()


@pytest.fixture
def answered(newsroom, received):
    change_state(received, by=newsroom.admin, **ANSWERED)
    return Letter.objects.get(pk=received.pk)


def test_what_the_page_of_a_letter_shows_is_not_shown_once_it_was_changed(answered):
    """Scenario 56."""
    assert ANSWER in visit(f"/feedback/{answered.receipt}/").html and verify() == []
    changes = {
        "answer": "请转账到下面的账户",
        "text": "我在来信里写的是另一件事。",
        "answered_by_name": "别人",
        "answered_at": "2020-01-01 00:00:00+00:00",
        "created_at": "2020-01-01 00:00:00+00:00",
        "kind": "question",
        "page": "/elsewhere/",
    }
    for column, value in changes.items():
        with undone():
            tamper(f"UPDATE feedback_letter SET {column} = %s WHERE id = %s", [value, answered.pk])
            page = visit(f"/feedback/{answered.receipt}/")
            assert page.status == 503 and value not in page.html, column
            assert named(f"letter {answered.pk}"), column
            assert Alarm.objects.filter(subject=f"letter {answered.pk}").count() <= 1


@pytest.mark.parametrize("column", ["name", "contact", "text"])
def test_the_desk_shows_no_letter_that_was_changed_outside_the_site(received, as_user, column):
    client, address = as_user("admin"), f"/admin/feedback/letter/{received.pk}/change/"
    assert client.get(address).status_code == 200
    tamper(f"UPDATE feedback_letter SET {column} = '请转账到下面的账户' WHERE id = %s", [received.pk])
    page = client.get(address)
    assert page.status_code == 403 and "请转账到下面的账户" not in page.content.decode()
    assert Alarm.objects.filter(subject=f"letter {received.pk}").exists()
    assert named(f"letter {received.pk}")


def test_a_letter_under_another_receipt_is_not_shown(answered):
    """Scenario 56. Somebody else's letter must not open with a receipt of one's own."""
    run(*copied(Letter, answered.pk, receipt_digest=sha256("2" * 20), form_digest="0" * 64))
    assert visit(f"/feedback/{'2' * 20}/").status == 503
    assert named(f"letter {Letter.objects.with_receipt('2' * 20).get().pk}")


def test_a_letter_that_was_changed_is_not_answered(newsroom, received):
    """Scenario 55. An answer would seal again what somebody put there."""
    tamper("UPDATE feedback_letter SET text = %s WHERE id = %s", ["我在来信里写的是另一件事。", received.pk])
    before = Entry.objects.count()
    with pytest.raises(WrongState):
        change_state(received, by=newsroom.admin, **ANSWERED)
    assert Letter.objects.get(pk=received.pk).state == LetterState.NEW and Entry.objects.count() == before


def test_an_earlier_state_that_was_put_back_with_its_seal_is_named(received, answered):
    """Scenario 56. An answer that was given vanishes; the earlier seal is a good one."""
    tamper(
        "UPDATE feedback_letter SET state = 'new', answer = '', answered_by_id = NULL, answered_by_name = '', "
        "answered_at = NULL, seal_signature = %s WHERE id = %s",
        [received.seal_signature, received.pk],
    )
    assert Letter.objects.get(pk=received.pk).seal_holds()
    assert verify() == [f"letter {received.pk}: sealed once, but not as the ledger says it was last"]


def test_a_letter_that_was_answered_and_is_gone_is_named(answered):
    tamper("DELETE FROM feedback_letter WHERE id = %s", [answered.pk])
    assert verify() == [f"letter {answered.pk}: stands in the ledger, but is gone"]
