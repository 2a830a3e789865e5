"""Meta tags required of government sites, Open Graph, JSON-LD."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.files import storage
from ledger.models import Entry
from portal import identity
from portal.models import Identity
from tests.factories import SITE_IDENTITY, department
from tests.images import picture
from tests.ledger.attacker import run, tamper
from tests.ledger.auditor import verify
from tests.portal.visitor import visit
from workflow import services

STANDARD = (
    "Site",
    "Column",
    "Article",
    "PubDate",
    "ContentSource",
    "Keywords",
    "Author",
    "Description",
    "Image",
    "Url",
)
SITE = [("SiteName", SITE_IDENTITY["name"]), ("SiteDomain", "testserver"), ("SiteIDCode", "3400000001")]


@pytest.fixture
def site(newsroom):
    return identity.save_identity(Identity(**SITE_IDENTITY, site_code="3400000001"), by=newsroom.admin)


@pytest.fixture
def column(newsroom, site):
    facts = {"description": "上级与本级文件", "keywords": "文件 通知，规定", "column_type": "政策文件"}
    return department("部门文件", newsroom.admin, **facts)


def tags(page):
    """The tags of the standard on a page, in order."""
    found = [(meta.attributes.get("name", ""), meta.attributes.get("content")) for meta in page.all("meta")]
    return [(name, content) for name, content in found if name.startswith(STANDARD)]


def graph(page):
    return {
        meta.attributes["property"]: meta.attributes["content"]
        for meta in page.all("meta")
        if "property" in meta.attributes
    }


def told(page):
    return json.loads(page.one("script", type="application/ld+json").inner[0])


# 网页标签, page kind by page kind.


def test_the_home_page_names_the_site_and_nothing_more(site):
    assert tags(visit("/")) == SITE


def test_the_page_of_a_column_describes_it(column):
    assert sorted(tags(visit(column.get_absolute_url()))) == sorted([
        *SITE,
        ("ColumnName", "部门文件"),
        ("ColumnDescription", "上级与本级文件"),
        ("ColumnKeywords", "文件,通知,规定"),
        ("ColumnType", "政策文件"),
    ])  # fmt: skip


def test_what_a_column_was_not_given_is_told_by_its_name(newsroom, site):
    """All four are required."""
    found = dict(tags(visit(newsroom.department.get_absolute_url())))
    for name in ("ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType"):
        assert found[name] == newsroom.department.name


def test_the_page_of_an_article_names_its_column_and_describes_the_article(newsroom, site):
    published = newsroom.published(
        title="关于<培训>的通知",
        summary="摘要",
        author="张三",
        source="安徽日报",
        keywords="党建、培训",
        dated=datetime(2024, 2, 28, 16, 5, tzinfo=UTC),
    )
    assert sorted(tags(visit(published.get_absolute_url()))) == sorted([
        *SITE,
        ("ColumnName", "组织建设"),
        ("ColumnType", "组织建设"),
        ("ArticleTitle", "关于<培训>的通知"),
        ("PubDate", "2024-02-29 00:05"),
        ("ContentSource", "安徽日报"),
        ("Keywords", "党建,培训"),
        ("Author", "张三"),
        ("Description", "摘要"),
        ("Url", f"http://testserver{published.get_absolute_url()}"),
    ])  # fmt: skip


def test_an_article_without_a_source_comes_from_the_organiser(newsroom, site):
    found = dict(tags(visit(newsroom.published().get_absolute_url())))
    assert found["ContentSource"] == SITE_IDENTITY["organiser"]
    assert not {"Author", "Image", "Keywords"} & set(found)


def test_the_first_picture_is_the_picture_of_the_article(newsroom, site, media):
    made = storage.store_picture(picture(), newsroom.drafter)
    page = visit(newsroom.published(body=f'<p><img src="{made.get_absolute_url()}" alt=""></p>').get_absolute_url())
    wanted = f"http://testserver{made.get_absolute_url()}"
    assert dict(tags(page))["Image"] == wanted == graph(page)["og:image"] == told(page)["image"][0]


def test_a_column_that_was_changed_behind_the_sites_back_is_not_named(newsroom, site):
    """Scenario 43. Its slug stands in the address, so nothing of it is shown."""
    address = newsroom.published().get_absolute_url()
    run("UPDATE departments_department SET column_type = '博彩' WHERE id = %s", [newsroom.department.pk])
    page = visit(address)
    assert "ColumnName" not in dict(tags(page)) and "博彩" not in page.html
    assert page.status == 503


def test_pages_that_are_no_article_tell_of_none(newsroom, site):
    """Scenario 31."""
    gone = newsroom.published(title="错误的标题")
    services.withdraw(gone.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    for address in (gone.get_absolute_url(), "/search/?q=示例", "/nothing/"):
        page = visit(address)
        assert tags(page) == SITE and not graph(page), address
        assert not page.all("script", type="application/ld+json")


# Open Graph, JSON-LD, canonical addresses.


def test_open_graph_tells_what_kind_of_page_it_is(newsroom, column):
    article = newsroom.published(title="标题", summary="摘要")
    kinds = {"/": "website", column.get_absolute_url(): "website", article.get_absolute_url(): "article"}
    for address, kind in kinds.items():
        found = graph(visit(address))
        assert found["og:type"] == kind and found["og:url"] == f"http://testserver{address}"
        assert found["og:site_name"] == SITE_IDENTITY["name"]
    assert found["og:title"] == "标题" and found["og:description"] == "摘要"


def test_an_article_is_told_to_search_engines_in_their_own_form(newsroom, site):
    dated = timezone.now() - timedelta(days=3)
    published = newsroom.published(title="标题", author="张三", dated=dated)
    found = told(visit(published.get_absolute_url()))
    assert (found["@type"], found["headline"]) == ("NewsArticle", "标题")
    assert datetime.fromisoformat(found["datePublished"]) == dated.replace(microsecond=0)
    assert found["author"] == {"@type": "Person", "name": "张三"}
    assert found["publisher"]["name"] == SITE_IDENTITY["organiser"]


@pytest.mark.parametrize("words", ["</script><script>alert(1)</script>", "<!--<script>", "]]>&amp;\u2028\"'\\"])
def test_no_words_get_out_of_the_data_that_they_stand_in(newsroom, site, words):
    """Scenario 46."""
    page = visit(newsroom.published(title=words, author=words, keywords=words).get_absolute_url())
    assert told(page)["headline"] == words
    data = page.html.partition('application/ld+json">')[2].partition("</script>")[0]
    assert json.loads(data)["headline"] == words and "<" not in data


def test_canonical_addresses_stand_under_the_address_of_the_site(newsroom, site, settings):
    settings.SITE_URL = "https://www.example.gov.cn"
    settings.ALLOWED_HOSTS = ["testserver"]
    address = newsroom.published().get_absolute_url()
    page = visit(f"{address}?from=wechat")
    assert page.one("link", rel="canonical").attributes["href"] == f"https://www.example.gov.cn{address}"
    assert dict(tags(page))["Url"] == f"https://www.example.gov.cn{address}"
    assert dict(tags(page))["SiteDomain"] == "www.example.gov.cn"


# The footer.


def test_the_footer_leads_to_the_registers_and_to_where_errors_are_reported(newsroom):
    facts = {
        "police_number": "皖公网安备 34010402700001号",
        "error_report_url": "https://zfwzzc.www.gov.cn/check?site_code=34",
    }
    identity.save_identity(Identity(**SITE_IDENTITY, **facts), by=newsroom.admin)
    links = {words: address for address, words in visit("/").one("footer").links()}
    assert links[SITE_IDENTITY["icp_number"]] == "https://beian.miit.gov.cn/"
    assert links[facts["police_number"]] == "https://beian.mps.gov.cn/#/query/webSearch?code=34010402700001"
    assert links["网站找错"] == facts["error_report_url"]


@pytest.mark.parametrize(
    "facts",
    [
        {"error_report_url": "javascript:alert(1)"},
        {"error_report_url": "//365.example/"},
        {"police_number": "<a>"},
        {"trusted_hosts": "https://www.gov.cn/"},
        {"trusted_hosts": "gov.cn com"},
        {"trusted_hosts": "*.gov.cn"},
        {"mourning_from": date(2026, 4, 4)},
        {"mourning_until": date(2026, 4, 4)},
        {"mourning_from": date(2026, 4, 5), "mourning_until": date(2026, 4, 4)},
    ],
)
def test_what_is_no_plain_text_no_address_and_no_period_is_refused(newsroom, facts):
    with pytest.raises(ValidationError) as refused:
        identity.save_identity(Identity(**SITE_IDENTITY, **facts), by=newsroom.admin)
    assert set(refused.value.message_dict) <= {*facts, "__all__"}
    assert not Identity.objects.exists()


# Days of mourning.


def grey(page):
    return "mourning" in page.one("html").attributes.get("class", "").split()


def mourning(newsroom, first, last):
    today = timezone.localdate()
    days = {"mourning_from": today + timedelta(days=first), "mourning_until": today + timedelta(days=last)}
    return identity.save_identity(Identity(**SITE_IDENTITY, **days), by=newsroom.admin)


@pytest.mark.parametrize(("first", "last", "is_grey"), [(0, 0, True), (-1, 1, True), (1, 2, False), (-2, -1, False)])
def test_the_whole_site_is_grey_on_the_days_that_were_set(newsroom, first, last, is_grey):
    address = newsroom.published().get_absolute_url()
    assert not grey(visit("/"))
    mourning(newsroom, first, last)
    for page in ("/", newsroom.department.get_absolute_url(), address, "/search/?q=示例", "/nothing/"):
        assert grey(visit(page)) is is_grey, page


def test_superusers_set_the_days_and_the_ledger_has_them(newsroom, site, client):
    today = timezone.localdate().isoformat()
    form = {**SITE_IDENTITY, "theme": "red", "mourning_from": today, "mourning_until": today}
    client.force_login(newsroom.publisher)
    assert client.post("/admin/portal/identity/add/", form).status_code == 403
    assert not grey(visit("/"))
    client.force_login(newsroom.admin)
    assert client.post("/admin/portal/identity/add/", form).status_code == 302
    assert grey(visit("/"))
    entry = Entry.objects.filter(verb="identity.changed").latest("number")
    assert (entry.data["mourning_from"], entry.actor_id) == (today, newsroom.admin.pk)
    assert not verify()


def test_days_set_behind_the_sites_back_are_named_and_not_kept(newsroom, site):
    """Scenario 43."""
    today = timezone.localdate().isoformat()
    tamper("UPDATE portal_identity SET mourning_from = %s, mourning_until = %s WHERE id = %s", [today, today, site.pk])
    assert not grey(visit("/"))
    assert [line for line in verify() if line.startswith(f"identity {site.pk} ")]
