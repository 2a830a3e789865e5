"""The article page: all its elements, and only live articles."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.utils import timezone

from articles import drafts, publishing
from articles.models import Article, Withdrawal
from legacy.pages import body_html, read_page
from portal.demonstration.builder import LEGACY_PAGE_FILE
from tests.factories import department, expired
from tests.ledger.attacker import tamper
from tests.portal.visitor import is_run, visit
from workflow import services

DAY = timedelta(days=1)


def of(publication):
    return visit(publication.get_absolute_url())


def neighbours(publication):
    """(older, newer): the titles that the page links to, None where it names nobody."""
    older, newer = of(publication).one("nav", class_="neighbours").all("p")
    return tuple(links[0][1] if (links := found.links()) else None for found in (older, newer))


# What stands there.


@pytest.fixture
def real(newsroom):
    page = read_page(LEGACY_PAGE_FILE)
    published = newsroom.published(
        title=page.title,
        author=page.author,
        body=body_html(page),
        dated=timezone.make_aware(datetime.combine(page.date, datetime.min.time())),
    )
    return page, published


def test_the_real_article_shows_every_element_of_the_original(newsroom, site, real):
    original, published = real
    page = of(published)
    assert page.one("h1").words == original.title
    assert page.one("div", class_="article-meta").one("time").words == "2014-02-07"
    assert "韩兴国" in page.one("div", class_="article-meta").words
    assert page.one("span", id="reads").words == "0"
    assert page.one("a", id="close").attributes["href"] == f"/{newsroom.department.slug}/"
    crumbs = page.one("nav", class_="breadcrumbs").links()
    assert crumbs[0][0] == "/" and crumbs[-1] == (f"/{newsroom.department.slug}/", newsroom.department.name)
    assert len(page.one("div", id="type-size").all("button")) >= 2


def test_the_real_article_has_all_its_words_in_their_paragraphs(newsroom, real):
    original, published = real
    prose = of(published).one("div", class_="article-body")
    shown = [part.words for part in prose.all() if part.tag in ("p", "h2", "h3")]
    assert shown == [" ".join(paragraph.text.split()) for paragraph in original.paragraphs]
    assert prose.all("p", class_="align-right")[-1].words == "(工委组织部)"


def test_the_hijacked_footer_of_the_original_is_nowhere(site, real):
    for html in (of(real[1]).html, visit("/").html):
        assert "365体育" not in html


def test_an_article_shows_all_that_its_draft_said(newsroom):
    page = of(
        newsroom.published(
            title="关于“三结对”的通知",
            subtitle="副题在此",
            body='<p class="align-center">正文<strong>重点</strong></p>',
            summary="摘要在此",
            author="韩兴国",
            source="工委组织部",
            keywords="组织建设，党建 通知",
            document_number="皖直〔2013〕5号",
            issuing_body="省直工委",
            index_number="003-2013-5",
            issued_on=date(2013, 5, 6),
            validity="in_force",
        )
    )
    assert page.one("p", class_="subtitle").words == "副题在此"
    assert page.one("meta", name="description").attributes["content"] == "摘要在此"
    for words in ("韩兴国", "工委组织部"):
        assert words in page.one("div", class_="article-meta").words
    for words in ("皖直〔2013〕5号", "省直工委", "003-2013-5", "2013-05-06"):
        assert words in page.one("dl", class_="document-meta").words
    assert page.one("div", class_="article-body").one("p", class_="align-center").one("strong").words == "重点"
    keywords = page.one("p", class_="keywords").links()
    assert [words for _, words in keywords] == ["组织建设", "党建", "通知"]
    assert visit(keywords[0][0]).titles == ["关于“三结对”的通知"]


def test_words_that_look_like_markup_are_shown_as_words(newsroom):
    """Scenario 46."""
    hostile = '"><script>alert(1)</script>'
    fields = ("title", "subtitle", "summary", "author", "source", "keywords", "document_number", "issuing_body")
    published = newsroom.published(**dict.fromkeys(fields, hostile))
    for page in (of(published), visit("/"), visit(f"/{newsroom.department.slug}/"), visit("/search/?q=alert")):
        assert hostile in page.words or hostile in str([link for _, link in page.links()])
        assert not [script for script in page.all("script") if "src" not in script.attributes and is_run(script)]


def test_an_article_in_a_child_department_shows_the_way_to_it(newsroom):
    child = department("青年工作", newsroom.admin, parent=newsroom.department)
    article = newsroom.draft()
    article.update_sealed(department=child)
    published = newsroom.published(Article.objects.get(pk=article.pk))
    crumbs = of(published).one("nav", class_="breadcrumbs").links()
    assert crumbs[1:] == [
        (f"/{newsroom.department.slug}/", newsroom.department.name),
        (f"/{child.slug}/", "青年工作"),
    ]


def test_the_page_names_its_one_address(newsroom):
    published = newsroom.published()
    page = visit(f"{published.get_absolute_url()}?from=wechat&page=3")
    assert page.one("link", rel="canonical").attributes["href"] == f"http://testserver{published.get_absolute_url()}"


# Neighbours.


def test_the_neighbours_are_the_next_older_and_the_next_newer(newsroom):
    now = timezone.now()
    made = {day: newsroom.published(title=f"{day}天前", dated=now - day * DAY) for day in (2, 4, 1, 3)}
    assert neighbours(made[1]) == ("2天前", None)
    assert neighbours(made[2]) == ("3天前", "1天前")
    assert neighbours(made[4]) == (None, "3天前")


def test_neighbours_are_stable_when_dates_are_equal(newsroom):
    """Scenario 37."""
    same = timezone.now() - DAY
    made = [newsroom.published(title=f"第{number}篇", dated=same) for number in range(5)]
    walked = [made[-1].title]
    while older := neighbours(next(found for found in made if found.title == walked[-1]))[0]:
        walked.append(older)
    assert walked == [found.title for found in reversed(made)]
    for older, newer in pairwise(made):
        assert neighbours(newer)[0] == older.title and neighbours(older)[1] == newer.title


def test_neighbours_are_live_and_of_the_same_department(newsroom):
    """Scenario 37."""
    now = timezone.now()
    oldest = newsroom.published(title="最旧", dated=now - 9 * DAY)
    newsroom.draft(title="不可见草稿", dated=now - 8 * DAY)
    newsroom.published(title="不可见定时", dated=now - 7 * DAY, at=now + DAY)
    withdrawn = newsroom.published(title="不可见撤稿", dated=now - 6 * DAY)
    services.withdraw(withdrawn.article, by=newsroom.publisher, reason="有误", notice="")
    expired(newsroom.published(title="不可见过期", dated=now - 5 * DAY))
    newest = newsroom.published(title="最新", dated=now - 4 * DAY)
    assert neighbours(oldest) == (None, "最新")
    assert neighbours(newest) == ("最旧", None)


def test_an_article_that_the_department_also_shows_is_a_neighbour(newsroom):
    now = timezone.now()
    here = newsroom.published(title="本栏目", dated=now - DAY)
    words = {"title": "别的栏目", "body": "<p>x</p>", "dated": now - 2 * DAY, "columns": [newsroom.department]}
    article, _ = drafts.create_article(department=newsroom.elsewhere, content=words, by=newsroom.stranger)
    opened = services.submit(article, by=newsroom.stranger)
    publishing.create_publication(opened.revision, at=now, now=now, sign_offs=[])
    assert neighbours(here) == ("别的栏目", None)


# Addresses.


def test_another_department_in_the_address_leads_to_the_right_one(newsroom):
    """Scenario 33."""
    published = newsroom.published(columns=[newsroom.elsewhere])
    for slug in (newsroom.elsewhere.slug, "nothing"):
        page = visit(f"/{slug}/{published.article_id}/")
        assert (page.status, page.headers["Location"]) == (301, published.get_absolute_url())


def test_an_article_that_is_not_there_is_not_found(newsroom):
    newsroom.published()
    for number in ["0", "4711", "9" * 18, "9" * 19, "9" * 40, "-1", "x", "1.0", "%00"]:
        assert visit(f"/{newsroom.department.slug}/{number}/").status == 404, number


def test_what_was_never_public_is_not_found(newsroom):
    """Scenario 24."""
    slug = newsroom.department.slug
    for article in (newsroom.draft(), newsroom.submitted().article, newsroom.reviewed().article):
        assert visit(f"/{slug}/{article.pk}/").status == 404


def test_the_public_page_is_unchanged_until_the_last_step_approves(newsroom):
    """Scenario 24."""
    published = newsroom.published(body="<p>旧的说法</p>")
    article = newsroom.rewritten(published.article, body="<p>新的措辞</p>")
    assert "旧的说法" in of(published).html and "新的措辞" not in of(published).html
    waiting = newsroom.reviewed(article)
    assert "旧的说法" in of(published).html and "新的措辞" not in of(published).html
    services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    assert "新的措辞" in of(published).html and "旧的说法" not in of(published).html


def test_a_scheduled_article_is_there_from_its_time_on(newsroom):
    """Scenario 28, 29."""
    now = timezone.now()
    scheduled = newsroom.published(at=now + DAY)
    assert of(scheduled).status == 404
    with time_machine.travel(now + DAY - timedelta(seconds=1), tick=False):
        assert of(scheduled).status == 404
    with time_machine.travel(now + DAY, tick=False):
        assert of(scheduled).status == 200


def test_a_scheduled_version_replaces_the_live_one_at_its_time(newsroom):
    """Scenario 25, 29."""
    now = timezone.now()
    published = newsroom.published(body="<p>旧的说法</p>")
    newsroom.published(newsroom.rewritten(published.article, body="<p>新的措辞</p>"), at=now + DAY)
    assert "旧的说法" in of(published).html
    with time_machine.travel(now + DAY, tick=False):
        assert "新的措辞" in of(published).html and "旧的说法" not in of(published).html


# Gone.


def test_a_withdrawn_article_shows_its_notice_and_none_of_its_words(newsroom):
    """Scenario 31."""
    published = newsroom.published(title="撤下的标题", body="<p>撤下的正文</p>")
    services.withdraw(published.article, by=newsroom.publisher, reason="内部原因", notice="因内容有误，已撤回。")
    for slug in (newsroom.department.slug, newsroom.elsewhere.slug, "nothing"):
        page = visit(f"/{slug}/{published.article_id}/")
        assert page.status == 410
        assert page.one("p", class_="withdrawal").words == "因内容有误，已撤回。"
        for words in ("撤下的标题", "撤下的正文", "内部原因", newsroom.publisher.full_name):
            assert words not in page.html


@pytest.mark.parametrize("how", ["words", "seal", "removed"])
def test_a_notice_that_is_not_what_was_signed_is_not_shown(newsroom, how):
    """Scenario 43."""
    published = newsroom.published()
    services.withdraw(published.article, by=newsroom.publisher, reason="有误", notice="因内容有误，已撤回。")
    tamper(
        {
            "words": "UPDATE articles_withdrawal SET notice = '欢迎访问365体育'",
            "seal": "UPDATE articles_withdrawal SET notice = '欢迎访问365体育', seal_signature = 'x'",
            "removed": "DELETE FROM articles_withdrawal",
        }[how]
    )
    page = of(published)
    assert page.status == 410
    assert "365体育" not in page.html and not page.all("p", class_="withdrawal")
    assert page.one("h1").words


def test_an_article_whose_time_has_run_out_is_gone(newsroom):
    published = newsroom.published(title="过期的标题")
    expired(published)
    page = of(published)
    assert page.status == 410
    assert "过期的标题" not in page.html and not Withdrawal.objects.exists()


def test_what_is_published_again_after_a_withdrawal_is_there_again(newsroom):
    published = newsroom.published()
    services.withdraw(published.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert of(published).status == 410
    newsroom.published(newsroom.rewritten(published.article))
    assert of(published).status == 200


def test_a_schedule_that_was_called_off_leaves_nothing_behind(newsroom):
    """Scenario 28."""
    now = timezone.now()
    scheduled = newsroom.published(at=now + DAY)
    services.unschedule(scheduled.article, by=newsroom.publisher, reason="时间有误")
    with time_machine.travel(now + 2 * DAY, tick=False):
        assert of(scheduled).status == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_public_page_is_read_only(newsroom, client, method):
    published = newsroom.published()
    for address in (published.get_absolute_url(), f"/{newsroom.department.slug}/", "/search/"):
        assert getattr(client, method)(address).status_code == 405
        assert client.head(address).status_code == 200
