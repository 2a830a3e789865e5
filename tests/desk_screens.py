"""One example of every desk page, with the person who opens it.

Whoever makes a screen adds a line to `_screens` (and to `_lived_in` what it needs to have something on it): then
tests/browser/test_desk_accessibility.py looks at it in both schemes and widths.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from articles import drafts
from articles.models import Article
from departments.models import Role
from ledger.models import Alarm, Entry
from ledger.monitoring import alarms
from legacy import old_addresses
from tests.factories import Newsroom, person
from tests.feedback.factories import letter
from tests.workflow.confirmation_factories import puppet
from workflow import services
from workflow.actions import delegations, pipelines
from workflow.models import Delivery, DeliveryState, Notification, Pipeline, Round

LONG = "关于进一步做好2026年度省直机关基层党组织换届选举和党员发展有关工作的补充通知（征求意见稿）"


@dataclass(frozen=True)
class Screen:
    """`who`: a name in Newsroom.people, or "" for somebody who has not signed in."""

    who: str
    address: str


@dataclass(frozen=True)
class LivedIn:
    """What the screens are about, one of each."""

    draft: Article
    returned: Article
    waiting: Round  # for the reviewer
    last: Round  # for the publisher
    live: Article
    rewritten: Article  # published, with a later text in review


def every_screen(newsroom: Newsroom) -> dict[str, Screen]:
    """Kind → who looks at it, and where. Adds a newcomer without any role to the people."""
    newsroom.people["newcomer"] = person("newcomer")
    things = _lived_in(newsroom)
    puppet(newsroom, "unconfirmed", "reviewer")
    return _screens(newsroom, things)


def _screens(newsroom: Newsroom, things: LivedIn) -> dict[str, Screen]:
    article, own = "/admin/articles/article/", "/admin/accounts/user/"
    draft = things.draft.active_draft()
    return {
        "signing in": Screen("", "/admin/login/"),
        "own password": Screen("drafter", "/admin/password_change/"),
        # Home
        "home of a drafter": Screen("drafter", "/admin/"),
        "home of a reviewer": Screen("reviewer", "/admin/"),
        "home of a publisher": Screen("publisher", "/admin/"),
        "home of a superuser": Screen("admin", "/admin/"),
        "home of somebody without work": Screen("newcomer", "/admin/"),
        "messages": Screen("drafter", "/admin/workflow/notification/"),
        "no messages": Screen("newcomer", "/admin/workflow/notification/"),
        # Writing
        "articles": Screen("drafter", article),
        "articles that were not found": Screen("drafter", f"{article}?q=没有这样的稿件"),
        "articles narrowed by what makes no sense": Screen("drafter", f"{article}?state=nonsense&since=2014-02-30"),
        "new article": Screen("drafter", f"{article}add/"),
        "draft": Screen("drafter", f"{article}{things.draft.pk}/change/"),
        "returned draft": Screen("drafter", f"{article}{things.returned.pk}/change/"),
        "copy": Screen("drafter", f"{article}{things.live.pk}/copy/"),
        "overview of a draft": Screen("drafter", f"{article}{things.draft.pk}/overview/"),
        "overview in review": Screen("drafter", f"{article}{things.waiting.article_id}/overview/"),
        "overview of what is public": Screen("publisher", f"{article}{things.live.pk}/overview/"),
        "comparison": Screen("drafter", f"{article}{things.returned.pk}/compare/"),
        "import of people": Screen("admin", "/admin/departments/membership/import/"),
        "accounts to confirm": Screen("publisher", "/admin/accounts/identitychange/"),
        "own account to be confirmed": Screen("unconfirmed", "/admin/accounts/identitychange/"),
        "no account to confirm": Screen("newcomer", "/admin/accounts/identitychange/"),
        "preview": Screen("drafter", f"{article}{things.draft.pk}/revisions/{draft.number}/"),
        # Deciding
        "queue": Screen("reviewer", "/admin/workflow/round/"),
        "empty queue": Screen("newcomer", "/admin/workflow/round/"),
        "review": Screen("reviewer", f"/admin/workflow/round/{things.waiting.pk}/review/"),
        "last review": Screen("publisher", f"/admin/workflow/round/{things.last.pk}/review/"),
        "review of a change": Screen("reviewer", f"/admin/workflow/round/{_open_round(things.rewritten).pk}/review/"),
        "review by who may not decide": Screen("drafter", f"/admin/workflow/round/{things.waiting.pk}/review/"),
        "approval sheet": Screen("publisher", f"/admin/workflow/round/{things.live.rounds.get().pk}/sheet/"),
        "waiting for nobody": Screen("admin", "/admin/workflow/round/stranded/"),
        # Letters
        "letters": Screen("publisher", "/admin/feedback/letter/"),
        "letter": Screen("admin", f"/admin/feedback/letter/{things.live.letters.first().pk}/change/"),
        # Administration
        "people": Screen("admin", own),
        "new person": Screen("admin", f"{own}add/"),
        "person": Screen("admin", f"{own}{newsroom.drafter.pk}/change/"),
        "password of a person": Screen("admin", f"{own}{newsroom.drafter.pk}/password/"),
        "departments": Screen("admin", "/admin/departments/department/"),
        "new department": Screen("admin", "/admin/departments/department/add/"),
        "department": Screen("admin", f"/admin/departments/department/{newsroom.department.pk}/change/"),
        "department to delete": Screen("admin", f"/admin/departments/department/{newsroom.elsewhere.pk}/delete/"),
        "history of a department": Screen("admin", f"/admin/departments/department/{newsroom.department.pk}/history/"),
        "roles": Screen("admin", "/admin/departments/role/"),
        "role": Screen("admin", f"/admin/departments/role/{Role.objects.first().pk}/change/"),
        "memberships": Screen("admin", "/admin/departments/membership/"),
        "new membership": Screen("admin", "/admin/departments/membership/add/"),
        "pipelines": Screen("admin", "/admin/workflow/pipeline/"),
        "pipeline": Screen("admin", f"/admin/workflow/pipeline/{Pipeline.objects.get(is_default=True).pk}/change/"),
        "new pipeline": Screen("admin", "/admin/workflow/pipeline/add/"),
        "pipelines of departments": Screen("admin", "/admin/workflow/pipelinechoice/"),
        "new pipeline of a department": Screen("admin", "/admin/workflow/pipelinechoice/add/"),
        "quick phrases": Screen("admin", "/admin/workflow/quickphrase/"),
        "new quick phrase": Screen("admin", "/admin/workflow/quickphrase/add/"),
        "delegations": Screen("publisher", "/admin/workflow/delegation/"),
        "new delegation": Screen("publisher", "/admin/workflow/delegation/add/"),
        "deliveries": Screen("admin", "/admin/workflow/delivery/"),
        "ledger": Screen("admin", "/admin/ledger/entry/"),
        "ledger, narrowed": Screen("admin", "/admin/ledger/entry/?area=article&q=甲"),
        "entry of the ledger": Screen(
            "admin", f"/admin/ledger/entry/{Entry.objects.order_by('-pk').first().pk}/change/"
        ),
        "alarms": Screen("admin", "/admin/ledger/alarm/"),
        "alarm": Screen("admin", f"/admin/ledger/alarm/{Alarm.objects.get().pk}/change/"),
        "identities": Screen("admin", "/admin/portal/identity/"),
        "new identity": Screen("admin", "/admin/portal/identity/add/"),
        "home blocks": Screen("admin", "/admin/portal/homeblock/"),
        "new home block": Screen("admin", "/admin/portal/homeblock/add/"),
        "old addresses": Screen("admin", "/admin/legacy/oldaddress/"),
        "new old address": Screen("admin", "/admin/legacy/oldaddress/add/"),
        "part of the administration": Screen("admin", "/admin/workflow/"),
    }


def _open_round(article: Article) -> Round:
    return article.rounds.open().get()


def _lived_in(newsroom: Newsroom) -> LivedIn:
    live = newsroom.published(title=LONG, summary="摘要" * 20).article
    rewritten = newsroom.rewritten(newsroom.published(title="值班安排").article)
    services.submit(rewritten, by=newsroom.drafter)
    returned = newsroom.submitted(title="植树活动的通知")
    reason = "第二段的数字请与附件核对，落款日期有误。"
    services.return_for_changes(returned, by=newsroom.reviewer, seen=returned.revision.digest, reason=reason)
    late = newsroom.submitted(title=f"超期：{LONG}")
    late.steps.get(position=1).update_sealed(reached_at=timezone.now() - timedelta(hours=60))
    things = LivedIn(
        draft=newsroom.draft(title=LONG),
        returned=returned.article,
        waiting=newsroom.submitted(title=LONG),
        last=newsroom.reviewed(title=LONG),
        live=live,
        rewritten=rewritten,
    )
    _house(newsroom, live)
    return things


def _house(newsroom: Newsroom, live: Article) -> None:
    """What superusers deal with: a deputy, a letter, a message that could not be sent, an alarm, a stranded round."""
    now = timezone.now()
    delegations.delegate(
        principal=newsroom.publisher,
        deputy=newsroom.colleague,
        begins_at=now,
        ends_at=now + timedelta(days=7),
        by=newsroom.publisher,
    )
    # Nobody else decides there.
    words = {"title": LONG, "body": "<p>示例正文。</p>"}
    lonely = drafts.create_article(department=newsroom.elsewhere, content=words, by=newsroom.stranger)[0]
    services.submit(lonely, by=newsroom.stranger)
    letter(query=f"?about={live.pk}")
    stuck = Delivery(
        notification=Notification.objects.first(),
        channel="email",
        state=DeliveryState.GIVEN_UP,
        attempts=8,
        last_error="[Errno 111] Connection refused: mail.example.org:25",
    )
    stuck.apply_seal()
    stuck.save()
    alarms.reset_throttling()
    alarms.raise_alarm("publication 7", "%(words)s", words="签章不符，该页未予显示")
    other = Pipeline.objects.exclude(is_default=True).first()
    pipelines.choose_pipeline(newsroom.elsewhere, other, by=newsroom.admin)
    old_addresses.create_old_address("/zzjs/2015/0312/1234.html", by=newsroom.admin, article=live)
    call_command("remind")
