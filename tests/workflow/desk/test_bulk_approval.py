"""Bulk approval over HTTP."""

import pytest
from django.test import Client
from django.urls import reverse

from articles.models import Publication
from tests.factories import grant, nothing_changes
from tests.portal.visitor import Page, visit
from tests.workflow.action_calls import approve, edit, mine
from tests.workflow.action_factories import somebody
from workflow import services
from workflow.actions import openings
from workflow.desk import bulk_approval
from workflow.models import Decision, Round

pytestmark = pytest.mark.django_db

QUEUE = "/admin/workflow/round/"
PASSED = "已通过 1 篇稿件。"


def tick(*rounds):
    return [f"{found.pk}:{found.revision.digest}" for found in rounds]


def read(client, *rounds):
    """Opens the review page of each."""
    for found in rounds:
        assert client.get(reverse("admin:workflow_round_review", args=[found.pk])).status_code == 200


def asked(client, chosen, **words):
    """The page that asks for confirmation."""
    page = Page(client.post(QUEUE, {"chosen": chosen, **words}))
    assert page.status == 200
    return page


def token(page):
    return page.one("input", name="confirmed").attributes["value"]


def confirm(client, chosen):
    return client.post(QUEUE, {"confirmed": token(asked(client, chosen))})


def refusals_on(page):
    return [("error", line.words) for box in page.all("section", class_="review-refused") for line in box.all("li")]


def post(client, chosen):
    """Ticks, and confirms where that is asked. The queue that follows, and what both pages say as (kind, words).

    First come the refusals, each in its list.
    """
    response = client.post(QUEUE, {"chosen": chosen})
    refused = []
    if response.status_code == 200:
        refused = refusals_on(Page(response))
        response = client.post(QUEUE, {"confirmed": token(Page(response))})
    assert (response.status_code, response["Location"]) == (302, QUEUE)
    page = visit(QUEUE, client)
    refused += refusals_on(page)
    others = [
        (line.attributes["class"], line.words) for box in page.all("ul", class_="messagelist") for line in box.all("li")
    ]
    return page, refused + others


def refusals(said):
    """Name → reason of each line that refuses."""
    return dict(words.split("：", 1) for kind, words in said if kind == "error")


def by_somebody_else(newsroom, author, **content):
    """A submission whose text somebody else than the drafter wrote."""
    article = newsroom.draft(**content)
    edit(article, author, title=content["title"])
    return services.submit(article, by=newsroom.drafter)


def test_a_mixed_selection_does_what_is_allowed_and_names_each_refusal_with_its_reason(newsroom, as_user):
    """Scenario 22."""
    reviewer = newsroom.reviewer
    grant(reviewer, "drafter", newsroom.department, newsroom.admin)
    other = somebody(newsroom, "other", "reviewer")

    allowed = newsroom.submitted(title="可以通过的通知")
    own = by_somebody_else(newsroom, reviewer, title="我改过的通知")
    decided = newsroom.submitted(title="别人已审的通知")
    stale = newsroom.submitted(title="后来改了的通知")
    later = newsroom.reviewed(title="等待签发的通知")
    foreign = newsroom.submitted(title="外部门的机密")
    services.take_back(foreign, by=newsroom.drafter)
    services.move(foreign.article, by=newsroom.admin, to=newsroom.elsewhere)
    foreign = services.submit(foreign.article, by=newsroom.stranger)

    client = as_user("reviewer")
    read(client, allowed, own, decided, stale, later)
    chosen = tick(allowed, own, decided, stale, later, foreign)  # as the queue showed it
    approve(decided, other)
    services.take_back(stale, by=newsroom.drafter)
    edit(stale.article, newsroom.drafter, title="后来改了的通知", body="<p>另一番话。</p>")
    again = services.submit(stale.article, by=newsroom.drafter)
    before = set(Decision.objects.values_list("pk", flat=True))

    page, said = post(client, [*chosen, "987654:" + "0" * 64])

    assert [words for kind, words in said if kind == "success"] == [PASSED]
    reasons = refusals(said)
    assert set(reasons) == {
        "我改过的通知", "别人已审的通知", "后来改了的通知", "等待签发的通知",
        f"第 {foreign.pk} 号送审", "第 987654 号送审",
    }  # fmt: skip
    assert "参与" in reasons["我改过的通知"]
    assert other.full_name in reasons["别人已审的通知"]
    assert "撤回" in reasons["后来改了的通知"]
    assert f"审核”环节已经审批（{reviewer.full_name}）" in reasons["等待签发的通知"]
    assert newsroom.elsewhere.name in reasons[f"第 {foreign.pk} 号送审"]
    assert "外部门的机密" not in page.html

    (made,) = Decision.objects.exclude(pk__in=before)
    assert (made.round, made.person, made.digest) == (allowed, reviewer, allowed.revision.digest)
    waiting = {found.pk: found.current_step().name for found in Round.objects.open()}
    assert waiting == {
        allowed.pk: "签发", own.pk: "审核", decided.pk: "签发", again.pk: "审核", later.pk: "签发", foreign.pk: "审核",
    }  # fmt: skip
    assert not Publication.objects.exists()


def test_what_is_not_allowed_alone_is_not_allowed_in_bulk_and_changes_nothing(newsroom, as_user):
    """Scenario 22."""
    first, second = newsroom.submitted(title="第一篇"), newsroom.submitted(title="第二篇")
    not_theirs = "本环节由“组织建设”的“审核人”审批。"
    for who, names, reason in [
        ("drafter", {"第一篇", "第二篇"}, not_theirs),
        ("publisher", {"第一篇", "第二篇"}, not_theirs),  # it waits at a step before theirs
        ("admin", {"第一篇", "第二篇"}, not_theirs),
        ("stranger", {f"第 {first.pk} 号送审", f"第 {second.pk} 号送审"}, "您在“组织建设”没有任何角色。"),
    ]:
        client = as_user(who)
        with nothing_changes():
            page, said = post(client, tick(first, second))
        assert refusals(said) == dict.fromkeys(names, reason) and len(said) == 2, who
        assert who != "stranger" or "第一篇" not in page.html
    assert mine(newsroom.reviewer) == [first, second]


def test_signing_several_off_at_once_publishes_each(newsroom, as_user, client):
    """Scenario 22."""
    first, second = newsroom.reviewed(title="第一篇"), newsroom.reviewed(title="第二篇")
    publisher = as_user("publisher")
    read(publisher, first, second)
    _page, said = post(publisher, tick(first, second))
    assert [kind for kind, _words in said] == ["success"]
    for found in (first, second):
        assert client.get(found.article.publications.get().get_absolute_url()).status_code == 200


def test_an_empty_selection_says_what_to_do(newsroom, as_user):
    """Scenario 22."""
    newsroom.submitted()
    client = as_user("reviewer")
    with nothing_changes():
        _page, said = post(client, [])
    assert said == [("error", "没有勾选任何稿件。请先勾选要通过的稿件，再按按钮。")]


@pytest.mark.parametrize("digest", ["", ":", ":" + "0" * 64, ":<script>", ":\x00"])
def test_a_tick_without_the_right_digest_decides_nothing(newsroom, as_user, digest):
    """Scenarios 8 and 22."""
    waiting = newsroom.submitted(title="没有版本的通知")
    client = as_user("reviewer")
    read(client, waiting)
    with nothing_changes():
        page, said = post(client, [f"{waiting.pk}{digest}"])
    assert list(refusals(said)) == ["没有版本的通知"] and len(said) == 1
    assert "<script>" not in page.html
    post(client, tick(waiting))
    assert waiting.decisions.get().person == newsroom.reviewer


@pytest.mark.parametrize(
    "number", ["", "0", "-1", "1e3", "²", "９９９９", "9" * 20, "9" * 5000, "<b>1</b>", "\x00", "None"]
)
def test_a_number_that_somebody_made_up_is_refused_by_that_number(newsroom, as_user, number):
    """Scenario 22."""
    newsroom.submitted()
    client = as_user("reviewer")
    with nothing_changes():
        page, said = post(client, [f"{number}:{'0' * 64}"])
    ((kind, words),) = said
    assert kind == "error" and words.endswith("没有这次送审。")
    assert number[:20].strip("\x00") in words
    assert "<b>1</b>" not in page.html


def test_ticking_one_twice_approves_it_once_and_refuses_nothing(newsroom, as_user):
    """Scenario 22."""
    waiting = newsroom.submitted()
    client = as_user("reviewer")
    read(client, waiting)
    _page, said = post(client, tick(waiting, waiting))
    assert said == [("success", PASSED)]
    assert waiting.decisions.count() == 1


def test_what_goes_beyond_one_page_is_not_dropped_silently(newsroom, as_user):
    """Scenario 22."""
    waiting = newsroom.submitted()
    invented = [f"{900000 + number}:x" for number in range(30)]
    client = as_user("reviewer")
    with nothing_changes():
        _page, said = post(client, [*invented, *tick(waiting)])
    assert len(said) == 31  # each of the thirty, and the rest in one line
    assert "30" in said[-1][1] and "再" in said[-1][1]


def test_hostile_titles_stay_words_in_a_refusal(newsroom, as_user):
    """Scenarios 22 and 46."""
    waiting = newsroom.submitted(title="<img src=x onerror=alert(1)>")
    page, said = post(as_user("drafter"), tick(waiting))
    assert list(refusals(said)) == ["<img src=x onerror=alert(1)>"]
    assert not page.all("img", src="x")


def test_looking_at_the_queue_with_ticks_in_the_address_decides_nothing(newsroom, as_user):
    """Scenarios 22 and 23."""
    waiting = newsroom.submitted()
    client = as_user("reviewer")
    with nothing_changes():
        assert client.get(QUEUE, {"chosen": tick(waiting)}).status_code == 200
        assert client.head(QUEUE, {"chosen": tick(waiting)}).status_code == 200
    assert mine(newsroom.reviewer) == [waiting]


def test_ticks_sent_from_another_site_or_without_signing_in_decide_nothing(newsroom):
    """Scenarios 22 and 23."""
    waiting = newsroom.submitted()
    client = Client(enforce_csrf_checks=True)
    client.force_login(newsroom.reviewer)
    read(client, waiting)
    confirmed = bulk_approval.issue_token(bulk_approval.Selection([waiting]), newsroom.reviewer)
    with nothing_changes():
        assert client.post(QUEUE, {"chosen": tick(waiting)}).status_code == 403
        assert client.post(QUEUE, {"confirmed": confirmed}).status_code == 403
        assert Client().post(QUEUE, {"chosen": tick(waiting)})["Location"].startswith("/admin/login/")
    ours = visit(QUEUE, client).all("input", name="csrfmiddlewaretoken")[0].attributes["value"]
    client.post(QUEUE, {"confirmed": confirmed, "csrfmiddlewaretoken": ours})
    assert waiting.decisions.exists()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"])
def test_approving_in_bulk_leads_to_no_other_site(newsroom, as_user, elsewhere):
    """Scenarios 22 and 23."""
    waiting = newsroom.submitted()
    client = as_user("reviewer")
    read(client, waiting)
    confirmed = token(asked(client, tick(waiting)))
    response = client.post(QUEUE, {"confirmed": confirmed, "next": elsewhere}, query_params={"next": elsewhere})
    assert response["Location"] == QUEUE
    assert waiting.decisions.exists()


def test_the_queue_gives_each_row_the_tick_that_approves_just_what_it_shows(newsroom, as_user):
    """Scenario 22."""
    first, second = newsroom.submitted(), newsroom.submitted()
    client = as_user("reviewer")
    read(client, first, second)
    page = visit(QUEUE, client)
    assert [box.attributes["value"] for box in page.all("input", name="chosen")] == tick(first, second)
    assert [box.attributes["aria-label"] for box in page.all("input", name="chosen")] == ["示例标题"] * 2
    assert not visit(QUEUE, as_user("drafter")).all("input", name="chosen")
    assert reverse("admin:workflow_round_changelist") == QUEUE


# Only what was opened, and only after one confirmation.


def test_articles_that_the_leader_never_opened_are_shown_without_a_tick_and_refused_by_name(newsroom, as_user):
    opened, *unopened = [newsroom.submitted(title=f"第{number}篇") for number in range(1, 22)]
    client = as_user("reviewer")
    assert not visit(QUEUE, client).all("input", name="chosen")
    assert not visit(QUEUE, client).all("input", id="select-all")
    read(client, opened)
    read(as_user(somebody(newsroom, "other", "reviewer")), *unopened)  # somebody else opened them
    page = visit(QUEUE, client)
    assert [box.attributes["value"] for box in page.all("input", name="chosen")] == tick(opened)
    assert len(page.all("span", class_="desk-unopened")) == 20
    with nothing_changes():
        _page, said = post(client, tick(*unopened))
    assert refusals(said) == {found.revision.title: "您还没有打开过这一稿，请先打开阅读。" for found in unopened}
    _page, said = post(client, tick(opened, *unopened))
    assert len(refusals(said)) == 20 and ("success", PASSED) in said
    assert Decision.objects.get().round == opened


def test_having_opened_the_text_of_an_earlier_round_is_not_enough(newsroom, as_user):
    first = newsroom.submitted(title="改过的通知")
    client = as_user("reviewer")
    read(client, first)
    services.take_back(first, by=newsroom.drafter)
    edit(first.article, newsroom.drafter, title="改过的通知", body="<p>另一番话。</p>")
    again = newsroom.submitted(first.article)
    with nothing_changes():
        _page, said = post(client, tick(again))
    assert list(refusals(said)) == ["改过的通知"]


def test_the_confirmation_lists_the_titles_and_what_becomes_public_and_decides_nothing(newsroom, as_user):
    both = somebody(newsroom, "both", "reviewer", "publisher")
    passing, signing = newsroom.submitted(title="转下一环节的"), newsroom.reviewed(title="马上公开的")
    unopened = newsroom.submitted(title="没打开的")
    client = as_user(both)
    read(client, passing, signing)
    with nothing_changes():
        page = asked(client, tick(passing, signing, unopened))
    listed = [row.words for row in page.one("ul", class_="review-selection").all("li")]
    assert len(listed) == 2
    assert "转下一环节的" in listed[0] and "立即公开" not in listed[0]
    assert "马上公开的" in listed[1] and "立即公开" in listed[1]
    assert "2 篇" in page.one("h1").words and "1 篇" in page.one("p", id="effect").words
    assert list(refusals(refusals_on(page))) == ["没打开的"]
    client.post(QUEUE, {"confirmed": token(page)})
    assert {one.round for one in Decision.objects.filter(person=both)} == {passing, signing}


@pytest.mark.parametrize("forged", ["", "yes", "a:b:c", "\x00", "确认", "of somebody else", "of a review page"])
def test_a_confirmation_that_is_not_the_persons_own_approves_nothing(newsroom, as_user, forged):
    waiting = newsroom.submitted()
    other = somebody(newsroom, "other", "reviewer")
    client = as_user("reviewer")
    read(client, waiting)
    forged = {
        "of somebody else": bulk_approval.issue_token(bulk_approval.Selection([waiting]), other),
        "of a review page": openings.issue_token(waiting, newsroom.reviewer),
    }.get(forged, forged)
    with nothing_changes():
        response = client.post(QUEUE, {"confirmed": forged, "chosen": tick(waiting)})
    assert response["Location"] == QUEUE
    confirm(client, tick(waiting))
    assert waiting.decisions.get().person == newsroom.reviewer


def test_what_changed_after_the_confirmation_was_shown_is_refused_with_the_reason(newsroom, as_user):
    first, second = newsroom.submitted(title="第一篇"), newsroom.submitted(title="第二篇")
    client = as_user("reviewer")
    read(client, first, second)
    confirmed = token(asked(client, tick(first, second)))
    services.take_back(first, by=newsroom.drafter)
    client.post(QUEUE, {"confirmed": confirmed})
    page = visit(QUEUE, client)
    assert "撤回" in dict(words.split("：", 1) for _kind, words in refusals_on(page))["第一篇"]
    assert Decision.objects.get().round == second


def test_a_confirmation_sent_twice_approves_once(newsroom, as_user):
    waiting = newsroom.submitted()
    client = as_user("reviewer")
    read(client, waiting)
    confirmed = token(asked(client, tick(waiting)))
    client.post(QUEUE, {"confirmed": confirmed})
    client.post(QUEUE, {"confirmed": confirmed})
    assert waiting.decisions.count() == 1
