"""Whatever a page that is out of date sends is answered with a clear message, never with 500.

Each address of the desk that takes an article, a revision, a round or a remark, in each state that others can bring the
article into while the page is open.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from articles.models import Article
from articles.text.passages import Quote
from departments import services as grants
from departments.models import Membership
from tests.workflow.action_factories import DAY
from workflow import services
from workflow.actions import remarks
from workflow.rules.transitions import TRANSITIONS, Who

pytestmark = pytest.mark.django_db


PRESSED_BY = {Who.DRAFTER: "drafter", Who.AUTHOR: "drafter", Who.DECIDER: "reviewer", Who.SUPERUSER: "admin"}


class Request(NamedTuple):
    """What an open page can send. `name`: that of the address."""

    name: str
    who: str
    method: str
    address: str
    data: dict


def write(newsroom, article):
    """The article with a returned round, a remark and a new draft: every kind of number that an address can take."""
    waiting = services.submit(article, by=newsroom.drafter)
    remarks.add_remark(waiting, newsroom.reviewer, Quote("示例", "", ""), field="body", text="改", replacement="范例")
    digest = waiting.revision.digest
    services.return_for_changes(waiting, by=newsroom.reviewer, seen=digest, reason="请改")
    return Article.objects.get(pk=article.pk)


def open_pages(newsroom, article) -> list[Request]:
    """What the pages that people have open now would send later."""
    draft, returned = article.active_draft(), article.rounds.get(state="returned")
    remark = returned.remarks.get()
    here, round_page = f"/admin/articles/article/{article.pk}", f"/admin/workflow/round/{returned.pk}"
    words = {"title": "改过", "body": "<p>改过。</p>", "version": draft.version, "department": article.department_id}
    remark_words = {"field": "body", "exact": "示例", "prefix": "", "suffix": "", "text": "再改", "kind": "remark"}
    found = [
        Request(
            "articles_editing_autosave",
            "drafter",
            "post",
            "/admin/articles/article/editing/autosave/",
            words | {"article": article.pk},
        ),
        Request("articles_article_change", "drafter", "get", f"{here}/change/", {}),
        Request("articles_article_change", "drafter", "post", f"{here}/change/", words),
        Request("articles_article_change", "drafter", "post", f"{here}/change/", words | {"_submit": "1"}),
        Request("articles_article_overview", "drafter", "get", f"{here}/overview/", {}),
        Request("articles_article_copy", "drafter", "get", f"{here}/copy/", {}),
        Request("articles_article_copy", "drafter", "post", f"{here}/copy/", {"department": article.department_id}),
        Request("articles_article_share", "drafter", "post", f"{here}/share/", {}),
        Request("articles_article_share", "drafter", "post", f"{here}/share/", {"revoke": "1"}),
        Request("articles_article_preview", "drafter", "get", f"{here}/revisions/{draft.number}/", {}),
        Request("articles_article_compare", "drafter", "get", f"{here}/compare/", {}),
        Request(
            "articles_article_compare",
            "drafter",
            "get",
            f"{here}/compare/",
            {"from": "1", "to": f"{draft.number}", "part": "1"},
        ),
        Request("articles_article_restore", "drafter", "post", f"{here}/restore/", {"wording": "1"}),
        Request("articles_article_history", "admin", "get", f"{here}/history/", {}),
        Request("articles_article_delete", "admin", "get", f"{here}/delete/", {}),
        Request("articles_article_sheet", "publisher", "get", f"{here}/publications/1/sheet/", {}),
        Request("articles_article_sheet_code", "publisher", "get", f"{here}/publications/1/proof.svg", {}),
        Request("workflow_round_review", "reviewer", "get", f"{round_page}/review/", {}),
        Request(
            "workflow_round_review",
            "reviewer",
            "post",
            f"{round_page}/review/",
            {"verdict": "approve", "opened": "x", "comment": ""},
        ),
        Request(
            "workflow_round_review",
            "reviewer",
            "post",
            f"{round_page}/review/",
            {"verdict": "return", "opened": "x", "comment": "请改"},
        ),
        Request("workflow_round_outcome", "reviewer", "get", f"{round_page}/outcome/", {}),
        Request("workflow_round_sheet", "reviewer", "get", f"{round_page}/sheet/", {}),
        Request("workflow_round_sheet_code", "reviewer", "get", f"{round_page}/sheet/proof.svg", {}),
        Request(
            "workflow_round_changelist",
            "reviewer",
            "post",
            "/admin/workflow/round/",
            {"chosen": f"{returned.pk}:{returned.revision.digest}"},
        ),
        Request("workflow_remark_make", "reviewer", "post", f"{round_page}/remarks/", remark_words),
        Request(
            "workflow_remark_withdraw", "reviewer", "post", f"/admin/workflow/round/remarks/{remark.pk}/withdraw/", {}
        ),
        Request(
            "workflow_remark_take",
            "drafter",
            "post",
            f"/admin/workflow/round/remarks/{remark.pk}/take/",
            {"version": draft.version},
        ),
        Request("workflow_remark_settle", "drafter", "post", f"/admin/workflow/round/remarks/{remark.pk}/settle/", {}),
    ]
    fields = {"reason": "理由", "notice": "已撤稿", "seen": "x", "to": newsroom.elsewhere.pk}
    for transition in TRANSITIONS.values():
        action, who = transition.action, PRESSED_BY.get(transition.who, "publisher")
        data = {f"{action}-{name}": value for name, value in {**fields, "person": newsroom.colleague.pk}.items()}
        found.append(Request("articles_article_act", who, "post", f"{here}/act/{action}/", data))
    return found


def discard(newsroom, article):
    services.discard(article, by=newsroom.colleague)


def expunge(newsroom, article):
    discard(newsroom, article)
    services.expunge(article, by=newsroom.publisher, seconded_by=newsroom.admin, reason="泄露")


def lose_every_role(newsroom, article):
    for membership in Membership.objects.filter(department=newsroom.department):
        grants.revoke_role(membership, by=newsroom.admin)


MEANWHILE: dict[str, Callable] = {
    "nothing": lambda newsroom, article: None,
    "discarded": discard,
    "expunged": expunge,
    "submitted": lambda newsroom, article: newsroom.submitted(article),
    "waiting for the last step": lambda newsroom, article: newsroom.reviewed(article),
    "published": lambda newsroom, article: newsroom.published(article),
    "scheduled": lambda newsroom, article: newsroom.published(article, at=timezone.now() + DAY),
    "withdrawn": lambda newsroom, article: services.withdraw(
        newsroom.published(article).article, by=newsroom.publisher, reason="有误", notice="已撤稿"
    ),
    "moved": lambda newsroom, article: services.move(article, by=newsroom.admin, to=newsroom.elsewhere),
    "the roles lost": lose_every_role,
}
OF_WHAT_IS_PUBLIC: dict[str, Callable] = {
    "parked": lambda newsroom, article: services.park(article, by=newsroom.drafter),
    "the new version discarded": discard,
    "the new version published": lambda newsroom, article: newsroom.published(article),
    "the public version withdrawn": lambda newsroom, article: services.withdraw(
        article, by=newsroom.publisher, reason="有误", notice="已撤稿"
    ),
}


QUICK = {"discarded", "published", "the roles lost"}


def quick_first(changes):
    """The names of the changes; those that are least like the others are tried in every run."""
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in changes]


def problem(client, request):
    """What is wrong with the answer, "" if nothing is."""
    client.raise_request_exception = False
    send = client.get if request.method == "get" else client.post
    answer = send(request.address, request.data, follow=True)
    if answer.status_code >= 500:
        return f"{answer.status_code}: {answer.exc_info[1]!r}" if getattr(answer, "exc_info", None) else "500"
    if answer["Content-Type"].startswith("application/json"):
        said = answer.json()
        if answer.status_code == 200:
            return ""
        return (
            "" if said.get("sentence") or said.get("error") or any(said.get("errors", {}).values()) else "no sentence"
        )
    if answer.status_code in (403, 404):
        return "" if re.search(r"<h1[^>]*>\s*\S", answer.content.decode()) else "a refusal without a heading"
    if request.method == "post":
        html = answer.content.decode()
        return (
            ""
            if re.search(
                r'role="alert"|class="(messagelist|errorlist|errornote|notice|[^"]*(problem|refus|conflict))', html
            )
            else "no message"
        )
    return ""


def assert_every_answer_is_clear(newsroom, as_user, article, change):
    requests = open_pages(newsroom, article)
    clients = {who: as_user(who) for who in ("drafter", "reviewer", "publisher", "admin")}
    change(newsroom, Article.objects.get(pk=article.pk))
    problems = []
    for request in requests:
        with transaction.atomic():  # undone, so that each request meets the same state
            if found := problem(clients[request.who], request):
                problems.append(f"{request.who} {request.method} {request.address}: {found}")
            transaction.set_rollback(True)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("change", quick_first(MEANWHILE))
def test_what_a_page_sends_after_its_article_has_changed_is_answered_clearly(newsroom, as_user, change):
    article = write(newsroom, newsroom.draft())
    assert_every_answer_is_clear(newsroom, as_user, article, MEANWHILE[change])


@pytest.mark.parametrize("change", quick_first(OF_WHAT_IS_PUBLIC))
@pytest.mark.slow
def test_what_a_page_of_a_new_version_sends_later_is_answered_clearly(newsroom, as_user, change):
    article = write(newsroom, newsroom.rewritten(newsroom.published(body="<p>示例正文。</p>").article))
    assert_every_answer_is_clear(newsroom, as_user, article, OF_WHAT_IS_PUBLIC[change])


def named(patterns, inside=""):
    """(name, whole pattern) of every address."""
    for one in patterns:
        whole = f"{inside}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from named(one.url_patterns, whole)
        elif isinstance(one, URLPattern) and one.name:
            yield one.name, whole


def test_every_address_of_the_desk_that_takes_a_number_is_tried(newsroom):
    article = write(newsroom, newsroom.draft())
    tried = {request.name for request in open_pages(newsroom, article)}
    taking = {
        name
        for name, pattern in named(get_resolver().url_patterns)
        if re.match(r"admin/(articles/article|workflow/round)/", pattern) and "<" in pattern
    }
    assert taking <= tried, taking - tried
