"""Reader features: sharing, full-size pictures, corrections, related articles."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.public.body_html import render_body
from tests.images import pasted, picture
from tests.ledger.attacker import tamper
from tests.portal.visitor import visit
from workflow import services

DAY = timedelta(days=1)
PICTURE = f'<img src="/files/{"0" * 64}.png" alt=">">'


def of(publication):
    return visit(publication.get_absolute_url())


def related(publication):
    return [words for _, words in of(publication).one("section", class_="related").links()]


# Sharing.


def test_the_address_is_there_to_copy_and_as_a_code_to_scan(newsroom, client):
    published = newsroom.published()
    share = of(published).one("details", class_="share")
    assert share.one("input").attributes["value"] == f"http://testserver{published.get_absolute_url()}"
    code = client.get(share.one("img").attributes["src"])
    assert (code.status_code, code["Content-Type"]) == (200, "image/svg+xml")
    assert code["Content-Security-Policy"] == "default-src 'none'"
    assert code.content != client.get(f"{published.get_absolute_url()}proof.svg").content


def test_what_is_withdrawn_or_was_never_public_has_no_code(newsroom, client):
    published = newsroom.published()
    services.withdraw(published.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert client.get(f"{published.get_absolute_url()}code.svg").status_code == 410
    draft = newsroom.draft()
    assert client.get(f"/{newsroom.department.slug}/{draft.pk}/code.svg").status_code == 404


# Pictures and tables.


def test_a_picture_is_a_link_to_itself_and_keeps_its_caption(newsroom, media, client):
    body = f"<figure>{pasted(picture())}<figcaption>座谈会现场</figcaption></figure>"
    prose = of(newsroom.published(body=body)).one("div", class_="article-body")
    link = prose.one("a", class_="picture")
    assert link.attributes["href"] == link.one("img").attributes["src"]
    assert client.get(link.attributes["href"])["Content-Type"] == "image/png"
    assert prose.one("figcaption").words == "座谈会现场"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (f"<p>{PICTURE}</p>", f'<p><a class="picture" href="/files/{"0" * 64}.png">{PICTURE}</a></p>'),
        (f'<a href="/x/">{PICTURE}</a>', f'<a href="/x/">{PICTURE}</a>'),
        ("<table><tr><td>1</td></tr></table>", '<div class="table-scroll"><table><tr><td>1</td></tr></table></div>'),
        (
            "<table><tr><td><table></table></td></tr></table>",
            '<div class="table-scroll"><table><tr><td><table></table></td></tr></table></div>',
        ),
        ("<p>&lt;table&gt; 与 &lt;img&gt;</p>", "<p>&lt;table&gt; 与 &lt;img&gt;</p>"),
    ],
)
def test_links_and_boxes_stand_round_pictures_and_tables_and_nothing_else_changes(body, shown):
    assert render_body(body, {}) == shown


# Corrections.


def test_a_correction_says_when_it_was_made(newsroom):
    published = newsroom.published()
    assert not of(published).all("p", class_="correction-note")
    newsroom.published(newsroom.rewritten(published.article))
    today = timezone.localdate().isoformat()
    assert of(published).one("p", class_="correction-note").words.count(today) == 2


def test_what_was_called_off_before_anybody_saw_it_is_no_correction(newsroom):
    scheduled = newsroom.published(at=timezone.now() + DAY)
    services.unschedule(scheduled.article, by=newsroom.publisher, reason="时间有误")
    waiting = scheduled.article.rounds.open().get()
    again = services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    assert again.number == 2 and not of(again).all("p", class_="correction-note")


@pytest.mark.parametrize(("validity", "said"), [("in_force", False), ("repealed", True), ("expired", True)])
def test_a_document_that_is_out_of_force_says_so_before_its_first_word(newsroom, validity, said):
    page = of(newsroom.published(document_number="皖直〔2013〕5号", validity=validity))
    assert bool(page.all("p", class_="validity-note")) == said


# Relations.


def test_related_are_those_of_the_department_that_share_most_keywords(newsroom):
    published = newsroom.published(title="本篇", keywords="组织建设，党建 通知")
    newsroom.published(title="两词相同", keywords="通知、党建")
    newsroom.published(title="一词相同", keywords="党建")
    newsroom.published(title="无一相同", keywords="党建工作")
    newsroom.published(title="没有关键词")
    newsroom.draft(title="不可见草稿", keywords="党建")
    assert related(published) == ["两词相同", "一词相同"]


def test_an_article_without_keywords_or_relations_has_no_such_section(newsroom):
    assert not of(newsroom.published()).all("section", class_="related")
    assert not of(newsroom.published(keywords="党建")).all("section", class_="related")


def test_related_are_only_those_whose_seal_holds(newsroom):
    """Scenario 43."""
    published = newsroom.published(keywords="党建")
    changed = newsroom.published(title="原来的标题", keywords="党建")
    newsroom.published(title="另一篇", keywords="党建")
    tamper("UPDATE articles_publication SET title = '365体育' WHERE id = %s", [changed.pk])
    assert related(published) == ["另一篇"]


def test_withdrawn_articles_are_not_related_any_more(newsroom):
    published = newsroom.published(keywords="党建")
    other = newsroom.published(keywords="党建")
    assert len(related(published)) == 1
    services.withdraw(other.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert not of(published).all("section", class_="related")
