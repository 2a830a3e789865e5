"""The life of a publication: what visitors see before, during and after."""

import base64
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from PIL import Image

from articles.models import Article, Publication
from articles.models.revision import RevisionState
from departments.exceptions import WrongState
from ledger.models import Entry
from ledger.verification.checks import mismatches
from tests.factories import nothing_changes
from tests.workflow.action_calls import approve, edit, give_back, mine
from workflow import services
from workflow.exceptions import BadTime, ReasonMissing
from workflow.rules.states import ArticleState, PublicState, TextState, state_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def visit(client, newsroom):
    """GET an article as a visitor: (status, page)."""

    def get(article):
        response = client.get(f"/{newsroom.department.slug}/{article.pk}/")
        return response.status_code, response.content.decode()

    return get


@pytest.fixture
def withdraw(newsroom):
    def act(article, reason="数据有误", notice="本文已撤回，请以新稿为准。"):
        services.withdraw(article, by=newsroom.publisher, reason=reason, notice=notice)

    return act


def later(days=1):
    return timezone.now() + days * DAY


def public(article):
    return state_of(article).public


# Signing off.


def test_a_text_is_public_only_once_the_last_step_has_approved(newsroom, visit):
    """Scenario 24."""
    article = newsroom.draft(body="<p>全新的正文。</p>")
    assert visit(article)[0] == 404
    waiting = newsroom.submitted(article)
    assert visit(article)[0] == 404
    approve(waiting, newsroom.reviewer)
    assert visit(article)[0] == 404
    approve(waiting, newsroom.publisher)
    status, page = visit(article)
    assert status == 200 and "全新的正文。" in page


def test_the_public_page_keeps_the_old_words_until_the_last_step_has_approved_the_new(newsroom, visit):
    """Scenario 24."""
    article = newsroom.published(body="<p>旧的正文。</p>").article
    newsroom.rewritten(article, body="<p>新的正文。</p>")
    assert "旧的正文。" in visit(article)[1]
    waiting = newsroom.reviewed(article)
    status, page = visit(article)
    assert status == 200 and "旧的正文。" in page and "新的正文。" not in page
    approve(waiting, newsroom.publisher)
    assert "新的正文。" in visit(article)[1] and "旧的正文。" not in visit(article)[1]


def test_a_summary_that_was_made_from_the_body_follows_the_body(newsroom):
    article = newsroom.published(body="<p>旧的正文。</p>").article
    assert newsroom.published(newsroom.rewritten(article, body="<p>新的正文。</p>")).summary == "新的正文。"
    typed = newsroom.published(body="<p>旧的正文。</p>", summary="自拟摘要").article
    assert newsroom.published(newsroom.rewritten(typed, body="<p>新的正文。</p>")).summary == "自拟摘要"


def test_publishing_again_supersedes_without_a_gap_and_without_an_overlap(newsroom):
    """Scenario 25."""
    first = newsroom.published()
    second = newsroom.published(newsroom.rewritten(first.article))
    first.refresh_from_db()
    assert first.live_until == second.live_from
    for moment, live in [(second.live_from - timedelta(microseconds=1), first), (second.live_from, second)]:
        assert list(Publication.objects.live(moment)) == [live]
    assert list(mismatches()) == []


def test_every_sign_off_stands_on_the_publication_and_in_the_ledger(newsroom):
    publication = newsroom.published()
    assert [(sign["step"], sign["name"]) for sign in publication.sign_offs] == [
        ("审核", newsroom.reviewer.full_name),
        ("签发", newsroom.publisher.full_name),
    ]
    entries = Entry.objects.filter(object_type="articles.article", object_id=str(publication.article_id))
    verbs = ["article.begun", "article.submitted", "article.approved", "article.published"]
    assert [entry.verb for entry in entries.order_by("number")] == verbs
    assert entries.last().data["digest"] == publication.digest == publication.revision.digest


# Schedules.


def test_a_scheduled_text_is_not_public_before_its_time_and_is_at_its_time(newsroom, visit):
    """Scenario 28."""
    publication = newsroom.published(at=later())
    assert public(publication.article) == PublicState.SCHEDULED
    assert visit(publication.article)[0] == 404
    just_before = publication.live_from - timedelta(microseconds=1)
    assert not Publication.objects.live(just_before).exists()
    assert Publication.objects.live(publication.live_from).get() == publication
    assert Entry.objects.last().verb == "article.scheduled"


def test_a_time_in_the_past_is_refused(newsroom):
    """Scenario 28."""
    waiting = newsroom.reviewed()
    with nothing_changes(), pytest.raises(BadTime):
        approve(waiting, newsroom.publisher, at=timezone.now() - timedelta(minutes=1))
    approve(waiting, newsroom.publisher, at=later())


def test_a_schedule_cannot_be_set_before_the_last_step(newsroom):
    """Scenario 30."""
    waiting = newsroom.submitted()
    with nothing_changes(), pytest.raises(BadTime):
        approve(waiting, newsroom.reviewer, at=later())
    approve(waiting, newsroom.reviewer)
    assert not Publication.objects.live(later(100)).exists()


def test_what_is_scheduled_is_signed_off_once_and_not_again(newsroom):
    """Scenario 28."""
    waiting = newsroom.reviewed()
    approve(waiting, newsroom.publisher, at=later())
    with nothing_changes(), pytest.raises(WrongState):
        approve(waiting, newsroom.publisher)


@pytest.mark.parametrize("is_replacement", [False, True])
def test_unscheduling_restores_what_was_before_the_sign_off(newsroom, is_replacement):
    """Scenario 28."""
    article = newsroom.rewritten(newsroom.published().article) if is_replacement else newsroom.draft()
    waiting = newsroom.reviewed(article)
    before = state_of(article)
    approve(waiting, newsroom.publisher, at=later())
    again = services.unschedule(article, by=newsroom.publisher, reason="会议改期")
    assert state_of(article) == before
    assert mine(newsroom.publisher) == [again]
    assert again.revision == waiting.revision
    assert [one.person for one in again.decisions.all()] == [newsroom.reviewer]
    assert public(article) == state_of(article, later(2)).public  # nothing comes, nothing ends
    assert (Entry.objects.last().verb, Entry.objects.last().data["reason"]) == ("article.unscheduled", "会议改期")
    assert approve(again, newsroom.publisher).live_from <= timezone.now()
    assert list(mismatches()) == []


@pytest.mark.parametrize("text", [TextState.DRAFT, TextState.RETURNED, TextState.IN_REVIEW])
def test_unscheduling_leaves_another_text_in_hand_as_it_is(newsroom, text):
    """Scenario 28."""
    article = newsroom.article_in(text, PublicState.REPLACING)
    services.unschedule(article, by=newsroom.publisher, reason="会议改期")
    # What was called off stands in the draft all the same: its author is told to compare it with the live text.
    assert state_of(article) == ArticleState(text, PublicState.LIVE, is_outdated=text != TextState.IN_REVIEW)


def test_unscheduling_needs_a_reason(newsroom):
    article = newsroom.article_in(TextState.SETTLED, PublicState.SCHEDULED)
    with nothing_changes(), pytest.raises(ReasonMissing):
        services.unschedule(article, by=newsroom.publisher, reason=" ")


def test_a_return_after_an_unscheduling_is_seen_as_a_return(newsroom):
    """Also when somebody had begun, and given up, a newer text in between."""
    article = newsroom.article_in(TextState.DRAFT, PublicState.REPLACING)
    services.discard(article, by=newsroom.drafter)
    again = services.unschedule(article, by=newsroom.publisher, reason="会议改期")
    give_back(again, newsroom.publisher)
    assert state_of(article).text == TextState.RETURNED


def test_a_version_begun_after_a_returned_one_was_given_up_is_no_returned_one(newsroom):
    article = newsroom.article_in(TextState.RETURNED, PublicState.LIVE)
    services.discard(article, by=newsroom.drafter)
    assert state_of(newsroom.rewritten(article)) == ArticleState(TextState.DRAFT, PublicState.LIVE)


def test_of_two_schedules_that_follow_each_other_the_last_is_called_off_first(newsroom):
    """Scenario 28."""
    now = newsroom.published()
    next_one = newsroom.published(newsroom.rewritten(now.article), at=later(1))
    newsroom.published(newsroom.rewritten(now.article), at=later(2))
    for left in (next_one, now):
        services.unschedule(now.article, by=newsroom.publisher, reason="会议改期")
        assert Publication.objects.live(later(3)).get() == left
    assert public(now.article) == PublicState.LIVE
    assert list(mismatches()) == []


def test_a_draft_begun_from_a_text_that_was_called_off_is_not_submitted_over_what_is_live(newsroom):
    article = newsroom.article_in(TextState.DRAFT, PublicState.REPLACING)
    services.unschedule(article, by=newsroom.publisher, reason="会议改期")
    with nothing_changes(), pytest.raises(WrongState):
        services.submit(article, by=newsroom.drafter)
    services.discard(article, by=newsroom.drafter)
    assert newsroom.submitted(newsroom.rewritten(article)).state == "open"


# Withdrawing.


@pytest.mark.parametrize("reason", ["", " \n"])
def test_withdrawing_needs_a_reason(newsroom, withdraw, reason):
    """Scenario 31."""
    article = newsroom.published().article
    with nothing_changes(), pytest.raises(ReasonMissing):
        withdraw(article, reason=reason)
    withdraw(article)
    assert public(article) == PublicState.WITHDRAWN


def test_visitors_find_a_notice_in_place_of_what_was_withdrawn_and_not_the_reason(newsroom, visit, withdraw):
    """Scenario 31."""
    article = newsroom.published(title="要撤回的标题", body="<p>要撤回的正文。</p>").article
    withdraw(article)
    status, page = visit(article)
    assert status == 410
    assert "本文已撤回，请以新稿为准。" in page
    assert "要撤回的" not in page and "数据有误" not in page
    entry = Entry.objects.last()
    assert (entry.verb, entry.data["reason"]) == ("article.withdrawn", "数据有误")
    assert entry.actor_id == newsroom.publisher.pk


def test_without_words_of_its_own_the_notice_says_that_the_article_was_withdrawn(newsroom, withdraw):
    """Scenario 31."""
    publication = newsroom.published()
    withdraw(publication.article, notice="  ")
    publication.refresh_from_db()
    assert publication.withdrawal.notice


def picture():
    data = io.BytesIO()
    Image.new("RGB", (40, 30), "#a00").save(data, "PNG")
    return f'<p><img alt="图" src="data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"></p>'


def test_what_was_withdrawn_leaves_listing_search_feeds_sitemap_and_files(newsroom, client, withdraw):
    """Scenario 31."""
    kept = newsroom.published(title="留下的独角兽").article
    article = newsroom.published(title="要撤回的独角兽", body=f"<p>独角兽来访。</p>{picture()}").article
    file = article.revisions.get().attachments.get().file.get_absolute_url()
    slug = newsroom.department.slug
    lists = ["/", f"/{slug}/", "/search/?q=独角兽", "/feed/", f"/{slug}/feed/", f"/{slug}/{kept.pk}/"]

    def shown(title):
        def words(address):  # the search marks what was looked for
            return re.sub(r"</?mark>", "", client.get(address).content.decode())

        return [address for address in lists if title in words(address)]

    def in_sitemap(which):
        return f"/{slug}/{which.pk}/</loc>" in client.get("/sitemap.xml").content.decode()

    assert shown("要撤回的独角兽") == lists and in_sitemap(article) and client.get(file).status_code == 200
    withdraw(article)
    assert shown("要撤回的独角兽") == [] and not in_sitemap(article) and client.get(file).status_code == 404
    assert shown("留下的独角兽") == lists and in_sitemap(kept)


@pytest.mark.parametrize("running", [PublicState.LIVE, PublicState.REPLACING])
@pytest.mark.parametrize("text", [TextState.SETTLED, TextState.DRAFT, TextState.RETURNED, TextState.IN_REVIEW])
def test_withdrawing_is_held_up_by_nothing_else_of_the_article(newsroom, withdraw, visit, text, running):
    """Scenario 32."""
    article = newsroom.article_in(text, running)
    draft = article.active_draft()
    withdraw(article)
    began_with_what_was_called_off = running == PublicState.REPLACING and text in (TextState.DRAFT, TextState.RETURNED)
    assert state_of(article) == ArticleState(text, PublicState.WITHDRAWN, is_outdated=began_with_what_was_called_off)
    assert article.active_draft() == draft
    assert not article.publications.live(later(3)).exists()
    assert visit(article)[0] == 410


def test_withdrawing_is_held_up_by_no_second_schedule_either(newsroom, withdraw):
    """Scenario 32."""
    article = newsroom.published().article
    newsroom.published(newsroom.rewritten(article), at=later(1))
    newsroom.published(newsroom.rewritten(article), at=later(2))
    withdraw(article)
    assert state_of(article, later(3)).public == PublicState.WITHDRAWN
    assert list(mismatches()) == []


def test_what_was_withdrawn_can_be_written_anew_and_published_again(newsroom, withdraw, visit):
    article = newsroom.published(body="<p>有误的正文。</p>").article
    withdraw(article)
    newsroom.published(newsroom.rewritten(article, body="<p>改正的正文。</p>"))
    status, page = visit(article)
    assert status == 200 and "改正的正文。" in page
    assert list(mismatches()) == []


# Dates.


def test_the_first_publication_time_never_changes(newsroom, withdraw):
    """Scenario 36."""
    first = newsroom.published()
    article, when = first.article, first.live_from
    times = [newsroom.published(newsroom.rewritten(article)) for _again in range(2)]
    withdraw(article)
    times.append(newsroom.published(newsroom.rewritten(article)))
    times.append(newsroom.published(newsroom.rewritten(article), at=later()))
    assert {one.first_live_from for one in times} == {when}
    assert {one.dated for one in times} == {when}
    assert [one.live_from for one in times] == sorted({one.live_from for one in times})


def test_what_was_called_off_before_it_was_public_is_no_first_publication(newsroom):
    """Scenario 36."""
    article = newsroom.published(at=later()).article
    again = services.unschedule(article, by=newsroom.publisher, reason="提前发布")
    publication = approve(again, newsroom.publisher)
    assert publication.first_live_from == publication.live_from == publication.dated


def test_another_date_is_shown_only_openly_and_stands_in_the_ledger(newsroom, visit):
    """Scenario 36."""
    old = datetime(2014, 2, 6, 16, tzinfo=UTC)
    plain = newsroom.published()
    assert Entry.objects.last().data["dated_openly"] is False
    dated = newsroom.published(dated=old)
    data = Entry.objects.last().data
    assert (data["dated"], data["dated_openly"]) == ("2014-02-06T16:00:00.000000Z", True)
    assert dated.first_live_from == dated.live_from > plain.live_from
    assert dated.dated == old
    assert "2014-02-07" in visit(dated.article)[1]  # the day in Shanghai
    assert "2014-02-07" not in visit(plain.article)[1]


def test_the_date_of_an_article_that_was_shown_with_one_stays_when_it_is_revised(newsroom):
    """Scenario 36."""
    old = datetime(2014, 2, 6, 16, tzinfo=UTC)
    article = newsroom.published(dated=old).article
    assert newsroom.published(newsroom.rewritten(article)).dated == old


# Discarding.


def test_discarding_an_article_that_was_never_public_takes_it_out_of_use_and_deletes_nothing(newsroom):
    article = newsroom.draft()
    services.discard(article, by=newsroom.drafter)
    assert state_of(Article.objects.get(pk=article.pk)) == ArticleState(TextState.DISCARDED, PublicState.UNPUBLISHED)
    assert article.revisions.get().state == RevisionState.DISCARDED


def test_discarding_a_new_version_leaves_the_published_one(newsroom, visit):
    article = newsroom.rewritten(newsroom.published(body="<p>留下。</p>").article, body="<p>放弃。</p>")
    services.discard(article, by=newsroom.drafter)
    assert state_of(Article.objects.get(pk=article.pk)) == ArticleState(TextState.SETTLED, PublicState.LIVE)
    assert "留下。" in visit(article)[1]
    edit(newsroom.rewritten(article), newsroom.drafter, body="<p>再写。</p>")
    assert state_of(article).text == TextState.DRAFT
