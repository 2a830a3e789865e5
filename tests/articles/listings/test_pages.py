"""The listing of a department: twenty rows a page, newest first, stable."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from articles.public import external_links
from departments.models import Department
from tests.factories import department
from tests.portal.visitor import visit
from workflow import services

pytestmark = pytest.mark.both_databases("listings and reads use SQL of their own")

DAY = timedelta(days=1)


def address(newsroom, query=""):
    return f"/{newsroom.department.slug}/{query}"


def everything(newsroom, pages):
    return [title for number in range(1, pages + 1) for title in visit(address(newsroom, f"?page={number}")).titles]


def test_a_page_holds_twenty_newest_first(newsroom):
    now = timezone.now()
    for number in (3, 1, 2, 0, *range(4, 45)):
        newsroom.published(title=f"第{number}篇", dated=now - number * DAY)
    assert len(visit(address(newsroom)).titles) == 20
    assert visit(address(newsroom)).titles == visit(address(newsroom, "?page=1")).titles
    assert everything(newsroom, 3) == [f"第{number}篇" for number in range(45)]


def test_equal_dates_stay_in_order_so_that_no_page_repeats_or_drops_one(newsroom):
    same = timezone.now() - DAY
    made = [newsroom.published(title=f"第{number}篇", dated=same) for number in range(45)]
    by_number = sorted(made, key=lambda publication: publication.article_id, reverse=True)
    assert everything(newsroom, 3) == [publication.title for publication in by_number]


@pytest.mark.slow
def test_an_exactly_full_page_has_no_second_one(newsroom):
    for _ in range(20):
        newsroom.published()
    assert len(visit(address(newsroom)).titles) == 20
    assert not visit(address(newsroom)).all("nav", class_="pagination")
    assert visit(address(newsroom, "?page=2")).status == 404


PAGES = ["0", "-1", "3", "99999", "9" * 5000, "x", "", "1.5", "1e1", "null", "1;2", "%00", "../2", "١x", "last"]


def test_a_page_that_is_not_there_is_not_found(newsroom):
    newsroom.published()
    assert visit(address(newsroom)).status == 200
    for page in PAGES:
        assert visit(address(newsroom, f"?page={page}")).status == 404, page


def test_links_lead_from_page_to_page(newsroom):
    for _ in range(21):
        newsroom.published()
    second = visit(address(newsroom, "?page=2"))
    links = second.one("nav", class_="pagination").links()
    assert links[0][0] == "?page=1"
    assert second.one("link", rel="canonical").attributes["href"].endswith("/?page=2")
    assert visit(address(newsroom, links[0][0])).status == 200


def test_a_department_with_nothing_to_show_is_a_page_too(newsroom):
    page = visit(f"/{newsroom.elsewhere.slug}/")
    assert page.status == 200 and page.titles == []
    assert page.one("h1").words == newsroom.elsewhere.name


def test_a_row_says_title_and_day_and_leads_to_the_article(newsroom):
    dated = timezone.now() - 3 * DAY
    published = newsroom.published(title="示例<通知>", dated=dated)
    page = visit(address(newsroom))
    row = page.one("ul", class_="listing").one("li")
    assert (published.get_absolute_url(), "示例<通知>") in row.links()
    assert row.one("time").words == timezone.localtime(dated).strftime("%Y-%m-%d")


def test_a_mere_link_leads_outside_and_says_so(newsroom):
    newsroom.published(title="外部文件", address="https://www.gov.cn/zhengce/", body="")
    row = visit(address(newsroom)).one("ul", class_="listing")
    leads = external_links.public_href("https://www.gov.cn/zhengce/", [])
    assert row.links()[0] == (leads, "外部文件")
    assert row.one("a", href=leads).attributes["rel"] == "noopener"


def test_only_what_is_live_is_listed(newsroom):
    newsroom.draft(title="不可见草稿")
    newsroom.submitted(title="不可见送审")
    newsroom.published(title="不可见定时", at=timezone.now() + DAY)
    withdrawn = newsroom.published(title="不可见撤稿")
    services.withdraw(withdrawn.article, by=newsroom.publisher, reason="有误", notice="")
    newsroom.published(title="看得见的")
    assert visit(address(newsroom)).titles == ["看得见的"]


def test_a_scheduled_article_is_listed_from_its_time_on(newsroom):
    """Scenario 29."""
    now = timezone.now()
    newsroom.published(title="定时的一篇", at=now + DAY)
    assert visit(address(newsroom)).titles == []
    with time_machine.travel(now + DAY - timedelta(seconds=1), tick=False):
        assert visit(address(newsroom)).titles == []
    with time_machine.travel(now + DAY, tick=False):
        assert visit(address(newsroom)).titles == ["定时的一篇"]


def test_a_new_version_takes_the_place_of_the_old_one(newsroom):
    """Scenario 25, 41."""
    published = newsroom.published(title="旧标题")
    newsroom.published(newsroom.rewritten(published.article, title="新标题"))
    assert visit(address(newsroom)).titles == ["新标题"]


def test_further_columns_list_the_article_too(newsroom):
    newsroom.published(title="两处可见", columns=[newsroom.elsewhere])
    newsroom.published(title="一处可见")
    assert visit(f"/{newsroom.elsewhere.slug}/").titles == ["两处可见"]
    assert visit(f"/{newsroom.elsewhere.slug}/").one("ul", class_="listing").links()[0][0].startswith(address(newsroom))


def test_the_columns_of_a_department_are_offered_on_its_page(newsroom):
    child = department("青年工作", newsroom.admin, parent=newsroom.department)
    department("不显示的", newsroom.admin, parent=newsroom.department, is_visible=False)
    assert visit(address(newsroom)).one("ul", class_="pills").links() == [(f"/{child.slug}/", "青年工作")]
    assert (address(newsroom), newsroom.department.name) in visit(f"/{child.slug}/").one(
        "nav", class_="breadcrumbs"
    ).links()


@pytest.mark.parametrize("slug", ["nothing", "ZUZHI", "a" * 300])
def test_a_department_that_is_not_there_is_not_found(newsroom, slug):
    assert visit(f"/{slug}/").status == 404


def test_an_outside_link_has_no_page_here(newsroom):
    link = department("返回主站", newsroom.admin, kind="link", slug=None, url="https://www.gov.cn/")
    assert Department.objects.get(pk=link.pk).slug is None
    assert visit("/None/").status == 404 and visit("/null/").status == 404
