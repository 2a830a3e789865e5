"""Builder of the demonstration; uses the product's own services."""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.services import create_user, set_password
from articles import drafts
from articles.files.storage import store_document, store_picture
from articles.models import Article, Publication, Revision
from articles.reads import counting
from departments import services as departments
from departments.models import Department, DepartmentKind, Membership, Role
from feedback import intake, letter_actions
from feedback.models import Letter, LetterKind, LetterState
from ledger.atomic_files import write_atomically
from legacy.page_import import import_pages
from legacy.pages import read_page
from portal import identity
from portal.demonstration import documents
from portal.demonstration.pictures import render_scene
from portal.models import Identity
from workflow import services
from workflow.models import Notification, NotificationEvent, Round, RoundState

CONTENT_DIR = Path(__file__).parent
LEGACY_PAGE_FILE = CONTENT_DIR / "legacy-article-page.txt"

# user name, full name, code of the role (None: superuser)
PEOPLE = [
    ("demo-drafter", "示例拟稿人", "drafter"),
    ("demo-reviewer", "示例审核人", "reviewer"),
    ("demo-publisher", "示例签发人", "publisher"),
    ("demo-admin", "示例管理员", None),
]

# Addresses of the columns in the real page's navigation.
COLUMN_SLUGS = {
    "部门文件": "wenjian",
    "干部人事": "renshi",
    "结对共建": "gongjian",
    "教育培训": "peixun",
    "老干部、关工委工作": "laogan",
    "公告栏": "gonggao",
    "组织建设": "zuzhi",
}
HOME_LABEL, MAIN_SITE_LABEL = "首页", "返回主站"
MAIN_SITE_URL = "https://www.gov.cn/"

IDENTITY = {
    "name": "省直机关党建网（示例）",
    "description": "签发的演示站点：公众读到的，正是领导签发的。",
    "organiser": "省直机关工委（示例）",
    "undertaker": "组织建设栏目（示例）",
    "copyright_holder": "省直机关工委（示例）",
    "address": "合肥市长江路39号",
    "email": "szdd@mail.sztvu.ah.cn",
    "icp_number": "皖ICP备07502461号",
    "technical_support": "龙讯科技",
    "trusted_hosts": "gov.cn",
}


# What a visitor wrote, and the answer.
SAMPLE_LETTERS = [
    ("示例来信：第四段“九位”与表中的人数对不上，请核对后更正。", ""),
    (
        "示例来信：正文第三段的册数写成了“一千二百”，报道里说的是“一千三百”。",
        "示例答复：已与来稿核对，原文无误，感谢您的仔细阅读。",
    ),
]


@dataclass
class DemoAccounts:
    """The demonstration accounts."""

    drafter: User
    reviewer: User
    publisher: User
    admin: User


def demo_password() -> str:
    """One password for all demonstration accounts, made at random and kept in var/ for this installation."""
    file = settings.VAR_DIR / "demo-password"
    if not file.exists():
        write_atomically(file, secrets.token_urlsafe(9).encode(), mode=0o600)
    return file.read_text().strip()


@transaction.atomic  # one commit instead of some three hundred
def build_demonstration() -> int:
    """Makes what is missing of the demonstration, all or nothing; returns how many articles were added."""
    cast = _create_accounts()
    _create_departments(cast)
    if not Identity.objects.exists():
        identity.save_identity(Identity(**IDENTITY), by=cast.admin)
    _grant_roles(cast)
    entries = json.loads((CONTENT_DIR / "articles.json").read_text(encoding="utf-8"))
    present = set(Revision.objects.filter(article__created_by=cast.drafter).values_list("title", flat=True))
    missing = [entry for entry in entries if entry["title"] not in present]
    for entry in missing:
        _create_article(entry, cast)
    added = len(missing) + _import_legacy_article(cast)
    if added:
        _mark_old_notifications_read()
        _add_reads()
        _add_letters(cast)
    return added


def _add_reads() -> None:
    """Made-up reads of the last four weeks, so that the lists of what is read most have something to show."""
    today = timezone.localdate()
    for number, article in enumerate(
        Article.objects.filter(publications__in=Publication.objects.live()).order_by("pk")
    ):
        for ago in range(0, 28, 1 + number % 4):
            counting.add_reads(article, today - timedelta(days=ago), 1 + (7 * number + 5 * ago) % 23)


def _add_letters(cast: DemoAccounts) -> None:
    """One letter that waits, and one that was answered; none where there are letters already."""
    if Letter.objects.exists():
        return
    live = Publication.objects.live().filter(title__startswith="【示例】").order_by("-dated")
    for about, (text, answer) in zip(live[:2], SAMPLE_LETTERS, strict=False):
        letter = intake.store_letter("demonstration", text, kind=LetterKind.ERROR, text=text, article=about.article)
        if answer:
            words = {"to": LetterState.ANSWERED, "expected_state": letter.state, "answer": answer}
            letter_actions.change_state(letter, by=cast.admin, **words)


def _mark_old_notifications_read() -> None:
    """Messages about what is done with are read; unread are those about what somebody still has to do."""
    current = Q(round__state=RoundState.OPEN, asks=True) | Q(event=NotificationEvent.RETURNED)
    Notification.objects.exclude(current).unread().update(read_at=timezone.now())


def _create_accounts() -> DemoAccounts:
    word = demo_password()
    found: dict[str, User] = {}
    for username, full_name, role in PEOPLE:
        person = User.objects.filter(username=username).first()
        if person is None:
            person = create_user(
                username=username,
                password=word,
                by=None,
                full_name=full_name,
                is_superuser=role is None,
                is_demonstration=True,
            )
        elif not person.check_password(word):
            set_password(person, word, by=None)
        found[role or "admin"] = person
    return DemoAccounts(**found)


def _create_departments(cast: DemoAccounts) -> None:
    """The columns of the real page's navigation, in its order."""
    for position, name in enumerate(read_page(LEGACY_PAGE_FILE).navigation):
        if name == HOME_LABEL or Department.objects.filter(name=name).exists():
            continue
        department = Department(name=name, position=position)
        if name == MAIN_SITE_LABEL:
            department.kind, department.url = DepartmentKind.LINK, MAIN_SITE_URL
        else:
            department.slug = COLUMN_SLUGS[name]
        departments.save_department(department, by=cast.admin)
    board = Department.objects.get(slug=COLUMN_SLUGS["公告栏"])
    if board.kind != DepartmentKind.COLUMN:
        board.kind, board.responsible = DepartmentKind.COLUMN, Department.objects.get(slug=COLUMN_SLUGS["组织建设"])
        departments.save_department(board, by=cast.admin)


def _grant_roles(cast: DemoAccounts) -> None:
    for code in ("drafter", "reviewer", "publisher"):
        person, role = getattr(cast, code), Role.objects.get(code=code)
        if not Membership.objects.filter(person=person, role=role, department=None).exists():
            departments.grant_role(person=person, role=role, department=None, by=None)


def _import_legacy_article(cast: DemoAccounts) -> int:
    """The page of the real portal: imported into a draft, submitted, reviewed, signed off."""
    (outcome,) = import_pages([LEGACY_PAGE_FILE], by=cast.drafter)
    if not outcome.is_new:
        return 0
    _advance_to_state(outcome.imported_page.article, "published", {}, cast)
    return 1


def _publication_time(entry: dict[str, Any]) -> datetime:
    if "dated" in entry:
        return timezone.make_aware(datetime.combine(date.fromisoformat(entry["dated"]), time()))
    return (timezone.now() - timedelta(days=entry["days_ago"])).replace(minute=0, second=0, microsecond=0)


def _create_article(entry: dict[str, Any], cast: DemoAccounts) -> None:
    words = ("title", "subtitle", "summary", "author", "source", "keywords", "body")
    document = ("document_number", "issuing_body", "index_number", "validity")
    content: dict[str, Any] = {name: entry[name] for name in (*words, *document) if entry.get(name)}
    if entry.get("issued_on"):
        content["issued_on"] = date.fromisoformat(entry["issued_on"])
    state = entry.get("state", "published")
    if state in ("published", "withdrawn"):
        content["dated"] = _publication_time(entry)
    if entry.get("cover"):
        content["cover"] = store_picture(render_scene(entry["cover"]), cast.drafter)
    content["body"] = _body_with_pictures(entry)
    department = Department.objects.get(slug=entry["department"])
    article, _lost = drafts.create_article(department=department, content=content, by=cast.drafter)
    for attachment in entry.get("attachments", []):
        draft = article.active_draft()
        file = store_document(_attachment_bytes(attachment), cast.drafter)
        drafts.attach_file(draft, file, name=attachment["name"], by=cast.drafter, version=draft.version)
    _advance_to_state(article, state, entry, cast)
    if entry.get("correction"):
        _publish_correction(article, entry, cast)


def _body_with_pictures(entry: dict[str, Any]) -> str:
    """The body with each picture after the paragraph that it names, pasted as an editor sends it."""
    parts = entry["body"].split("\n")
    for picture in sorted(entry.get("pictures", []), key=lambda one: -one["after"]):
        data = base64.b64encode(render_scene(picture["scene"])).decode()
        shown = f'<img src="data:image/jpeg;base64,{data}" alt="{picture["alt"]}">'
        caption = f"<figcaption>{picture['caption']}</figcaption>"
        parts.insert(picture["after"], f"<figure>{shown}{caption}</figure>")
    return "\n".join(parts)


def _attachment_bytes(attachment: dict[str, Any]) -> bytes:
    if "fields" in attachment:
        return documents.docx_form(attachment["title"], attachment["fields"])
    return documents.xlsx_sheet(attachment["title"], attachment["rows"])


def _publish_correction(article: Article, entry: dict[str, Any], cast: DemoAccounts) -> None:
    """更正: a new revision of the published text goes the same way."""
    draft = services.revise(article, by=cast.drafter)
    words = entry["correction"]
    body = draft.body.replace(words["instead_of"], words["put"])
    drafts.save_draft(draft, {"body": body}, by=cast.drafter, version=draft.version)
    _advance_to_state(article, "published", {}, cast)


def _advance_to_state(article: Article, state: str, entry: dict[str, Any], cast: DemoAccounts) -> None:
    """Takes a draft as far as `state`, each act by the person whose it is."""
    if state == "draft":
        return
    opened = services.submit(article, by=cast.drafter)
    if state == "waiting_review":
        return
    seen = opened.revision.digest
    if state == "returned":
        services.return_for_changes(opened, by=cast.reviewer, seen=seen, reason=entry["reason"])
        return
    services.approve(opened, by=cast.reviewer, seen=seen, comment="内容属实，同意送签。")
    if state == "waiting_publish":
        return
    at = timezone.now() + timedelta(days=7) if state == "scheduled" else None
    services.approve(Round.objects.get(pk=opened.pk), by=cast.publisher, seen=seen, comment="同意。", at=at)
    if state == "withdrawn":
        services.withdraw(article, by=cast.publisher, reason=entry["withdraw_reason"], notice=entry["withdraw_notice"])
