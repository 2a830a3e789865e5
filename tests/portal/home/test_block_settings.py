"""Settings of home page blocks: defaults, choices, tampering."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.files.storage import store_picture
from articles.public import external_links
from articles.reads import counting
from ledger.models import Entry
from portal.home import block_settings
from portal.home.blocks import default_blocks
from portal.models import HomeBlock
from tests.factories import department
from tests.images import picture
from tests.ledger.attacker import run, tamper
from tests.ledger.auditor import named, verify
from tests.portal.visitor import visit
from workflow import services

DAY = timedelta(days=1)
SENT = {"kind": "most_read", "how_many": "3", "position": "1", "is_shown": "on"}


@pytest.fixture
def desk(client, newsroom):
    client.force_login(newsroom.admin)
    return client


def headings():
    return [heading.words for heading in visit("/").one("main").all("h2")]


def read_often(publication, count, day=None):
    counting.add_reads(publication.article, day or timezone.localdate(), count)


def test_the_newest_with_a_cover_leads_with_its_picture(newsroom, media, client):
    cover = store_picture(picture(size=(320, 180)), newsroom.drafter)
    newsroom.published(title="有图的一篇", cover=cover)
    newsroom.published(title="更新的一篇")
    lead = visit("/").one("article", class_="lead")
    assert lead.one("h2").words == "有图的一篇"
    assert client.get(lead.one("img").attributes["src"])["Content-Type"] == "image/png"
    assert "更新的一篇" in visit("/").one("section", class_="headlines").words


def test_notices_stand_in_a_block_of_their_own_and_only_there(newsroom):
    department("公告栏", newsroom.admin, slug="gonggao", kind="column")
    assert visit("/").one("section", class_="notices").one("h2").words == "公告栏"
    assert headings().count("公告栏") == 1


def test_what_was_read_most_stands_in_order_and_only_while_it_is_live(newsroom):
    some, more, gone, old = (newsroom.published(title=title) for title in ("有人读", "常有人读", "已撤", "旧读"))
    for publication, count in ((some, 2), (more, 5), (gone, 9)):
        read_often(publication, count)
    read_often(old, 99, timezone.localdate() - 31 * DAY)
    services.withdraw(gone.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert [words for _, words in visit("/").one("section", class_="most-read").links()] == ["常有人读", "有人读"]


def test_friendly_links_are_sealed_and_need_not_stand_in_the_menu(newsroom):
    """Scenario 43."""
    facts = {"kind": "link", "slug": None, "is_visible": False}
    department("人民网", newsroom.admin, url="http://www.people.com.cn/", **facts)
    changed = department("新华网", newsroom.admin, url="http://www.xinhuanet.com/", **facts)
    run("UPDATE departments_department SET url = %s WHERE id = %s", ["https://365.example/", changed.pk])
    page = visit("/")
    assert page.one("nav", class_="friendly-links").links() == [
        (external_links.public_href("http://www.people.com.cn/", []), "人民网")
    ]
    assert "人民网" not in page.one("nav", id="menu").words and "365.example" not in page.html


def test_a_superuser_adds_hides_and_removes_blocks_and_the_ledger_has_each(newsroom, desk):
    chosen = {"kind": "department", "department": newsroom.elsewhere.pk, "how_many": "2", "position": "1"}
    assert desk.post("/admin/portal/homeblock/add/", {**chosen, "is_shown": "on"}).status_code == 302
    # The default set stays; the department moved to the front.
    assert headings() == [newsroom.elsewhere.name, newsroom.department.name]
    block = HomeBlock.objects.get(kind="department")
    assert desk.post(f"/admin/portal/homeblock/{block.pk}/change/", chosen).status_code == 302
    assert headings() == [newsroom.department.name, newsroom.elsewhere.name]
    assert desk.post(f"/admin/portal/homeblock/{block.pk}/delete/", {"post": "yes"}).status_code == 302
    entries = Entry.objects.filter(object_type="portal.homeblock", object_id=str(block.pk)).order_by("number")
    assert [(entry.verb, entry.data["shown"]) for entry in entries] == [
        ("home_block.saved", True),
        ("home_block.saved", False),
        ("home_block.removed", False),
    ]
    assert {entry.actor_id for entry in entries} == {newsroom.admin.pk}
    assert verify() == []


def test_others_cannot_choose_blocks(newsroom, client):
    client.force_login(newsroom.publisher)
    assert client.post("/admin/portal/homeblock/add/", SENT).status_code == 403
    assert not HomeBlock.objects.exists()


def test_a_department_block_names_its_department(newsroom, desk):
    page = desk.post("/admin/portal/homeblock/add/", {**SENT, "kind": "department"})
    assert page.status_code == 200 and "须指定栏目" in page.content.decode()
    with pytest.raises(ValidationError):
        block_settings.save_block(HomeBlock(kind="links", department=newsroom.department), by=newsroom.admin)
    assert not HomeBlock.objects.exists()


def test_a_block_that_was_changed_in_the_database_is_left_out_and_named(newsroom):
    """Scenario 43."""
    block = block_settings.save_block(
        HomeBlock(kind="department", department=newsroom.department, position=1), by=newsroom.admin
    )
    assert verify() == []
    tamper("UPDATE portal_homeblock SET department_id = %s WHERE id = %s", [newsroom.elsewhere.pk, block.pk])
    assert headings() == [newsroom.department.name, newsroom.elsewhere.name]
    assert len(named(f"home block {block.pk}")) == 1


def test_a_block_that_was_removed_from_the_database_is_named(newsroom):
    """Scenario 43."""
    block = block_settings.save_block(HomeBlock(kind="links", position=99), by=newsroom.admin)
    tamper("DELETE FROM portal_homeblock WHERE id = %s", [block.pk])
    assert len(named(f"home block {block.pk}")) == 1


def test_the_desk_says_what_stands_there_by_default_and_makes_it_changeable(newsroom, client):
    client.force_login(newsroom.admin)
    listing = "/admin/portal/homeblock/"
    assert "default-blocks" in client.get(listing).content.decode()
    assert client.get(f"{listing}default/").status_code == 302 and not HomeBlock.objects.exists()  # by POST alone
    before = visit("/").one("main").words
    for _twice in range(2):
        client.post(f"{listing}default/")
    assert [block.kind for block in HomeBlock.objects.all()] == [block.kind for block in default_blocks()]
    assert visit("/").one("main").words == before
    assert "default-blocks" not in client.get(listing).content.decode()


def test_nobody_but_a_superuser_makes_the_default_set_changeable(newsroom, client):
    client.force_login(newsroom.publisher)
    assert client.post("/admin/portal/homeblock/default/").status_code == 403
    assert not HomeBlock.objects.exists()


def test_a_forged_value_that_nobody_typed_over_is_not_sealed_with_another_change(desk, newsroom):
    """Scenario 55. What the person does type over is put right."""
    block = block_settings.save_block(HomeBlock(kind="most_read", how_many=3), by=newsroom.admin)
    address = f"/admin/portal/homeblock/{block.pk}/change/"
    tamper("UPDATE portal_homeblock SET how_many = 30 WHERE id = %s", [block.pk])
    desk.post(address, {**SENT, "how_many": "30", "position": "7"})
    stored = HomeBlock.objects.get(pk=block.pk)
    assert stored.position != 7 and not stored.seal_holds()
    assert named(f"home block {block.pk}")
    assert desk.post(address, {**SENT, "how_many": "5"}).status_code == 302
    assert verify() == []
