"""The desk's home page for each role, over HTTP."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.reads import counting
from ledger.models import Run
from tests.factories import department, grant
from tests.ledger.attacker import tamper
from workflow import services
from workflow.actions.pipelines import record_change
from workflow.desk import home
from workflow.models import Pipeline, Round

pytestmark = pytest.mark.django_db


def home_page(client, **asked):
    return client.get("/admin/", asked).content.decode()


def test_a_drafter_finds_what_was_returned_and_why(newsroom, as_user):
    opened = newsroom.submitted(title="退回的稿")
    services.return_for_changes(opened, by=newsroom.reviewer, seen=opened.revision.digest, reason="请核对日期")
    page = home_page(as_user("drafter"))
    returned = page.partition('id="returned"')[2].partition("</section>")[0]
    assert "退回的稿" in returned and "请核对日期" in returned and newsroom.reviewer.full_name in returned
    assert "请核对日期" not in home_page(as_user("colleague"))


def test_a_drafter_sees_where_a_text_waits_since_when_and_with_whom(newsroom, as_user):
    newsroom.reviewed(title="在审的稿")
    page = home_page(as_user("drafter")).partition('id="in-review"')[2].partition("</section>")[0]
    assert "在审的稿" in page and "签发" in page and newsroom.publisher.full_name in page
    assert newsroom.reviewer.full_name not in page


def test_when_nobody_can_decide_it_is_said(newsroom, as_user):
    newsroom.submitted(title="没人审")
    newsroom.reviewer.is_active = False
    newsroom.reviewer.save()
    assert "目前无人可审" in home_page(as_user("drafter"))


def test_drafts_lie_on_the_desk_of_who_is_in_charge(newsroom, as_user):
    article = newsroom.draft(title="交给同事的")
    assert "交给同事的" in home_page(as_user("drafter"))
    services.hand_draft(article, by=newsroom.drafter, to=newsroom.colleague)
    assert "交给同事的" not in home_page(as_user("drafter")).partition('id="drafts"')[2]
    assert "交给同事的" in home_page(as_user("colleague")).partition('id="drafts"')[2]


def test_what_was_published_lately_stands_there_with_its_reads(newsroom, as_user):
    article = newsroom.published(title="已发的").article
    counting.add_reads(article, timezone.localdate(), 321)
    page = home_page(as_user("drafter")).partition('id="published"')[2].partition("</section>")[0]
    assert "已发的" in page and "321 次阅读" in page
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="")
    assert 'id="published"' not in home_page(as_user("drafter"))


@pytest.fixture
def in_a_day(newsroom):
    """The first step has a day's time."""
    pipeline = Pipeline.objects.get(is_default=True)
    step = pipeline.steps.order_by("position").first()
    step.due_hours = 24
    step.save()
    record_change(pipeline, by=newsroom.admin, is_new=False)
    return newsroom


@pytest.mark.parametrize(("hours", "words"), [(1, ""), (21, "即将到期"), (25, "已超时")])
def test_a_leader_sees_what_waits_for_how_long_and_whether_it_is_due(in_a_day, as_user, hours, words):
    with time_machine.travel(timezone.now() - timedelta(hours=hours)):
        in_a_day.submitted(title="待审的稿")
    page = home_page(as_user("reviewer")).partition('id="waiting"')[2].partition("</section>")[0]
    assert "待审的稿" in page and "已等待" in page
    for said in ("即将到期", "已超时"):
        assert (said in page) == (said == words)


def test_a_leader_sees_what_they_decided_and_what_became_of_it(newsroom, as_user):
    newsroom.published(title="发出去的")
    opened = newsroom.submitted(title="退回去的")
    services.return_for_changes(opened, by=newsroom.reviewer, seen=opened.revision.digest, reason="改")
    page = home_page(as_user("reviewer")).partition('id="decided"')[2].partition("</section>")[0]
    assert page.index("退回去的") < page.index("发出去的") and "已发布" in page and "已退回" in page
    assert 'id="decided"' not in home_page(as_user("drafter"))


def test_a_leader_reads_the_month_of_the_department_in_figures(newsroom, as_user):
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        newsroom.published()
    with time_machine.travel(timezone.now() - timedelta(days=4)):
        waiting = newsroom.reviewed()
    publication = services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    opened = newsroom.submitted()
    services.return_for_changes(opened, by=newsroom.reviewer, seen=opened.revision.digest, reason="改")
    counting.add_reads(publication.article, timezone.localdate(), 7)
    cache.clear()
    month = as_user("publisher").get("/admin/").context["month_report"]["month"]
    assert (month.published, month.returned, month.reads, month.median_days) == (1, 1, 7, 4.0)
    page = home_page(as_user("publisher"))
    assert "chart.umd.min.js" in page and "逐日数字" in page
    assert "chart.umd.min.js" not in home_page(as_user("drafter"))


def test_a_leader_of_several_departments_picks_one_and_only_of_their_own(newsroom, as_user):
    grant(newsroom.publisher, "publisher", newsroom.elsewhere, newsroom.admin)
    third = department("第三", newsroom.admin)
    newsroom.published()
    publisher = as_user("publisher")
    asked = [{}, {"department": newsroom.elsewhere.pk}, {"department": third.pk}, {"department": "x"}]
    months = [publisher.get("/admin/", one).context["month_report"] for one in asked]
    assert [one["chosen"] for one in months] == [None, newsroom.elsewhere, None, None]
    assert [one["month"].published for one in months] == [1, 0, 1, 1]
    assert third not in months[0]["departments"]


def test_a_superuser_sees_the_health_of_the_site(in_a_day, as_user):
    with time_machine.travel(timezone.now() - timedelta(days=3)):
        in_a_day.submitted()
    in_a_day.submitted()
    tamper("UPDATE accounts_user SET is_active = FALSE WHERE id = %s", [in_a_day.reviewer.pk])
    cache.clear()
    found = home.site_health()
    assert (found.overdue_count, found.stranded_count) == (1, 2)
    page = home_page(as_user("admin")).partition('id="health"')[2].partition("</section>")[0]
    assert "2 个栏目 90 天未更新" in page and "尚无记录" in page
    assert 'id="health"' not in home_page(as_user("publisher"))


def test_a_column_is_stale_when_nothing_appeared_for_ninety_days(newsroom):
    newsroom.published()
    with time_machine.travel(timezone.now() + timedelta(days=89)):
        assert [one for one, _at in home.stale_departments(timezone.now())] == [newsroom.elsewhere]
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert newsroom.department in [one for one, _at in home.stale_departments(timezone.now())]


def test_a_verification_is_noted_with_what_it_found(newsroom, as_user):
    newsroom.published(title="原题")
    call_command("verify", stdout=StringIO())
    assert Run.objects.get(kind="verify").ok
    tamper("UPDATE articles_publication SET title = '改过'", [])
    with pytest.raises(CommandError):
        call_command("verify", stdout=StringIO())
    noted = Run.objects.get(kind="verify")
    assert not noted.ok and noted.findings >= 1
    assert f"发现 {noted.findings} 处问题" in home_page(as_user("admin"))


def test_whoever_makes_the_backups_has_them_noted(newsroom, as_user):
    call_command("note_run", "backup")
    assert "尚无记录" in home_page(as_user("admin"))  # of the patrol
    assert Run.objects.get(kind="backup").ok
    call_command("note_run", "backup", "--failed")
    assert "失败" in home_page(as_user("admin")).partition('id="health"')[2].partition("</section>")[0]
    with pytest.raises(CommandError):
        call_command("note_run", "nonsense")


def queries(client):
    cache.clear()
    with CaptureQueriesContext(connection) as counted:
        assert client.get("/admin/").status_code == 200
    return len(counted)


def test_the_number_of_queries_stays_flat_as_the_site_grows(newsroom, as_user):
    """Scenario 47."""

    def grow():
        newsroom.draft()
        newsroom.submitted()
        opened = newsroom.submitted()
        services.return_for_changes(opened, by=newsroom.reviewer, seen=opened.revision.digest, reason="改")
        newsroom.published()

    clients = [as_user(name) for name in ("drafter", "reviewer", "publisher", "admin")]
    for _ in range(2):
        grow()
    few = [queries(client) for client in clients]
    for _ in range(6):
        grow()
    assert Round.objects.count() > 15
    assert [queries(client) for client in clients] == few
    assert max(few) <= 45
