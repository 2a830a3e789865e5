"""Public pages run at most five queries."""

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.drafts import seal_draft
from articles.files.storage import store_picture
from articles.models import Attachment
from articles.reads import counting
from tests.factories import department
from tests.images import pasted, picture
from workflow import services

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases("the number of queries and their plans can differ"),
]
MOST = 5


@pytest.fixture
def rich(newsroom):
    """An article with everything: pictures, attachments, keywords and what they lead to, a correction, reads, a pin."""
    column = department("公告栏", newsroom.admin, parent=newsroom.department)
    for colour in ("#123", "#456", "#789"):
        newsroom.published(keywords="植树 绿化", body=f"<p>文</p>{pasted(picture(colour=colour))}")
    article = newsroom.draft(keywords="植树", body=f"<p>文</p>{pasted(picture(size=(800, 300)))}", columns=[column])
    drawing = store_picture(picture(size=(640, 360), colour="#888"), newsroom.drafter)
    draft = article.active_draft()
    Attachment.objects.create(revision=draft, file=drawing, name="附件")
    seal_draft(draft)
    newsroom.published(article)
    corrected = newsroom.published(newsroom.rewritten(article, title="更正后的标题", cover=drawing))
    counting.add_reads(corrected.article, timezone.localdate(), 7)
    services.pin(corrected.article, by=newsroom.publisher, until=timezone.now() + timezone.timedelta(days=1))
    return corrected


def test_no_public_page_asks_more_than_five_times(newsroom, rich):
    place, page = f"/{newsroom.department.slug}/", rich.get_absolute_url()
    addresses = ["/", place, f"{place}?year={timezone.localdate().year}", page, f"{page}proof.json", "/feed/"]
    addresses += [f"{place}feed/", "/sitemap.xml", f"{place}999999/", "/nothing/", "/robots.txt", "/en/", f"/en{page}"]
    asked = {}
    with time_machine.travel(timezone.now(), tick=False):
        for address in addresses:
            Client().get(address)  # what lasts is made
            with CaptureQueriesContext(connection) as captured:
                answer = Client().get(address)
            asked[address] = len(captured)
            assert answer.status_code in (200, 404), address
    assert "相关文章" in Client().get(page).content.decode()
    assert max(asked.values()) <= MOST, asked
