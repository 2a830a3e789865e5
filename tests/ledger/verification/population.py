"""A site with a row in every table, for the tests that tamper with each of them."""

from datetime import timedelta

from django.utils import timezone

from articles import drafts
from articles.files.attachments import AttachmentSpec
from articles.files.storage import store_document, store_picture
from articles.text.passages import Quote
from departments.models import Department
from departments.services import save_department
from feedback import intake, letter_actions
from feedback.models import LetterKind, LetterState
from ledger.monitoring import alarms
from legacy.old_addresses import create_old_address
from legacy.page_import import import_pages
from portal.demonstration.builder import LEGACY_PAGE_FILE
from portal.home.block_settings import save_default_blocks
from portal.identity import save_identity
from portal.models import Identity
from tests import factories
from tests.factories import Newsroom
from tests.images import picture
from tests.workflow.messages import give_address
from workflow import services
from workflow.actions import delegations, pipelines, preview_links, remarks
from workflow.actions.openings import note_opening
from workflow.models import Pipeline
from workflow.notifications.delivery import queue_deliveries
from workflow.rules.states import PublicState, TextState

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def populate(newsroom: Newsroom) -> None:
    """Fill the tables with the product's own services."""
    _set_up(newsroom)
    _publish_with_files(newsroom)
    for text, public in [
        (TextState.IN_REVIEW, PublicState.UNPUBLISHED),
        (TextState.RETURNED, PublicState.UNPUBLISHED),
        (TextState.DISCARDED, PublicState.UNPUBLISHED),
        (TextState.PARKED, PublicState.LIVE),
        (TextState.SETTLED, PublicState.REPLACING),
        (TextState.SETTLED, PublicState.WITHDRAWN),
    ]:
        newsroom.article_in(text, public)
    _exceptions(newsroom)


def _set_up(newsroom: Newsroom) -> None:
    save_identity(Identity(**factories.SITE_IDENTITY), by=newsroom.admin)
    save_default_blocks(by=newsroom.admin)
    column = factories.department("公告栏", newsroom.admin, kind="column", responsible=newsroom.department)
    column.slug = f"{column.slug}x"
    save_department(column, by=newsroom.admin)  # leaves a former address
    save_department(Department(name="主站", kind="link", url="https://www.gov.cn/", position=9), by=newsroom.admin)
    pipelines.choose_pipeline(newsroom.elsewhere, Pipeline.objects.get(name="一级"), by=newsroom.admin)
    now = timezone.now()
    delegations.delegate(
        principal=newsroom.publisher,
        deputy=newsroom.stranger,
        begins_at=now,
        ends_at=now + timedelta(days=2),
        by=newsroom.publisher,
    )


def _publish_with_files(newsroom: Newsroom) -> None:
    cover = store_picture(picture(size=(1400, 900)), newsroom.drafter)
    document = store_document(PDF, newsroom.drafter)
    article = newsroom.draft(
        title="附有图片和附件",
        cover=cover,
        columns=[newsroom.elsewhere],
        attachments=[AttachmentSpec(document, "通知", "")],
    )
    published = newsroom.published(article)
    services.pin(published.article, by=newsroom.publisher, until=timezone.now() + timedelta(days=3))
    create_old_address("/old/1.html", by=newsroom.admin, article=published.article)
    letter = intake.store_letter(
        "a" * 32,
        "b" * 32,
        kind=LetterKind.ERROR,
        text="第三段的数字与表中不符，请核对。",
        name="读者",
        contact="reader@example.org",
        article=published.article,
    )
    letter_actions.change_state(
        letter, by=newsroom.admin, to=LetterState.ANSWERED, expected_state=letter.state, answer="已核对，谢谢。"
    )


def _exceptions(newsroom: Newsroom) -> None:
    """A remark and a handed-over step, a round taken back and submitted again, a preview link, emergencies."""
    opened = newsroom.submitted(title="交由他人审核")
    remarks.add_remark(opened, newsroom.reviewer, Quote("示例正文", "", ""), text="请核对数据。")
    step = opened.steps.get(position=1)
    services.hand_over(step, by=newsroom.admin, to=newsroom.stranger, reason="审核人外出")
    again = newsroom.reviewed(title="取回后再送")
    services.take_back(again, by=newsroom.drafter)
    services.submit(again.article, by=newsroom.drafter)
    preview_links.create_link(newsroom.draft(title="征求意见"), by=newsroom.drafter)
    confirmed, waiting = newsroom.draft(title="紧急通知"), newsroom.draft(title="又一紧急通知")
    for article in (confirmed, waiting):
        seen = article.active_draft().compute_digest()
        services.publish_in_emergency(article, by=newsroom.publisher, seen=seen, reason="台风红色预警")
    services.confirm_emergency(confirmed, by=newsroom.admin, seen=confirmed.publications.get().digest)
    services.move(newsroom.published(title="移到别处").article, by=newsroom.admin, to=newsroom.elsewhere)
    discarded = newsroom.article_in(TextState.DISCARDED, PublicState.UNPUBLISHED)
    services.ask_to_expunge(discarded, by=newsroom.publisher, reason="含个人信息")
    drafts.save_draft(
        (kept := newsroom.draft(title="保存过两次")).active_draft(),
        {"body": "<p>第二稿。</p>"},
        by=newsroom.drafter,
        version=kept.active_draft().version,
    )
    note_opening(opened, newsroom.reviewer)
    import_pages([LEGACY_PAGE_FILE], department=newsroom.department, by=newsroom.drafter)
    alarms.raise_alarm("patrol", "an alarm of the tests")
    factories.grant(newsroom.colleague, "reviewer", None, newsroom.admin)
    factories.quick_phrase("请用规范简称。")
    give_address(newsroom.reviewer)
    queue_deliveries()
