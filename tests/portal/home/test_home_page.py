"""The home page, its navigation and footer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Publication
from articles.public import external_links
from departments.models import Department
from departments.services import save_department
from legacy.pages import read_page
from portal.demonstration.builder import COLUMN_SLUGS, LEGACY_PAGE_FILE, MAIN_SITE_LABEL, MAIN_SITE_URL
from tests.factories import SITE_IDENTITY, department, grant, person
from tests.portal.visitor import visit

DAY = timedelta(days=1)


@pytest.fixture
def columns(db):
    """The navigation of the real page."""
    superuser = person("superuser", is_superuser=True)
    for position, name in enumerate(read_page(LEGACY_PAGE_FILE).navigation[1:]):
        facts = (
            {"kind": "link", "slug": None, "url": MAIN_SITE_URL}
            if name == MAIN_SITE_LABEL
            else {"slug": COLUMN_SLUGS[name]}
        )
        department(name, superuser, position=position, **facts)


def test_the_navigation_has_the_nine_entries_of_the_real_page(columns):
    menu = visit("/").one("nav", id="menu")
    addresses = [address for address, _ in menu.links()]
    names = [name for _, name in menu.links()]
    assert names[1:] == [
        *["部门文件", "干部人事", "结对共建", "教育培训", "老干部、关工委工作", "公告栏", "组织建设", "返回主站"]
    ]
    assert len(names) == 9 and addresses[0] == "/"
    assert addresses[1:8] == [f"/{COLUMN_SLUGS[name]}/" for name in names[1:8]]
    assert addresses[8] == external_links.public_href(MAIN_SITE_URL, [])


def test_every_entry_of_the_navigation_opens(columns):
    for address, name in visit("/").one("nav", id="menu").links()[1:8]:
        page = visit(address)
        assert page.status == 200
        assert page.one("h1").words == name
        current = [link for link in page.one("nav", id="menu").all("a") if "aria-current" in link.attributes]
        assert [link.words for link in current] == [name]


def test_an_empty_site_is_a_page_too(db):
    page = visit("/")
    assert page.status == 200
    assert page.one("h1").words
    assert page.all("footer")


def test_the_footer_says_who_is_responsible(site):
    """Each fact of the original's footer, from the site's own identity."""
    footer = visit("/").one("footer").words
    for words in (
        SITE_IDENTITY["organiser"],
        SITE_IDENTITY["copyright_holder"],
        SITE_IDENTITY["address"],
        SITE_IDENTITY["email"],
    ):
        assert words in footer
    for words in (SITE_IDENTITY["icp_number"], SITE_IDENTITY["technical_support"]):
        assert words in footer
    assert (f"mailto:{SITE_IDENTITY['email']}", SITE_IDENTITY["email"]) in visit("/").one("footer").links()


def test_every_page_bears_the_name_of_the_site(site, newsroom):
    published = newsroom.published()
    for address in ("/", f"/{newsroom.department.slug}/", published.get_absolute_url(), "/search/?q=示例", "/nothing/"):
        page = visit(address)
        assert SITE_IDENTITY["name"] in page.one("title").words
        assert page.one("a", class_="brand").words == SITE_IDENTITY["name"]


def test_the_newest_of_each_department_stand_on_the_home_page(newsroom):
    """Scenario 41."""
    now = timezone.now()
    for number in range(8):
        newsroom.published(title=f"第{number}篇", dated=now - number * DAY)
    page = visit("/")
    block = next(found for found in page.all("section", class_="block") if newsroom.department.name in found.words)
    titles = [found.seen_words for found in block.all("span", class_="listing-title")]
    assert titles == [f"第{number}篇" for number in range(6)]
    assert page.one("article", class_="lead").one("h2").words == "第0篇"


def test_a_newer_article_takes_the_first_place_at_once(newsroom):
    """Scenario 41."""
    newsroom.published(title="旧的一篇")
    assert visit("/").one("article", class_="lead").one("h2").words == "旧的一篇"
    newsroom.published(title="新的一篇")
    assert visit("/").one("article", class_="lead").one("h2").words == "新的一篇"


def test_an_article_in_two_columns_is_one_headline(newsroom):
    grant(newsroom.stranger, "drafter", newsroom.department, newsroom.admin)
    newsroom.published(title="两处可见", columns=[newsroom.elsewhere])
    page = visit("/")
    headlines = page.one("section", class_="headlines")
    assert headlines.words.count("两处可见") == 1
    assert sum("两处可见" in block.words for block in page.all("section", class_="block")) == 2


def test_only_what_is_live_stands_on_the_home_page(newsroom):
    newsroom.draft(title="不可见草稿")
    newsroom.reviewed(title="不可见送审")
    newsroom.published(title="不可见定时", at=timezone.now() + DAY)
    assert not Publication.objects.live().exists()
    assert "不可见" not in visit("/").html


def test_a_department_outside_the_menu_is_not_on_the_home_page_either(newsroom):
    newsroom.published(title="内部栏目的一篇")
    hidden = Department.objects.get(pk=newsroom.department.pk)
    hidden.is_visible = False
    save_department(hidden, by=newsroom.admin)
    assert "内部栏目的一篇" not in visit("/").html


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_the_home_page_is_read_only(client, db, method):
    assert getattr(client, method)("/").status_code == 405
    assert client.head("/").status_code == 200


@pytest.mark.parametrize(
    "address", ["/nothing/", "/nothing", "/a/b/c/", "/index.php", "/zuzhi/x/", "/feed/x/", "/%00/", "/组织/"]
)
def test_what_is_not_there_is_said_in_the_look_of_the_site(site, address):
    page = visit(address, follow=True)
    assert page.status == 404
    assert page.one("footer").words and page.one("nav", id="menu").links()
    assert page.one("form", action="/search/")


def test_a_request_for_another_host_is_refused(site):
    page = visit("/", headers={"Host": "evil.example"})
    assert page.status == 400
    assert "evil.example" not in page.html
