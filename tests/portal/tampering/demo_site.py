"""A small site with an example of every public page, and the addresses of these pages."""

from datetime import date, timedelta
from urllib.parse import quote

from django.test import Client
from django.utils import timezone

from articles.drafts import seal_draft
from articles.files.storage import store_document, store_picture
from articles.models import Attachment, File, Publication
from articles.reads import counting
from articles.search import partitions
from departments import services as departments
from departments.models import Department, DepartmentKind
from feedback.letter_actions import change_state
from feedback.models import LetterState
from legacy.old_addresses import create_old_address
from portal.home.block_settings import save_block
from portal.models import BlockKind, HomeBlock
from tests.factories import Newsroom, department
from tests.feedback.factories import letter
from tests.images import pasted, picture
from workflow import services

DAY = timedelta(days=1)
EXPIRES_IN = timedelta(minutes=5)  # of the article that has run out: look at the site later than that
BODY = """<p>第一段：义务植树从三月十二日开始，<a href="https://www.example.org/">详见外站</a>。</p>
<h2>名额</h2><table><caption>名额分配</caption><tbody><tr><td>机关工委</td><td>10</td></tr></tbody></table>
<figure>{picture}<figcaption>示意图</figcaption></figure>"""
OLD_ARTICLE, OLD_DEPARTMENT = "/Article/ShowArticle.asp?ArticleID=12", "/zzjs/index.html"


def build_site(newsroom: Newsroom) -> dict[str, str]:
    """Kind of page → its address on this site."""
    admin, home = newsroom.admin, newsroom.department
    partitions.add_partitions([timezone.now() - 2 * DAY])
    former = home.slug
    home.slug, home.description, home.keywords = "zuzhi", "组织部门的工作", "组织 人事"
    departments.save_department(home, by=admin)
    column = department("公告栏", admin, parent=home, kind=DepartmentKind.COLUMN, responsible=home)
    departments.save_department(
        Department(name="中国政府网", kind=DepartmentKind.LINK, url="https://www.gov.cn/", position=9), by=admin
    )
    for kind, where in [(BlockKind.HEADLINES, None), (BlockKind.DEPARTMENT, home), (BlockKind.MOST_READ, None)]:
        save_block(HomeBlock(kind=kind, department=where, how_many=5), by=admin)
    article = _rich_article(newsroom, column)
    gone = newsroom.published(title="撤下的一篇").article
    services.withdraw(gone, by=newsroom.publisher, reason="有误", notice="本文数据有误，现予撤下。")
    over = newsroom.published(title="到期的一篇").article
    services.expire(over, by=newsroom.publisher, at=timezone.now() + EXPIRES_IN)
    newsroom.published(title="外站的一篇", body="", address="https://www.example.org/plan.html")
    for number in (3, 2, 1):
        newsroom.published(
            title=f"第{number}篇关于绿化的通报",
            summary=f"摘要{number}",
            keywords="绿化",
            dated=timezone.now() - number * DAY,
        )
    counting.add_reads(article, timezone.localdate(), 7)
    create_old_address(OLD_ARTICLE, article=article, by=admin)
    create_old_address(OLD_DEPARTMENT, department=home, by=admin)
    answered, closed = letter(query=f"?about={article.pk}"), letter(text="第二封信，问的是另一件事情。", page="/zuzhi/")
    words = {"to": LetterState.ANSWERED, "expected_state": LetterState.NEW, "answer": "已经更正，谢谢。"}
    change_state(answered, by=admin, **words)
    change_state(closed, by=admin, to=LetterState.CLOSED, expected_state=LetterState.NEW)
    page = Publication.objects.live().get(article=article).get_absolute_url()
    files = {file.extension: file for file in File.objects.order_by("pk")}
    leave = Client().get(page).content.decode().partition('href="/leave/')[2].partition('"')[0].replace("&amp;", "&")
    return {
        "home": "/",
        "home in English": "/en/",
        "listing": "/zuzhi/",
        "listing of a year": f"/zuzhi/?year={timezone.localdate().year}",
        "listing by words": f"/zuzhi/?q={quote('绿化')}",
        "column": column.get_absolute_url(),
        "former address": f"/{former}/",
        "article": page,
        "article in English": f"/en{page}",
        "article at another department": f"{newsroom.elsewhere.get_absolute_url()}{article.pk}/",
        "code of the article": f"{page}code.svg",
        "proof": f"{page}proof/",
        "proof for programs": f"{page}proof.json",
        "withdrawn": f"/zuzhi/{gone.pk}/",
        "expired": f"/zuzhi/{over.pk}/",
        "expired in English": f"/en/zuzhi/{over.pk}/",
        "never there": "/zuzhi/999999/",
        "search": "/search/",
        "search by words": f"/search/?q={quote('绿化')}",
        "search by words of a body": f"/search/?q={quote('义务植树')}&sort=date",
        "search by filters": f"/search/?department=zuzhi&author={quote('韩兴国')}&number={quote('直工')}",
        "search for nothing": f"/search/?q={quote('绿化 不存在的词')}",
        "feed": "/feed/",
        "feed of a department": "/zuzhi/feed/",
        "sitemap": "/sitemap.xml",
        "sitemap of articles": "/sitemap-articles.xml",
        "robots": "/robots.txt",
        "head of the ledger": "/ledger/head.json",
        "letter to write": f"/feedback/?about={article.pk}",
        "letter answered": f"/feedback/{answered.receipt}/",
        "letter closed": f"/feedback/{closed.receipt}/",
        "receipt looked up": f"/feedback/?receipt={answered.receipt}",
        "receipt unknown": f"/feedback/?receipt={'2' * 20}",
        "old address of an article": OLD_ARTICLE,
        "old address of a department": OLD_DEPARTMENT,
        "leave": f"/leave/{leave}",
        "document": files["pdf"].get_absolute_url(),
        "picture": files["png"].get_absolute_url(),
        "rendition": files["webp"].get_absolute_url(),
        "not there": "/nothing/",
    }


def _rich_article(newsroom: Newsroom, column: Department):
    """With everything that an article can have, corrected and pinned."""
    cover = store_picture(picture(size=(900, 360), colour="#888"), newsroom.drafter)
    document = store_document(b"%PDF-1.7\n%%EOF\n", newsroom.drafter)
    words = {
        "title": "关于做好春季义务植树工作的通知",
        "subtitle": "附名额分配表",
        "body": BODY.format(picture=pasted(picture(size=(1400, 300), colour="#7a9"))),
        "summary": "植树的安排",
        "author": "韩兴国",
        "source": "机关绿化办",
        "keywords": "植树 绿化",
        "document_number": "直工〔2026〕5号",
        "issuing_body": "省直机关工委",
        "issued_on": date(2026, 3, 1),
        "index_number": "002485/2026",
        "validity": "in_force",
        "cover": cover,
        "columns": [column],
    }
    article = newsroom.draft(**words)
    draft = article.active_draft()
    Attachment.objects.create(revision=draft, file=document, name="名额分配表", caption="共两页")
    seal_draft(draft)
    newsroom.published(article)
    newsroom.published(newsroom.rewritten(article, subtitle="附名额分配表（更正）"))
    services.pin(article, by=newsroom.publisher, until=timezone.now() + 5 * DAY)
    return article
