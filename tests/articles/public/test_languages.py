"""English pages under /en/: translated interface, untranslated content."""

import pytest
from django.conf import settings

from articles.public.languages import language_of, localised_url_names, with_language, without_language
from tests.factories import department
from tests.portal.visitor import visit

HAN = range(0x4E00, 0xA000)


def chrome_words(page) -> str:
    """What a page says in the language of its chrome: everything that is not marked as another language."""

    def pieces(element):
        for part in element.inner:
            if isinstance(part, str):
                yield part
            elif part.attributes.get("lang", "en") == "en" and part.tag not in ("script", "option"):
                yield from pieces(part)

    return " ".join(" ".join(pieces(page.one("body"))).split())


@pytest.fixture
def pages(newsroom, site):
    """Addresses of pages with something on each."""
    department("公告栏", newsroom.admin, parent=newsroom.department)
    live = newsroom.published(title="示例标题", author="某人", source="某处", summary="摘要", keywords="学习")
    home = live.department.get_absolute_url()
    return [
        "/",
        home,
        live.get_absolute_url(),
        f"{live.get_absolute_url()}proof/",
        "/search/?q=示例",
        "/search/?q=没有的词",
    ]


def test_every_page_is_to_be_had_in_english_and_leads_back(pages):
    for address in pages:
        page = visit(f"/en{address}")
        assert page.status == 200 and page.one("html").attributes["lang"] == "en", address
        back = page.one("header", class_="site-header").one("a", hreflang="zh-Hans").attributes["href"]
        assert visit(back).one("html").attributes["lang"] == "zh-Hans"
        assert visit(back).one("main").all("h1")[0].words == page.one("main").all("h1")[0].words or "search" in address


def test_the_chrome_of_english_pages_is_english_and_chinese_words_say_that_they_are(pages, site):
    footer = " ".join([site.organiser, site.copyright_holder, site.address, site.technical_support, site.icp_number])
    named_in_english_sentences = set(footer) | set(site.name) | set("没有的词示例标题组织建设简体中文")
    for address in pages:
        words = chrome_words(visit(f"/en{address}"))
        left = {letter for letter in words if ord(letter) in HAN} - named_in_english_sentences
        assert left == set(), (address, left)


def test_links_of_an_english_page_lead_to_english_pages(newsroom, pages):
    page = visit("/en/")
    inner = [address for address, _words in page.one("main").links() if address.startswith("/")]
    assert inner and all(address.startswith("/en/") for address in inner)
    article = visit(f"/en{pages[2]}")
    assert pages[1] not in [address for address, _ in article.one("main").links()]
    assert f"/en{pages[1]}" in [address for address, _ in article.one("main").links()]


def test_the_words_of_the_article_are_the_same_in_both(pages):
    chinese, english = (visit(prefix + pages[2]).one("div", class_="article-body") for prefix in ("", "/en"))
    assert chinese.words == english.words
    assert english.attributes["lang"] == "zh-Hans" and "lang" not in chinese.attributes


def test_every_page_calls_the_chinese_address_the_canonical_one(pages):
    for address in pages[:3]:
        found = visit(f"/en{address}").one("link", rel="canonical").attributes["href"]
        assert found == settings.SITE_URL + address


def test_a_page_without_its_like_leads_to_the_other_home_page(db):
    missing = visit("/nothing/")
    assert missing.status == 404
    assert missing.one("a", hreflang="en").attributes["href"] == "/en/"
    assert visit("/nothing.html").one("a", hreflang="en").attributes["href"] == "/en/"
    assert visit("/en/nothing/").one("html").attributes["lang"] == "en"


@pytest.mark.parametrize(
    "address", ["/en/feed/", "/en/sitemap.xml", "/en/robots.txt", "/en/healthz", "/en/admin/", "/zh-hans/"]
)
def test_feeds_files_and_the_desk_exist_once(client, db, address):
    assert client.get(address, follow=True).status_code == 404


def test_browsers_wishes_change_nothing(client, pages):
    plainly, asked = (client.get("/", headers={"accept-language": wish}) for wish in ("zh", "en"))
    assert plainly.content == asked.content
    assert "Accept-Language" not in asked.headers.get("Vary", "") and not asked.cookies


def test_the_language_stands_in_the_header_of_the_answer(client, pages):
    assert client.get("/")["Content-Language"] == "zh-Hans"
    assert client.get("/en/")["Content-Language"] == "en"


def test_the_address_tells_the_language_and_turns_into_the_others():
    assert (language_of("/en/zuzhi/"), language_of("/zuzhi/"), language_of("/english/")) == ("en", "zh-hans", "zh-hans")
    assert (without_language("/en/zuzhi/1/"), without_language("/zuzhi/"), without_language("/en/")) == (
        "/zuzhi/1/",
        "/zuzhi/",
        "/",
    )
    assert (with_language("/zuzhi/", "en"), with_language("https://a.cn/", "en"), with_language("//a.cn/", "en")) == (
        "/en/zuzhi/",
        "https://a.cn/",
        "//a.cn/",
    )


def test_pages_are_told_from_data():
    assert {"home", "department", "article", "proof", "search", "leave"} <= localised_url_names()
    assert not {"feed", "proof-json", "file", "healthz", "sitemap"} & localised_url_names()
