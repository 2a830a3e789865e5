"""Every picture, attachment and link of a page answers, in every language."""

import io
import re
from html import unescape

import pytest
from django.test import Client
from PIL import Image

from articles import drafts
from articles.files.storage import store_document
from tests.images import pasted
from workflow import services
from workflow.actions import preview_links

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

PDF = b"%PDF-1.4 names"
LANGUAGES = ["", "/en"]
_addresses = re.compile(r'\s(?:src|href|data-address)="(/(?!/)[^"]*)"')
_sources = re.compile(r'\ssrcset="([^"]*)"')


def addresses(html):
    """The addresses of this site in a page, renditions of pictures included, without style sheets and scripts."""
    found = [*_addresses.findall(html), *(one.split()[0] for text in _sources.findall(html) for one in text.split(","))]
    return {unescape(address).partition("#")[0] for address in found if not address.startswith("/static/")}


def files(html):
    return {address for address in addresses(html) if "/files/" in address}


def photograph():
    """A picture of which renditions are made: large, and with too much grain to be small."""
    out = io.BytesIO()
    Image.effect_noise((1400, 300), 60).save(out, "JPEG", quality=95)
    return pasted(out.getvalue(), "image/jpeg")


def rich_draft(newsroom, **words):
    """With a picture that has renditions, a link to it, a document in the text, and an attachment."""
    article = newsroom.draft(**words)
    draft = article.active_draft()
    named = store_document(PDF, newsroom.drafter)
    link = f'<a href="/en{named.get_absolute_url()}">名单</a>'
    body = f"<p>正文</p><figure>{photograph()}<figcaption>图</figcaption></figure><p>{link}</p>"
    drafts.save_draft(draft, {"body": body, "keywords": "植树 绿化"}, by=newsroom.drafter, version=draft.version)
    drafts.attach_file(draft, named, name="名单", by=newsroom.drafter, version=draft.version)
    return article


def assert_all_answer(client, page, found, *, at_least):
    assert len(found) >= at_least, f"{page}: {sorted(found)}"
    statuses = {address: client.get(address).status_code for address in sorted(found)}
    assert {address: status for address, status in statuses.items() if status != 200} == {}, page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_address_on_a_public_page_answers(newsroom, language):
    publication = newsroom.published(rich_draft(newsroom, title="公开的一篇"))
    article = publication.get_absolute_url()
    client = Client()
    for page, at_least in {
        "/": 5,
        f"/{newsroom.department.slug}/": 5,
        article: 15,
        f"{article}proof/": 5,
        "/search/?q=公开": 5,
        f"/feedback/?about={publication.article_id}": 5,
    }.items():
        html = client.get(language + page).content.decode()
        links = {address for address in addresses(html) if not address.startswith("/reads/")}  # answers POST only
        assert_all_answer(client, language + page, links, at_least=at_least)
    assert len(files(client.get(language + article).content.decode())) >= 4  # picture, two renditions, document


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["draft", "in review", "correction"])
def test_every_file_in_a_shared_preview_answers_its_holder_and_nobody_else(newsroom, language, state):
    if state == "correction":
        article = newsroom.published().article
        draft = newsroom.rewritten(article).active_draft()
        body = f"<p>更正</p>{photograph()}"
        drafts.save_draft(draft, {"body": body}, by=newsroom.drafter, version=draft.version)
        drafts.attach_file(draft, store_document(PDF, newsroom.drafter), name="名单", by=newsroom.drafter, version=3)
    else:
        article = rich_draft(newsroom, title="未公开的一篇")
    if state == "in review":
        services.submit(article, by=newsroom.drafter)
    _link, token = preview_links.create_link(article, by=newsroom.drafter)
    holder = Client()
    html = holder.get(f"{language}/preview/{token}/").content.decode()
    assert_all_answer(holder, language, files(html), at_least=2)
    assert_all_answer(holder, language, addresses(html), at_least=2)
    assert all(token in address for address in files(html))
    for address in files(html):
        other = address.replace(token, "invented")
        assert {holder.get(other).status_code, holder.get(f"/files/{address.rpartition('/')[2]}").status_code} == {404}


def test_every_file_on_a_page_of_the_desk_answers_the_people_who_see_it(newsroom, as_user):
    article = rich_draft(newsroom, title="在办的一篇")
    home = f"/admin/articles/article/{article.pk}/"
    assert_files_answer(as_user("colleague"), f"{home}change/", f"{home}revisions/1/")
    services.submit(article, by=newsroom.drafter)
    assert_files_answer(as_user("reviewer"), f"{home}revisions/1/")
    assert_files_answer(as_user("publisher"), f"{home}revisions/1/")


def assert_files_answer(client, *pages):
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        # The form holds the text as words of a field, with its tags escaped.
        html = response.content.decode()
        assert_all_answer(client, page, files(html) | files(unescape(html)), at_least=2)
