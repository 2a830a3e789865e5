"""The queue and the review page over HTTP."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import grant, nothing_changes, person
from tests.workflow.action_calls import approve, edit, give_back, mine, seen
from tests.workflow.pages import Page
from workflow import services
from workflow.actions import openings
from workflow.models import RoundStep, Verdict

pytestmark = pytest.mark.django_db

QUEUE = "/admin/workflow/round/"


def review_url(waiting):
    return reverse("admin:workflow_round_review", args=[waiting.pk])


def outcome_url(waiting):
    return reverse("admin:workflow_round_outcome", args=[waiting.pk])


def rows(response, name="own_rows"):
    return [row.round for row in response.context[name]]


# The queue.


def test_the_queue_lists_what_waits_for_the_person_oldest_first(newsroom, as_user):
    """Scenarios 18 and 19."""
    first, second = newsroom.submitted(), newsroom.submitted()
    signed = newsroom.reviewed()
    expected = {
        "reviewer": ([first, second], {signed}),
        "publisher": ([signed], {first, second}),
        "drafter": ([], {first, second, signed}),
        "admin": ([], {first, second, signed}),
        "stranger": ([], set()),
    }
    for name, (waiting, others) in expected.items():
        response = as_user(name).get(QUEUE)
        assert (rows(response), set(rows(response, "other_rows"))) == (waiting, others), name
        links = {found["href"] for found in Page(response).having("a") if found.get("href", "").endswith("/review/")}
        assert links == {review_url(one) for one in waiting}, name


def test_the_queue_says_what_is_overdue_and_what_soon_will_be(newsroom, as_user):
    late, soon, early = newsroom.submitted(), newsroom.submitted(), newsroom.submitted()
    for waiting, hours in (late, 49), (soon, 45):
        RoundStep.objects.filter(round=waiting, position=1).update(reached_at=timezone.now() - timedelta(hours=hours))
    listed = {row.round: row.due_status for row in as_user("reviewer").get(QUEUE).context["own_rows"]}
    assert listed == {late: "overdue", soon: "soon", early: ""}


def test_a_visitor_is_asked_to_sign_in_first(newsroom, client):
    waiting = newsroom.submitted()
    for address in (QUEUE, review_url(waiting), f"/admin/articles/article/{waiting.article_id}/overview/"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
    with nothing_changes():
        client.post(review_url(waiting), seen(waiting, newsroom.reviewer, verdict="approve"))


def test_somebody_of_another_department_finds_every_door_closed(newsroom, as_user):
    """Scenario 18."""
    waiting = newsroom.submitted(title="机密标题")
    overview = f"/admin/articles/article/{waiting.article_id}/"
    stranger = as_user("stranger")
    doors = [review_url(waiting), f"{overview}overview/", f"{overview}revisions/1/", f"{overview}change/"]
    with nothing_changes():
        for door in doors:
            words = seen(waiting, newsroom.stranger, verdict="approve", comment="同意")
            answers = [stranger.get(door), stranger.post(door, words)]
            assert [answer.status_code for answer in answers] == [403, 403], door
            assert not any("机密标题" in answer.content.decode() for answer in answers)
        assert stranger.post(f"{overview}act/discard/", {"discard-reason": "删"}).status_code == 403
    for page in (QUEUE, "/admin/articles/article/", "/admin/"):
        assert "机密标题" not in stranger.get(page).content.decode()
        assert "机密标题" in as_user("reviewer").get(page).content.decode()


@pytest.mark.parametrize("address", [QUEUE, "/admin/articles/article/", "/admin/"])
def test_the_number_of_queries_stays_the_same_with_ten_times_the_articles(newsroom, as_user, address):
    """Scenario 47."""

    def queries(name):
        client = as_user(name)
        client.get(address)  # what is remembered for the process is not asked again
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    people = ("reviewer", "drafter", "admin")
    few = []
    for several in (3, 27):
        for _again in range(several):
            newsroom.submitted()
            newsroom.draft()
        counted = [queries(name) for name in people]
        few = few or counted
    assert counted == few


# The review page.


def test_the_review_page_offers_both_verdicts_on_the_text_that_it_shows(newsroom, as_user):
    waiting = newsroom.submitted()
    page = Page(as_user("reviewer").get(review_url(waiting)))
    assert page.verdicts() == {"approve", "return"}
    assert openings.read_token(page.fields["opened"], waiting, newsroom.reviewer) == waiting.revision.digest
    assert "at" not in page.fields
    frames = [found["src"] for found in page.having("iframe")]
    shown = f"/admin/articles/article/{waiting.article_id}/revisions/1/?digest={waiting.revision.digest}"
    assert frames == [shown]


def test_only_who_signs_off_is_asked_when_the_article_appears(newsroom, as_user):
    """Scenario 30."""
    waiting = newsroom.reviewed()
    assert "at" in Page(as_user("publisher").get(review_url(waiting))).fields


@pytest.mark.parametrize("verdict", ["approve", "return"])
@pytest.mark.parametrize("who", ["submitter", "earlier editor", "superuser", "superuser without a role", "later step"])
def test_who_may_not_decide_sees_no_buttons_and_gets_nothing_by_posting_directly(newsroom, as_user, who, verdict):
    """Scenarios 1, 2, 3 and 19."""
    article = newsroom.draft()
    one = {"superuser without a role": newsroom.admin, "later step": newsroom.publisher}.get(who)
    one = one or person("one", is_superuser=who == "superuser")
    if who in ("submitter", "earlier editor", "superuser"):
        for role in ("drafter", "reviewer"):
            grant(one, role, newsroom.department, newsroom.admin)
        edit(article, one)
        edit(article, newsroom.drafter)
    waiting = services.submit(article, by=one if who == "submitter" else newsroom.drafter)
    client = as_user(one)
    response = client.get(review_url(waiting))
    assert response.status_code == 200
    assert Page(response).verdicts() == set()
    assert response.context["decision_refusal"]
    with nothing_changes():
        answer = client.post(review_url(waiting), seen(waiting, one, verdict=verdict, comment="同意"))
    assert answer.status_code == 403
    assert mine(newsroom.reviewer) == [waiting]


def test_a_decision_leads_to_its_result_page(newsroom, as_user):
    first, second = newsroom.submitted(), newsroom.submitted()
    reviewer = as_user("reviewer")
    response = reviewer.post(review_url(first), seen(first, newsroom.reviewer, verdict="approve", comment="同意。"))
    assert response["Location"] == outcome_url(first)
    assert first.decisions.get().comment == "同意。"
    words = seen(second, newsroom.reviewer, verdict="return", comment="请核对数字")
    assert reviewer.post(review_url(second), words)["Location"] == outcome_url(second)
    assert second.decisions.get().verdict == Verdict.RETURN


def test_signing_off_publishes_at_once_or_at_the_time_that_was_given(newsroom, as_user):
    at_once, later = newsroom.reviewed(), newsroom.reviewed()
    publisher = as_user("publisher")
    publisher.post(review_url(at_once), seen(at_once, newsroom.publisher, verdict="approve"))
    when = timezone.localtime() + timedelta(days=2)
    words = seen(later, newsroom.publisher, verdict="approve", at=when.strftime("%Y-%m-%dT%H:%M"))
    publisher.post(review_url(later), words)
    assert at_once.article.publications.get().live_from <= timezone.now()
    assert later.article.publications.get().live_from == when.replace(second=0, microsecond=0)


@pytest.mark.parametrize("token", [None, "", "0" * 64, "x" * 5000, "a:b:c", "<script>", "\x00", "摘要"])
@pytest.mark.parametrize("verdict", ["approve", "return"])
def test_a_decision_without_the_right_token_is_refused_with_a_message_and_the_opinion_kept(
    newsroom, as_user, verdict, token
):
    """Scenario 8."""
    waiting = newsroom.submitted()
    reviewer = as_user("reviewer")
    with nothing_changes():
        words = {"verdict": verdict, "comment": "写了很久的意见"} | ({} if token is None else {"opened": token})
        response = reviewer.post(review_url(waiting), words)
    assert response.status_code == 400
    assert Page(response).fields["comment"] == "写了很久的意见"
    assert response.context["form"].errors
    assert "<script>" not in response.content.decode()


@pytest.mark.parametrize("reason", ["", "  ", "\n\t"])
def test_returning_without_a_reason_says_so_at_the_field_and_changes_nothing(newsroom, as_user, reason):
    """Scenario 13."""
    waiting = newsroom.submitted()
    reviewer = as_user("reviewer")
    with nothing_changes():
        words = seen(waiting, newsroom.reviewer, verdict="return", comment=reason)
        response = reviewer.post(review_url(waiting), words)
    assert response.status_code == 400
    (message,) = response.context["form"].errors["comment"]
    assert message in response.content.decode()


def test_an_opinion_that_is_too_long_is_kept_on_the_page(newsroom, as_user):
    waiting = newsroom.submitted()
    words = seen(waiting, newsroom.reviewer, verdict="approve", comment="长" * 2001)
    reviewer = as_user("reviewer")
    with nothing_changes():
        response = reviewer.post(review_url(waiting), words)
    assert response.status_code == 400
    assert Page(response).fields["comment"] == "长" * 2001
    assert "comment" in response.context["form"].errors
    reviewer.post(review_url(waiting), {**words, "comment": "长" * 2000})
    assert waiting.decisions.get().comment == "长" * 2000


@pytest.mark.parametrize("step", ["reviewer", "publisher"])
@pytest.mark.parametrize("at", ["2020-01-01T08:00", "tomorrow", "99999-01-01T00:00"])
def test_an_impossible_time_is_refused_at_its_field_and_what_was_typed_is_kept(newsroom, as_user, step, at):
    """Scenarios 28 and 30."""
    waiting = newsroom.submitted() if step == "reviewer" else newsroom.reviewed()
    client = as_user(step)
    with nothing_changes():
        words = seen(waiting, newsroom.people[step], verdict="approve", comment="同意", at=at)
        response = client.post(review_url(waiting), words)
    assert response.status_code == 400
    (message,) = response.context["form"].errors["at"]
    assert message in response.content.decode()
    assert Page(response).fields["comment"] == "同意"
    assert step == "reviewer" or Page(response).fields["at"] == at


@pytest.mark.parametrize("verdict", [None, "", "APPROVE", "publish", "approve ", "<b>approve</b>", "approved", "\x00"])
def test_an_unknown_verdict_decides_nothing(newsroom, as_user, verdict):
    """Scenario 12."""
    waiting = newsroom.submitted()
    words = seen(waiting, newsroom.reviewer, comment="同意") | ({} if verdict is None else {"verdict": verdict})
    reviewer = as_user("reviewer")
    with nothing_changes():
        response = reviewer.post(review_url(waiting), words)
    assert response.status_code == 400
    assert Page(response).fields["comment"] == "同意"
    assert "<b>approve</b>" not in response.content.decode()


def test_looking_with_a_verdict_in_the_address_decides_nothing(newsroom, as_user):
    """Scenario 23."""
    waiting = newsroom.submitted()
    reviewer = as_user("reviewer")
    reviewer.get(review_url(waiting))  # the first look is kept
    with nothing_changes():
        words = seen(waiting, newsroom.reviewer, verdict="approve", comment="同意")
        response = reviewer.get(review_url(waiting), words)
    assert response.status_code == 200


def test_a_decision_sent_from_another_site_is_refused(newsroom):
    """Scenario 23."""
    waiting = newsroom.submitted()
    client = Client(enforce_csrf_checks=True)
    client.force_login(newsroom.reviewer)
    with nothing_changes():
        words = seen(waiting, newsroom.reviewer, verdict="approve")
        assert client.post(review_url(waiting), words).status_code == 403
    token = Page(client.get(review_url(waiting))).fields["csrfmiddlewaretoken"]
    client.post(review_url(waiting), {**words, "csrfmiddlewaretoken": token})
    assert waiting.decisions.exists()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"])
def test_neither_signing_in_nor_deciding_leads_to_another_site(newsroom, client, elsewhere):
    """Scenario 23."""
    from tests.factories import PASSWORD

    words = {"username": newsroom.reviewer.username, "password": PASSWORD, "next": elsewhere}
    assert client.post("/admin/login/", words, query_params={"next": elsewhere})["Location"] == "/admin/"
    waiting = newsroom.submitted()
    words = seen(waiting, newsroom.reviewer, verdict="approve", next=elsewhere)
    answer = client.post(review_url(waiting), words, query_params={"next": elsewhere})
    assert answer["Location"] == outcome_url(waiting)


def test_who_comes_too_late_is_told_who_decided_and_keeps_what_they_typed(newsroom, as_user):
    """Scenarios 5 and 6."""
    other = person("other")
    grant(other, "reviewer", newsroom.department, newsroom.admin)
    waiting = newsroom.submitted()
    approve(waiting, newsroom.reviewer)
    client = as_user(other)
    with nothing_changes():
        response = client.post(review_url(waiting), seen(waiting, other, verdict="return", comment="我另有看法"))
    page = response.content.decode()
    assert response.status_code == 400
    refusal = response.context["decision_refusal"]
    assert newsroom.reviewer.full_name in refusal and refusal in page
    assert "我另有看法" in page


def test_a_round_that_is_closed_by_now_says_so_and_keeps_what_was_typed(newsroom, as_user):
    """Scenario 6."""
    waiting = newsroom.submitted()
    give_back(waiting, newsroom.reviewer)
    reviewer = as_user("reviewer")
    with nothing_changes():
        response = reviewer.post(
            review_url(waiting), seen(waiting, newsroom.reviewer, verdict="approve", comment="我另有看法")
        )
    assert response.status_code == 400
    assert Page(response).verdicts() == set()
    assert "我另有看法" in response.content.decode()


HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"><svg onload=alert(3)>'


def test_hostile_words_run_on_no_page_of_the_desk(newsroom, as_user):
    """Scenario 46."""
    article = newsroom.draft(title=HOSTILE[:60], body=f"<p>正文{HOSTILE}</p>", author=HOSTILE, keywords=HOSTILE)
    waiting = newsroom.submitted(article)
    as_user("reviewer").post(review_url(waiting), seen(waiting, newsroom.reviewer, verdict="return", comment=HOSTILE))
    again = newsroom.submitted(article)
    address = f"/admin/articles/article/{article.pk}"
    pages = [
        outcome_url(waiting),
        review_url(again),
        f"{address}/overview/",
        f"{address}/revisions/1/",
        QUEUE,
        "/admin/articles/article/",
    ]
    reviewer = as_user("reviewer")
    for where in pages:
        response = reviewer.get(where)
        assert response.status_code == 200
        page = Page(response)
        sources = [found.get("src", "") for found in page.having("script")]
        assert all(source.startswith("/static/") for source in sources), where
        assert not [tag for tag, found in page.elements if any(name.startswith("on") for name in found)], where
        assert not page.having("img", src="x"), where
        policy = response.headers["Content-Security-Policy"]
        assert "script-src 'self';" in f"{policy};" and "unsafe" not in policy, where


def test_the_text_under_review_stands_in_a_frame_where_no_script_can_run(newsroom, as_user):
    """Scenario 46."""
    waiting = newsroom.submitted()
    (frame,) = Page(as_user("reviewer").get(review_url(waiting))).having("iframe")
    assert "allow-scripts" not in frame["sandbox"].split()
    response = as_user("reviewer").get(frame["src"])
    assert response.status_code == 200
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "noindex" in response.headers["X-Robots-Tag"]
