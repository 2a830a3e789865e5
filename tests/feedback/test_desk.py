"""Letters at the desk: who reads and answers, ledger entries, conflicts."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments import permissions
from departments.exceptions import NotAllowed, WrongState
from feedback import letter_actions
from feedback.models import LETTER_TRANSITIONS, Letter, LetterState
from ledger.models import Entry
from ledger.verification.checks import mismatches
from tests.factories import nothing_changes, person
from tests.feedback.factories import TEXT, letter
from tests.ledger.threads import at_once
from tests.portal.visitor import Page, visit

LIST = "/admin/feedback/letter/"
ANSWER = "年份已更正，谢谢。"

pytestmark = pytest.mark.django_db


def address(found):
    return f"{LIST}{found.pk}/change/"


def desk(who):
    """The browser of somebody who has signed in, once for each person."""
    if not hasattr(who, "browser"):
        who.browser = Client()
        who.browser.force_login(who)
    return who.browser


@contextmanager
def refused(who):
    """Signing in, which changes something, lies before; then nothing changes."""
    desk(who)
    with nothing_changes():
        yield


def handled(who, found, to, **words):
    """What the desk answers to one of its buttons, pressed on a page that showed the letter's present state."""
    data = {"expected_state": Letter.objects.get(pk=found.pk).state, "to": to, "answer": ANSWER, **words}
    return desk(who).post(address(found), data)


def entries():
    return list(Entry.objects.filter(object_type="feedback.letter").order_by("number"))


@pytest.fixture
def about(newsroom):
    """A letter about an article of the first department."""
    live = newsroom.published(title="关于义务植树的通知")
    return letter(query=f"?about={live.article_id}", name="读者甲", contact="reader@example.org")


# Who: for each letter, the people of the newsroom who may.

MAY = {
    "about an article": {"admin", "drafter", "colleague", "reviewer", "publisher", "keeper"},
    "about none": {"admin", "keeper"},
}


@pytest.mark.parametrize("which", MAY)
@pytest.mark.parametrize("who", ["admin", "drafter", "reviewer", "publisher", "keeper", "stranger", "nobody"])
def test_a_letter_is_read_and_answered_by_those_whose_it_is_and_by_nobody_else(newsroom, keeper, about, who, which):
    somebody = {**newsroom.people, "keeper": keeper, "nobody": person("nobody")}[who]
    found = about if which == "about an article" else letter()
    allowed = who in MAY[which]
    department = newsroom.department if found.article else None
    assert permissions.can_answer_letters(somebody, department) is allowed
    assert (found in Letter.objects.for_person(somebody)) is allowed
    page = visit(address(found), desk(somebody))
    assert page.status == (200 if allowed else 403)
    assert (found.text in page.html) is allowed
    listed = visit(LIST, desk(somebody))
    assert listed.status == 200 and (address(found) in [link.split("?")[0] for link, _ in listed.links()]) is allowed
    on_home = {link for link, _ in visit("/admin/", desk(somebody)).links()}
    assert (address(found) in on_home) is allowed
    if allowed:
        assert handled(somebody, found, "answered").status_code == 302
    else:
        with refused(somebody):
            assert handled(somebody, found, "answered").status_code == 403


def test_who_is_not_signed_in_is_led_to_the_sign_in(about):
    for page in (LIST, address(about)):
        assert Client().get(page)["Location"].startswith("/admin/login/")


def test_a_service_refuses_the_wrong_person_too(newsroom, about):
    with nothing_changes(), pytest.raises(NotAllowed, match="组织建设"):
        letter_actions.change_state(
            about, by=newsroom.stranger, to=LetterState.ANSWERED, expected_state="new", answer=ANSWER
        )


def test_the_department_that_an_article_moves_to_has_its_letters(newsroom, about):
    about.article.department = newsroom.elsewhere
    about.article.save()
    assert visit(address(about), desk(newsroom.stranger)).status == 200
    assert visit(address(about), desk(newsroom.drafter)).status == 403


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_nothing_is_added_or_deleted_by_hand(newsroom, about, page):
    with refused(newsroom.admin):
        assert desk(newsroom.admin).post(LIST + page.format(pk=about.pk), {"post": "yes"}).status_code == 403


# What the page shows.


def test_the_page_shows_the_letter_as_it_was_typed_and_the_buttons_of_its_state(newsroom, site):
    hostile = '<script>alert(1)</script>\n"><img src=x onerror=alert(1)>'
    found = letter(text=hostile, name="<b>甲</b>", contact="reader@example.org", page="/d1/")
    page = visit(address(found), desk(newsroom.admin))
    assert page.one("p", class_="desk-letter").inner == [hostile]
    assert not page.all("img", src="x") and not [script for script in page.all("script") if script.words]
    assert {"<b>甲</b>", "reader@example.org", "/d1/"} <= {fact.words for fact in page.all("dd")}
    for state in LetterState:
        Letter.objects.filter(pk=found.pk).delete()
        found = letter()
        if state == LetterState.ANSWERED:
            letter_actions.change_state(found, by=newsroom.admin, to=state, expected_state="new", answer=ANSWER)
        elif state != LetterState.NEW:
            letter_actions.change_state(found, by=newsroom.admin, to=state, expected_state="new")
        buttons = visit(address(found), desk(newsroom.admin)).all("button", name="to")
        assert [button.attributes["value"] for button in buttons] == list(LETTER_TRANSITIONS[state])


def test_the_list_is_narrowed_and_searched(newsroom, about):
    other = letter(kind="opinion", text="希望首页的字再大一些，谢谢。")
    client = desk(newsroom.admin)

    def found(query):
        return {found.pk for found in client.get(LIST + query).context["cl"].result_list}

    assert found("") == {about.pk, other.pk}
    assert found("?kind__exact=opinion") == {other.pk}
    assert found("?state__exact=answered") == set()
    assert found("?q=首页") == {other.pk}
    assert found("?q=读者甲") == found("?q=reader@") == {about.pk}
    assert found(f"?q={other.formatted_receipt.lower()}") == {other.pk}
    assert found("?created_at__gte=2999-01-01T00:00%2B08:00") == set()


# Handling.


def test_an_answer_reaches_the_visitor_and_stands_in_the_ledger_without_a_word_of_either(newsroom, about):
    assert handled(newsroom.reviewer, about, "in_hand", answer="").status_code == 302
    assert handled(newsroom.publisher, about, "answered", answer=f" {ANSWER} ").status_code == 302
    about.refresh_from_db()
    assert (about.state, about.answer, about.answered_by) == ("answered", ANSWER, newsroom.publisher)
    assert about.answered_by_name == newsroom.publisher.full_name and about.answered_at
    taken, answered = entries()
    assert (taken.verb, taken.actor_id) == ("letter.taken_in_hand", newsroom.reviewer.pk)
    assert (answered.verb, answered.actor_id, answered.object_id) == (
        "letter.answered", newsroom.publisher.pk, str(about.pk)
    )  # fmt: skip
    seal = Letter.objects.get(pk=about.pk).sealed_digest()
    assert answered.data == {"before": "in_hand", "after": "answered", "article": about.article_id, "seal": seal}
    assert list(mismatches()) == []
    assert ANSWER in visit(f"/feedback/{about.receipt}/").html
    page = visit(address(about), desk(newsroom.drafter))
    assert [event.words.split(" ")[-1] for event in page.one("ol", class_="desk-timeline").all("p")] == [
        "已答复", "转为处理中"
    ]  # fmt: skip


def test_an_empty_answer_is_asked_for_beside_the_field(newsroom, about):
    with refused(newsroom.drafter):
        page = Page(handled(newsroom.drafter, about, "answered", answer=" "))
    assert page.status == 400
    named = page.one("textarea", name="answer").attributes["aria-describedby"].split()
    assert any("请先填写答复" in page.one("", id=one).words for one in named)


def test_an_answer_too_long_is_refused_and_stays_on_the_screen(newsroom, about):
    long = "答" * 2001
    with refused(newsroom.drafter):
        page = Page(handled(newsroom.drafter, about, "answered", answer=long))
    assert page.status == 400 and page.one("textarea", name="answer").words == long


@pytest.mark.parametrize("to", ["new", "lost", ""])
def test_a_state_that_no_button_offers_is_refused(newsroom, about, to):
    with refused(newsroom.admin):
        assert handled(newsroom.admin, about, to).status_code == 400


@pytest.mark.parametrize(
    ("before", "to"), [(a, b) for a in LetterState for b in LetterState if b not in LETTER_TRANSITIONS[a]]
)
def test_a_letter_goes_only_where_the_table_says(newsroom, before, to):
    found = letter()
    if before != LetterState.NEW:
        letter_actions.change_state(found, by=newsroom.admin, to=before, expected_state="new", answer=ANSWER)
    with nothing_changes(), pytest.raises(WrongState):
        letter_actions.change_state(found, by=newsroom.admin, to=to, expected_state=before, answer=ANSWER)


def test_who_answers_second_is_told_and_keeps_the_words(newsroom, about):
    """Both had the letter open while it was new."""
    assert handled(newsroom.drafter, about, "answered").status_code == 302
    with refused(newsroom.colleague):
        page = Page(handled(newsroom.colleague, about, "answered", expected_state="new", answer="另一种答复。"))
    assert page.status == 409 and "已有人先行处理" in page.one("main").words
    assert page.one("textarea", name="answer").words == "另一种答复。" and ANSWER in page.html


def test_an_answer_is_taken_back_and_given_anew(newsroom, about):
    handled(newsroom.drafter, about, "answered")
    assert handled(newsroom.drafter, about, "in_hand").status_code == 302
    about.refresh_from_db()
    assert (about.answer, about.answered_by, about.answered_at) == (ANSWER, None, None)
    assert handled(newsroom.drafter, about, "answered", answer="更正后的答复。").status_code == 302
    assert [entry.verb.partition(".")[2] for entry in entries()] == ["answered", "taken_in_hand", "answered"]


def test_the_count_of_new_letters_stands_on_the_desks_home(newsroom, about):
    for _ in range(6):
        letter(Client(REMOTE_ADDR=f"203.0.113.{_}"))
    assert visit("/admin/", desk(newsroom.admin)).one("", id="letters").one("span", class_="desk-count").words == "7"
    assert visit("/admin/", desk(newsroom.drafter)).one("", id="letters").one("span", class_="desk-count").words == "1"
    handled(newsroom.drafter, about, "closed")
    assert not visit("/admin/", desk(newsroom.drafter)).all("", id="letters")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_the_same_moment_one_is_told(transactional_db):
    from tests.factories import Newsroom

    room, found = Newsroom.open(), letter()
    acts = [
        lambda n=number: letter_actions.change_state(
            Letter.objects.get(pk=found.pk),
            by=room.admin,
            to=LetterState.ANSWERED,
            expected_state="new",
            answer=f"答复 {n}",
        )
        for number in range(4)
    ]
    outcomes = at_once(acts)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", *["WrongState"] * 3]
    assert len(entries()) == 1


# Queries.

PAGES = ["/feedback/", "/feedback/?about={article}", "/feedback/{receipt}/", LIST, "/admin/"]


def queries(newsroom, found):
    counted = {}
    for pattern in PAGES:
        page = pattern.format(article=found.article_id, receipt=found.receipt)
        client = desk(newsroom.drafter) if "admin" in page else Client()
        client.get(page)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        counted[pattern] = len(captured)
    return counted


def test_the_number_of_queries_stays_flat(newsroom, about, site):
    for number in range(5):
        letter(Client(REMOTE_ADDR=f"203.0.113.{number}"), query=f"?about={about.article_id}")
    before = queries(newsroom, about)
    live = newsroom.published()
    for number in range(20):
        letter(Client(REMOTE_ADDR=f"198.51.100.{number}"), query=f"?about={live.article_id}", text=f"{TEXT}{number}")
    assert queries(newsroom, about) == before
    assert max(before.values()) <= 30
