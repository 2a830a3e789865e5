"""The letter form: validation, and no typed text is lost."""

import pytest
from django.test import Client

from feedback.models import MAX_TEXT_LENGTH, Letter
from portal import identity
from portal.models import Identity
from tests.factories import SITE_IDENTITY, nothing_changes
from tests.feedback.factories import ADDRESS, TEXT, letter, opened, sent
from tests.portal.visitor import Page, visit
from workflow import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(newsroom):
    return newsroom.published(title="关于义务植树的通知")


def field(page, name):
    return page.one("", name=name)


def said_beside(page, name):
    """What the page says beside a field to whom the field is read out."""
    named = field(page, name).attributes["aria-describedby"].split()
    return " ".join(page.one("", id=one).words for one in named)


def test_the_footer_of_every_page_leads_to_the_form(newsroom, site, live):
    for address in ("/", newsroom.department.get_absolute_url(), live.get_absolute_url(), "/search/", "/nothing/"):
        assert (ADDRESS, "网站找错") in visit(address).one("footer").links()


def test_an_outside_address_of_the_identity_goes_before_the_form(newsroom):
    outside = "https://zfwzzc.www.gov.cn/check"
    identity.save_identity(Identity(**SITE_IDENTITY, error_report_url=outside), by=newsroom.admin)
    links = visit("/").one("footer").links()
    assert (outside, "网站找错") in links and ADDRESS not in dict(links)


def test_the_page_is_one_of_the_site_and_is_kept_by_nobody(site):
    page = visit(ADDRESS)
    assert page.one("link", rel="canonical").attributes["href"] == f"http://testserver{ADDRESS}"
    assert page.one("meta", name="SiteName").attributes["content"] == SITE_IDENTITY["name"]
    assert page.one("nav", class_="breadcrumbs").links() == [("/", "首页")]
    assert {"no-store", "private"} <= set(page.headers["Cache-Control"].replace(",", "").split())
    assert not page.one("main").all("script")


def test_only_the_form_gives_visitors_a_cookie(site, live):
    client = Client()
    for address in ("/", live.get_absolute_url(), "/search/"):
        client.get(address)
    assert not client.cookies
    client.get(ADDRESS)
    assert list(client.cookies) == ["csrftoken"]


def test_no_department_can_take_the_address(newsroom):
    from django.core.exceptions import ValidationError

    from departments.models import Department

    with pytest.raises(ValidationError, match="feedback"):
        Department(name="来信", slug="feedback").full_clean()


def test_a_letter_arrives_word_for_word(db):
    words = {
        "kind": "opinion",
        "text": f" {TEXT}\r\n第二行 <b>不是标签</b> ",
        "name": "读者甲",
        "contact": "0551-6260 0000",
    }
    found = letter(**words, page="http://testserver/d1/?page=2")
    assert (found.kind, found.name, found.contact) == ("opinion", "读者甲", "0551-6260 0000")
    assert found.text == f"{TEXT}\n第二行 <b>不是标签</b>"
    assert (found.page, found.article, found.state, found.answer) == ("/d1/?page=2", None, "new", "")


def test_an_article_leads_to_the_form_with_itself_filled_in(newsroom, site, live):
    address = f"{ADDRESS}?about={live.article_id}"
    assert (address, "本文纠错") in visit(live.get_absolute_url()).links()
    page = visit(address)
    assert (live.get_absolute_url(), live.title) in page.one("p", class_="letter-about").links()
    assert page.one("link", rel="canonical").attributes["href"] == f"http://testserver{ADDRESS}"
    assert letter(query=f"?about={live.article_id}").article == live.article


@pytest.mark.parametrize("about", ["0", "999", "-1", "x", "9" * 30, "１", "' OR 1=1", "\0"])
def test_a_number_of_no_article_is_passed_over(newsroom, about):
    page = Page(Client().get(ADDRESS, {"about": about}))
    assert page.status == 200 and not page.all("p", class_="letter-about")


def test_an_article_that_is_not_public_is_never_named(newsroom):
    draft = newsroom.draft(title="尚未公开")
    page = visit(f"{ADDRESS}?about={draft.pk}")
    assert page.status == 200 and "尚未公开" not in page.html
    with nothing_changes():
        assert sent(Client(), about=draft.pk).status_code == 400


def test_an_article_withdrawn_meanwhile_costs_the_visitor_no_word(newsroom, live):
    client = Client()
    fields = opened(client, f"?about={live.article_id}") | {"text": TEXT}
    services.withdraw(live.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    page = Page(client.post(ADDRESS, fields))
    assert page.status == 400 and "已不再公开" in page.one("", role="alert").words
    assert field(page, "text").words == TEXT and not field(page, "about").attributes.get("value")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("text", "", "请填写来信内容"),
        ("text", "太短", "至少 10 字，目前只有 2 字"),
        ("text", "长" * (MAX_TEXT_LENGTH + 1), "最多 2000 字，目前有 2001 字"),
        ("name", "名" * 51, "50"),
        ("contact", "微信同号", "请填写有效的电子邮箱或电话号码"),
        ("contact", f"{'a' * 100}@example.org", "100"),
        ("page", "https://365.example/", "这不是本站的页面"),
        ("page", "//365.example/", "这不是本站的页面"),
        ("page", "/\\365.example/", "这不是本站的页面"),
        ("page", "javascript:alert(1)", "这不是本站的页面"),
        ("page", "http://testserver@365.example/", "这不是本站的页面"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_everything_typed_stays(db, name, value, said):
    words = {
        "kind": "question",
        "text": TEXT,
        "name": "读者甲",
        "contact": "reader@example.org",
        "page": "/",
        name: value,
    }
    with nothing_changes():
        page = Page(sent(Client(), **words))
    assert page.status == 400 and page.one("title").words.startswith("错误")
    assert said in said_beside(page, name) and said in page.one("", role="alert").words
    assert field(page, name).attributes["aria-invalid"] == "true"
    assert field(page, "text").words == words["text"]
    for kept in ("name", "contact", "page"):
        assert field(page, kept).attributes.get("value", "") == words[kept]
    assert "checked" in page.one("input", value="question").attributes


@pytest.mark.parametrize("kind", ["", "spam", "<script>"])
def test_a_kind_that_is_none_is_refused(db, kind):
    assert sent(Client(), kind=kind).status_code == 400
    assert not Letter.objects.exists()


def test_ends_of_lines_count_once_however_the_browser_sends_them(db):
    assert letter(text="行\r\n" * (MAX_TEXT_LENGTH // 2 - 1) + "行").text.count("\n") == MAX_TEXT_LENGTH // 2 - 1


def test_characters_that_nobody_can_read_are_left_out(db):
    assert letter(text=f"{TEXT}\0\x07", name="读\0者").text == TEXT
    assert Letter.objects.get().name == "读者"


def test_markup_is_shown_as_it_was_typed(db):
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7|add:7 }}'
    page = Page(sent(Client(), text=hostile, contact=hostile))
    assert not page.one("main").all("script") and not page.all("img", src="x")
    assert field(page, "text").words == hostile
    page = visit(f"{ADDRESS}{letter(text=hostile).receipt}/")
    assert not page.one("main").all("script") and hostile in page.one("p", class_="letter-text").words


def test_without_the_token_nothing_is_taken(db):
    client = Client(enforce_csrf_checks=True)
    fields = opened(client) | {"text": TEXT}
    with nothing_changes():
        page = Page(
            client.post(ADDRESS, {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"})
        )
        assert page.status == 403 and "Cookie" in page.one("main").words
    assert client.post(ADDRESS, fields).status_code == 302


def test_a_form_of_megabytes_is_not_even_read_out_again(db):
    with nothing_changes():
        assert sent(Client(), text="长" * 1_000_000).status_code == 400


def test_pressing_the_button_twice_makes_one_letter(db):
    client = Client()
    fields = opened(client) | {"text": TEXT}
    first, again = client.post(ADDRESS, fields), client.post(ADDRESS, fields)
    assert first["Location"] == again["Location"] and Letter.objects.count() == 1
    other = client.post(ADDRESS, fields | {"text": f"{TEXT}另外，附件打不开。"})
    assert other["Location"] != first["Location"] and Letter.objects.count() == 2


def test_two_visitors_with_the_same_words_have_a_letter_each(db):
    assert letter().receipt != letter().receipt
