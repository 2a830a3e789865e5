"""History of an article: saves, comparison, restoring."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import drafts
from articles.models import Article, DraftSave
from departments.exceptions import WrongState
from ledger.verification.checks import mismatches
from tests.factories import nothing_changes
from tests.images import picture
from tests.portal.visitor import visit
from tests.workflow.action_calls import approve, edit, give_back, mine, refused
from tests.workflow.action_factories import entries
from workflow import services
from workflow.actions.restoring import content_digest, find_text_version
from workflow.desk.timeline import article_history
from workflow.models import Round

pytestmark = pytest.mark.django_db


def save(article, by, *, automatically=False, **content):
    draft = article.active_draft()
    drafts.save_draft(draft, content, by=by, version=draft.version, is_automatic=automatically)


def compare(client, article, old="", new="", **words):
    sent = {"from": old, "to": new, **words} if old or new else words
    return client.get(reverse("admin:articles_article_compare", args=[article.pk]), sent)


def put_back(client, article, key):
    source = find_text_version(article, key)
    sent = {"wording": key, "seen": content_digest(source.content()) if source else ""}
    return client.post(reverse("admin:articles_article_restore", args=[article.pk]), sent, follow=True)


@pytest.fixture
def twice(newsroom):
    """An article whose first text came back, and whose second is a draft."""
    article = newsroom.draft(title="植树安排", body="<p>三月十二日植树。</p>")
    give_back(newsroom.submitted(article), newsroom.reviewer)
    edit(article, newsroom.colleague, body="<p>三月十五日植树。</p>")
    return article


# The timeline.


def test_saves_are_told_among_the_acts_and_automatic_ones_of_a_person_as_one(newsroom):
    article = newsroom.draft(body="<p>零</p>")
    for number in range(3):
        save(article, newsroom.drafter, automatically=True, body=f"<p>自动{number}</p>")
    save(article, newsroom.colleague, automatically=True, body="<p>同事</p>")
    save(article, newsroom.colleague, body="<p>同事保存</p>")
    told = [(event.name, event.verb_text) for event in article_history(article) if event.is_save]
    drafter, colleague = newsroom.drafter.full_name, newsroom.colleague.full_name
    assert told == [
        (colleague, "保存草稿 1 次"), (colleague, "自动保存 1 次"),
        (drafter, "自动保存 3 次"), (drafter, "保存草稿 1 次"),
    ]  # fmt: skip


def test_saves_stand_where_they_belong_between_the_acts(newsroom, twice):
    save(twice, newsroom.colleague, title="植树安排（二）")
    words = [event.verb_text for event in article_history(twice)]
    assert words[:3] == ["保存草稿 2 次", "退回修改", "提交审批"] and sorted(words[3:]) == ["保存草稿 1 次", "创建稿件"]


def test_the_overview_links_each_save_to_what_it_changed(newsroom, as_user, twice):
    save(twice, newsroom.colleague, title="植树安排（二）")
    page = visit(f"/admin/articles/article/{twice.pk}/overview/", as_user("drafter"))
    links = [address for address, _words in page.one("section", class_="desk-history").links() if "from=" in address]
    assert links
    for address in links:
        assert as_user("drafter").get(address).context["differences"].is_none is False


# Comparing.


def test_any_two_wordings_are_compared_revisions_and_saves_alike(newsroom, as_user, twice):
    client = as_user("reviewer")
    revisions = compare(client, twice, "1", "2").content.decode()
    assert "三月十" in revisions and "<del>" in revisions and "<ins>" in revisions
    versions = list(
        DraftSave.objects.filter(revision__article=twice).order_by("pk").values_list("revision__number", "version")
    )
    keys = [f"{number}.{version}" for number, version in versions]
    found = compare(client, twice, keys[0], keys[-1]).context["differences"]
    assert found.count == 1
    assert compare(client, twice, keys[0], "1").context["differences"].count == 0


def test_without_being_told_the_page_compares_the_last_two(newsroom, as_user, twice):
    context = compare(as_user("reviewer"), twice).context
    assert (context["old"].key, context["new"].key) == ("1", "2")


@pytest.mark.parametrize("key", ["9", "1.99", "x", "-1", "1.", ".1", "²", "1" * 40, "<b>", "0"])
def test_a_wording_that_there_is_not_is_said_so(newsroom, as_user, twice, key):
    response = compare(as_user("reviewer"), twice, key, "2")
    assert response.status_code == 200 and response.context["differences"] is None
    assert "请选择" in response.content.decode() and "<b>" not in response.content.decode()
    client = as_user("drafter")
    with nothing_changes():
        assert "没有这个版本" in put_back(client, twice, key).content.decode()


def test_the_part_alone_is_for_the_review_page(newsroom, as_user, twice):
    response = compare(as_user("reviewer"), twice, "1", "2", part="1")
    assert "<html" not in response.content.decode() and "<ins>" in response.content.decode()


def test_somebody_of_another_department_compares_and_restores_nothing(newsroom, as_user, twice):
    """Scenario 18."""
    stranger = as_user("stranger")
    with nothing_changes():
        assert compare(stranger, twice, "1", "2").status_code == 403
        assert put_back(stranger, twice, "1").status_code == 403


def test_hostile_words_stay_words_in_a_comparison(newsroom, as_user):
    """Scenario 46."""
    article = newsroom.draft(title="<script>alert(1)</script>", body="<p>&lt;img src=x onerror=alert(1)&gt;</p>")
    save(article, newsroom.drafter, title="<script>alert(2)</script>", body="<p>&lt;svg onload=alert(1)&gt;</p>")
    page = visit(f"/admin/articles/article/{article.pk}/compare/?from=1.2&to=1.3", as_user("reviewer"))
    assert not page.all("img", src="x") and not page.all("svg", onload="alert(1)")
    assert not [script for script in page.all("script") if "alert" in script.words]


def test_comparing_asks_the_same_number_of_queries_however_many_wordings_there_are(newsroom, as_user, twice):
    """Scenario 47."""
    client = as_user("reviewer")

    def queries():
        compare(client, twice, "1", "2")
        with CaptureQueriesContext(connection) as asked:
            compare(client, twice, "1", "2")
        return len(asked)

    before = queries()
    for number in range(6):
        save(twice, newsroom.drafter, body=f"<p>第{number}次。</p>")
        give_back(newsroom.submitted(twice), newsroom.reviewer)
    assert queries() == before


# Restoring.


def test_an_earlier_revision_becomes_the_draft_and_what_stood_there_stays_in_the_history(newsroom, as_user, twice):
    draft = twice.active_draft()
    response = put_back(as_user("drafter"), twice, "1")
    assert response.status_code == 200 and "已恢复" in response.content.decode()
    after = twice.active_draft()
    assert (after.pk, after.body, after.version) == (draft.pk, "<p>三月十二日植树。</p>", draft.version + 1)
    assert find_text_version(twice, f"{draft.number}.{draft.version}").content()["body"] == "<p>三月十五日植树。</p>"
    (entry,) = entries(twice, "article.restored")
    assert (entry.data["revision"], entry.data["of"], entry.data["save"]) == (draft.number, 1, None)
    assert list(mismatches()) == []


def test_a_save_is_put_back_with_all_that_belonged_to_it(newsroom, as_user):
    article = newsroom.draft(
        title="第一版", body="<p>甲</p>", issued_on=timezone.localdate(), dated=timezone.now(), validity="in_force"
    )
    save(article, newsroom.drafter, columns=[newsroom.elsewhere])
    kept = article.active_draft()
    content = kept.content()
    save(
        article, newsroom.drafter, title="第二版", body="<p>乙</p>", columns=[], issued_on=None, dated=None, validity=""
    )
    put_back(as_user("colleague"), article, f"1.{kept.version}")
    after = article.active_draft()
    assert {**after.content(), "dated": None} == {**content, "dated": None}
    assert abs(after.dated - content["dated"]) < timedelta(milliseconds=1)


def test_whoever_had_a_hand_in_the_earlier_words_decides_on_none_of_them(newsroom, twice):
    """Invariant 2; scenario 2."""
    from tests.factories import grant

    grant(newsroom.colleague, "reviewer", newsroom.department, newsroom.admin)
    article = newsroom.published().article
    newsroom.rewritten(article)
    edit(article, newsroom.colleague, body="<p>同事的话。</p>")
    save_of_colleague = article.active_draft()
    services.discard(article, by=newsroom.drafter)
    source = find_text_version(article, str(save_of_colleague.number))
    services.restore(article, by=newsroom.drafter, source=source)
    again = services.submit(article, by=newsroom.drafter)
    assert newsroom.colleague.pk in again.contributor_ids()
    refused(again, newsroom.colleague)
    assert mine(newsroom.reviewer) == [again]


def test_a_settled_article_gets_a_new_draft_with_the_text_that_was_approved_earlier(newsroom, as_user):
    article = newsroom.published(body="<p>第一版。</p>").article
    newsroom.rewritten(article, body="<p>第二版。</p>")
    newsroom.published(article)
    put_back(as_user("colleague"), article, "1")
    draft = article.active_draft()
    assert draft.body == "<p>第一版。</p>"
    assert draft.based_on == article.publications.live().get().revision
    assert draft.contributor_ids() == {newsroom.colleague.pk}
    assert Article.objects.get(pk=article.pk).in_charge == newsroom.colleague
    waiting = services.submit(article, by=newsroom.colleague)
    approve(waiting, newsroom.reviewer)
    approve(Round.objects.get(pk=waiting.pk), newsroom.publisher)
    assert article.publications.live().get().revision.body == "<p>第一版。</p>"


def test_pictures_and_attachments_come_back_and_what_is_gone_is_named(newsroom, settings, tmp_path, as_user):
    from articles.files.storage import store_picture

    settings.MEDIA_ROOT = tmp_path
    file = store_picture(picture(), newsroom.drafter)
    article = newsroom.draft(body=f'<p>图</p><img src="{file.get_absolute_url()}" alt="图">')
    drafts.attach_file(
        article.active_draft(), file, name="原图", by=newsroom.drafter, version=article.active_draft().version
    )
    kept = article.active_draft()
    save(article, newsroom.drafter, body="<p>无图</p>", attachments=[])
    assert not article.active_draft().attachments.exists()
    lost = DraftSave.objects.get(revision=kept, version=kept.version)
    gone = {"digest": "e" * 64, "kind": "download", "name": "失踪", "caption": "", "position": 9}
    lost.update_sealed(content={**lost.content, "files": [*lost.content["files"], gone]})
    page = put_back(as_user("drafter"), article, f"1.{kept.version}").content.decode()
    assert "“失踪”已不存在" in page
    kinds = set(article.active_draft().attachments.values_list("kind", "name"))
    assert kinds == {("inline", ""), ("download", "原图")}


def test_during_a_review_nothing_is_put_back(newsroom, as_user, twice):
    services.submit(twice, by=newsroom.drafter)
    client = as_user("drafter")
    with nothing_changes():
        put_back(client, twice, "1")
    with pytest.raises(WrongState):
        services.restore(twice, by=newsroom.drafter, source=find_text_version(twice, "1"))
    assert compare(client, twice, "1", "2").context["restorable"] is None


def test_a_leader_who_does_not_write_is_not_offered_to_restore_and_cannot(newsroom, as_user, twice):
    reviewer = as_user("reviewer")
    assert compare(reviewer, twice, "1", "2").context["restorable"] is None
    assert compare(as_user("drafter"), twice, "1", "2").context["restorable"].key == "1"
    with nothing_changes():
        assert put_back(reviewer, twice, "1").status_code == 403


def test_restoring_is_done_by_post_only_and_not_through_the_other_acts(newsroom, as_user, twice):
    """Scenarios 12 and 23."""
    client = as_user("drafter")
    with nothing_changes():
        assert client.get(reverse("admin:articles_article_restore", args=[twice.pk])).status_code == 405
        client.post(reverse("admin:articles_article_act", args=[twice.pk, "restore"]))


def test_what_was_expunged_is_neither_compared_nor_put_back(newsroom, as_user):
    """Scenario 49."""
    article = newsroom.draft()
    services.discard(article, by=newsroom.drafter)
    services.expunge(article, by=newsroom.publisher, seconded_by=newsroom.admin, reason="依法销毁")
    response = compare(as_user("admin"), article)
    assert response.status_code == 200 and response.context["differences"] is None
    assert find_text_version(article, "1") is None
