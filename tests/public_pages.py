"""One example of every public page, as a real response."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views.defaults import server_error

from articles.drafts import seal_draft
from articles.files.storage import store_picture
from articles.models import Attachment
from feedback.letter_actions import change_state
from feedback.models import LetterState
from portal import views
from tests.factories import Newsroom, department, expired
from tests.feedback.factories import letter
from tests.images import pasted, picture
from tests.ledger.attacker import tamper
from workflow import services
from workflow.actions import preview_links

RICH = """<p>第一段正文，足够长，以便在窄窗口中折行；其中有<a href="https://www.example.org/">一个外部链接</a>。</p>
<h2>一、表格</h2><table><caption>名额分配</caption><thead><tr><th>部门</th><th>名额</th><th>截止日期</th><th>负责处室</th></tr></thead>
<tbody><tr><td>机关工委</td><td>10</td><td>2026年4月1日</td><td>组织部组织指导处</td></tr></tbody></table>
<h3>（一）图片</h3><figure>{picture}<figcaption>示意图：公众读到的，正是领导签发的。</figcaption></figure>
<blockquote><p>引文一段。</p></blockquote><ul><li>第一项</li><li>第二项</li></ul>
<p class="align-right">机关工委<br>2026年3月12日</p>"""


@dataclass(frozen=True)
class Shown:
    """What the site answered: for an address, or, where no address leads to such a page, from its handler."""

    address: str
    response: HttpResponse

    @property
    def html(self) -> str:
        return self.response.content.decode()

    @property
    def is_refusal(self) -> bool:
        return self.response.status_code >= 400


def every_kind(newsroom: Newsroom) -> dict[str, Shown]:
    """Kind → its page. Leaves one article broken in the database, as if somebody had tampered with it."""
    where = _addresses(newsroom)
    client = Client()
    shown = {kind: Shown(address, client.get(address)) for kind, address in where.items()}
    request = RequestFactory().get("/", headers={"host": "testserver"})
    made: dict[str, Any] = {
        "400": lambda: views.bad_request(request, ValueError()),
        "403": lambda: views.forbidden(request, PermissionError("")),
        "403 of a form": lambda: views.csrf_failure(request),
        "500": lambda: server_error(request),
    }
    return shown | {kind: Shown(f"/made-up/{kind.split()[0]}/", answer()) for kind, answer in made.items()}


def _addresses(newsroom: Newsroom) -> dict[str, str]:
    column = department("公告栏", newsroom.admin, parent=newsroom.department)
    article = _rich_article(newsroom)
    gone = newsroom.published(title="撤下的一篇").article
    services.withdraw(gone, by=newsroom.publisher, reason="有误", notice="本文数据有误，现予撤下。")
    over = expired(newsroom.published(title="到期的一篇"))
    broken = newsroom.published(title="被改的一篇")
    for number in range(30):
        newsroom.published(title=f"第{number}篇：关于“两学一做”学习教育常态化制度化工作的情况通报", summary="摘要" * 20)
    draft = newsroom.draft(title="未发布的一篇", body="<p>尚在审核的正文。</p>")
    _, token = preview_links.create_link(draft, by=newsroom.drafter)
    tamper("UPDATE articles_publication SET title = %s WHERE id = %s", ["被改过", broken.pk])
    home = f"/{newsroom.department.slug}/"
    page = article.get_absolute_url()
    leave = Client().get(page).content.decode().partition('href="/leave/')[2].partition('"')[0].replace("&amp;", "&")
    return {
        "home": "/",
        "listing": f"{home}?page=2",
        "narrowed listing": f"{home}?q=第1篇&year={timezone.localdate().year}",
        "narrowed to nothing": f"{home}?q=没有",
        "narrowed by what is no year": f"{home}?year=0",
        "empty column": column.get_absolute_url(),
        "article": page,
        "proof": f"{page}proof/",
        "search": "/search/",
        "search with results": "/search/?q=学习",
        "search without results": "/search/?q=不存在的词",
        "letter to write": f"/feedback/?about={article.article_id}",
        "letter with its answer": f"/feedback/{_answered_letter(newsroom, article)}/",
        "leave": f"/leave/{leave}",
        "preview": f"/preview/{token}/",
        "preview that ended": "/preview/ended/",
        "404": "/nothing/",
        "410 withdrawn": f"{home}{gone.pk}/",
        "410 expired": f"{home}{over.pk}/",
        "503": f"{home}{broken.article_id}/",
    }


def _answered_letter(newsroom: Newsroom, article: Any) -> str:
    """The receipt of a letter about the article that was answered."""
    written = letter(query=f"?about={article.article_id}")
    words = {"to": LetterState.ANSWERED, "expected_state": LetterState.NEW, "answer": "已经更正，谢谢。"}
    change_state(written, by=newsroom.admin, **words)
    return written.receipt


def _rich_article(newsroom: Newsroom) -> Any:
    """With everything that an article can have: table, picture, attachment, fields of a document, a correction."""
    drawing = store_picture(picture(size=(640, 360), colour="#888"), newsroom.drafter)
    article = newsroom.draft(
        title="关于做好2026年春季义务植树活动有关安排的通知",
        subtitle="附名额分配表",
        body=RICH.format(picture=pasted(picture(size=(800, 300), colour="#7a9"))),
        author="韩兴国",
        source="机关绿化办",
        keywords="植树 绿化",
        document_number="直工〔2026〕5号",
        issuing_body="省直机关工委",
        issued_on=date(2026, 3, 1),
        validity="repealed",
    )
    draft = article.active_draft()
    Attachment.objects.create(revision=draft, file=drawing, name="名额分配表.png", caption="共两页")
    seal_draft(draft)
    newsroom.published(article)
    return newsroom.published(newsroom.rewritten(article, subtitle="附名额分配表（更正）"))
