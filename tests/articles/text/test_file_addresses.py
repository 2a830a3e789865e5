"""No spelling of a file link gives access to a private file."""

from html import escape
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articles import drafts
from articles.files.access import may_download
from articles.files.storage import store_document
from articles.models import Revision
from articles.text.file_addresses import FileAddress, file_digests, own_file, plain_digest
from articles.text.sanitising import mentioned_file_digests, sanitise
from tests.articles.files.test_documents import PDF

DIGEST = "0123456789abcdef" * 4
PLAIN = f"/files/{DIGEST}.pdf"

# {d}: the digest, {D} in upper case, in parts {head}{tail}, or {code}{rest} with a letter encoded.
FORMS = [
    "/files/{d}.pdf",
    "/files/{d}.pdf?x",
    "/files/{d}.pdf#a",
    "/files/{d}.pdf?a=1&b=2#c",
    " /files/{d}.pdf\n",
    "/files/{d}.PDF",
    "/files/{D}.pdf",
    "/FILES/{d}.pdf",
    "http://testserver/files/{d}.pdf",
    "HTTPS://TestServer:8000/files/{d}.pdf?x",
    "http://somebody@testserver/files/{d}.pdf",
    "http:/files/{d}.pdf",
    "//testserver/files/{d}.pdf",
    "\\\\testserver\\files\\{d}.pdf",
    "/\\testserver/files/{d}.pdf",
    "//testserver/.//files/{d}.pdf",
    "files/{d}.pdf",
    "./files/{d}.pdf",
    ".//files/{d}.pdf",
    "../../files/{d}.pdf",
    "/x/../files/{d}.pdf",
    "/files/./{d}.pdf",
    "/files//{d}.pdf",
    "/files/x/../{d}.pdf",
    "\\files\\{d}.pdf",
    "/en/files/{d}.pdf",
    "/preview/token/files/{d}.pdf",
    "/%66iles/{d}.pdf",
    "/files/{code}{rest}.pdf",
    "/files%2F{d}.pdf",
    "/files/{d}%2epdf",
    "/files/{d}.pdf%3Fx",
    "/%2566iles/{d}.pdf",
    "/fi\tles/{d}.pdf",
    "/files/{head}\r\n{tail}.pdf",
    "\x01/files/{d}.pdf",
]
INCOMPLETE = [
    *["/files/{d}", "/files/{d}.", "/files/{d}.?pdf", "/files/{d}.pdf/x", "/files/{d}0.pdf", "/files/{d}.tar.gz"],
    *["/files/{d}.p-f", "/files/{d}.aaaaaaaaaaa"],
]


def spell(form, digest=DIGEST):
    parts = {"head": digest[:2], "tail": digest[2:], "rest": digest[1:], "code": f"%{ord(digest[0]):x}"}
    return form.format(d=digest, D=digest.upper(), **parts)


OTHERS = [
    *[
        "",
        "#fn-1",
        "https://www.gov.cn/",
        "mailto:a@b.cn",
        "/files/",
        "/files/2013/report.pdf",
        f"/notices/{DIGEST}.pdf",
    ],
    *[f"https://www.gov.cn{PLAIN}", f"//www.gov.cn{PLAIN}", f"mailto:a@b.cn?subject={PLAIN}", f"/search/?q={PLAIN}"],
    *[f"http://testserver@www.gov.cn{PLAIN}", f"data:image/png;base64,{PLAIN}", f"/myfiles/{DIGEST}.pdf"],
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_address_becomes_the_plain_one(form):
    assert own_file(spell(form)) == FileAddress(DIGEST, PLAIN)
    assert sanitise(f'<img src="{escape(spell(form))}">').html == f'<img src="{PLAIN}" alt="">'


@pytest.mark.parametrize("form", INCOMPLETE)
def test_an_address_that_is_not_complete_leads_nowhere(form, english):
    assert own_file(spell(form)) == FileAddress(DIGEST, "")
    cleaned = sanitise(f'<p><a href="{escape(spell(form))}">字</a></p>')
    assert cleaned.html == '<p><a rel="noopener noreferrer">字</a></p>' and "not complete" in cleaned.lost[0]


@pytest.mark.parametrize("address", OTHERS)
def test_other_addresses_stay_what_they_are(address):
    assert own_file(address) is None


@pytest.mark.parametrize(
    "html",
    [
        f'<p>href="{PLAIN}" src="{PLAIN}"</p>',
        f'<p>&lt;a href="{PLAIN}"&gt;</p>',
        f"""<p><a href="/x" title='<a href="{PLAIN}">'>字</a></p>""",
        f"""<p><a href="/x" title=' href="{PLAIN}"'>字</a></p>""",
        f'<p><a src="{PLAIN}" title="src={PLAIN}">字</a></p>',
        f'<img srcset="{PLAIN} 2x" src="" alt="{PLAIN}">',
        f'<p style="text-align:left;background:url({PLAIN})" cite="{PLAIN}">字</p>',
        f'<object data="{PLAIN}"><embed src="{PLAIN}"></object><video poster="{PLAIN}" src="{PLAIN}"></video>',
    ],
)
def test_only_links_and_pictures_use_a_file(html):
    assert file_digests(sanitise(html).html) == []


# Spells any part of an address in one of the ways that browsers and servers read alike, and some that they do not.
blank = st.text(st.sampled_from(" \t\r\n\x00\x0b\u00a0"), max_size=2)
spelled = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *"/\\.?#;:@%&",
                "//",
                "./",
                "../",
                "files",
                "FILES",
                "%66iles",
                "%2f",
                "%5c",
                "%3f",
                "%252f",
                "/en/",
                "/files/",
            ]
        ),
        st.sampled_from(
            ["http:", "https:", "testserver", "www.gov.cn", "data:", ".pdf", ".PDF", ".p", "&#47;", "&sol;"]
        ),
        st.sampled_from([DIGEST, DIGEST.upper(), DIGEST[:32], DIGEST[32:], quote("/files/") + DIGEST, PLAIN]),
        blank,
        st.text(max_size=2),
    ),
    max_size=10,
).map("".join)
attribute = st.sampled_from(["href", "HREF", "src", "srcset", "title", "alt", "style", "cite", "poster"])
tag = st.sampled_from(["a", "img", "p", "td", "A", "IMG", "video", "area", "link"])
around = st.sampled_from(['"', "'", ""])


@given(st.lists(st.tuples(tag, attribute, around, spelled, st.booleans()), max_size=3), spelled)
@example([("a", "href", '"', f"{PLAIN}?x", False)], "")
@example([("a", "href", '"', PLAIN, True)], f' href="{PLAIN}"')
def test_no_form_of_an_address_gives_access(parts, words):
    html = words + "".join(
        f"<{tag} {name}={mark}{escape(address) if escaped else address}{mark}>字</{tag}>"
        for tag, name, mark, address, escaped in parts
    )
    asked = set()

    def refuse(digest):
        asked.add(digest)
        return False

    refused, allowed = sanitise(html, may_use=refuse).html, sanitise(html, may_use=lambda _digest: True).html
    assert file_digests(refused) == []
    assert asked == mentioned_file_digests(html)
    assert set(file_digests(allowed)) <= asked
    assert mentioned_file_digests(refused) == set()
    assert mentioned_file_digests(allowed) == set(file_digests(allowed))  # every address that is left is a plain one
    assert sanitise(allowed).html == allowed


# The same at the desk.


@pytest.fixture
def private(newsroom, media):
    """A document in a draft of the other department."""
    file = store_document(PDF + b"secret", newsroom.stranger)
    words = {"title": "别处的", "body": f'<p><a href="{file.get_absolute_url()}">密</a></p>'}
    drafts.create_article(department=newsroom.elsewhere, content=words, by=newsroom.stranger)
    return file


def in_link(address):
    return f'<p>正文<a href="{escape(address)}">看</a></p>'


@pytest.mark.django_db
def test_no_form_of_its_address_gives_access_to_a_private_file(newsroom, private, client):
    article = newsroom.draft()
    for form in (*FORMS, *INCOMPLETE):
        draft = article.active_draft()
        body = in_link(spell(form, private.digest)) + f'<p>href="{private.get_absolute_url()}"</p>'
        drafts.save_draft(draft, {"body": body}, by=newsroom.drafter, version=draft.version)
        assert not draft.attachments.exists(), form
        assert not may_download(newsroom.drafter, private), form
    client.force_login(newsroom.drafter)
    assert client.get(private.get_absolute_url()).status_code == 404


@pytest.mark.django_db
@pytest.mark.slow
def test_the_uploader_may_spell_the_address_in_any_form(newsroom, private):
    words = {"title": "标题", "body": "<p>正文</p>"}
    article, _lost = drafts.create_article(department=newsroom.elsewhere, content=words, by=newsroom.stranger)
    for form in FORMS:
        draft = article.active_draft()
        words = {"body": in_link(spell(form, private.digest))}
        assert drafts.save_draft(draft, words, by=newsroom.stranger, version=draft.version) == [], form
        assert f'href="{private.get_absolute_url()}"' in draft.body, form
        assert [one.file_id for one in draft.attachments.all()] == [private.pk], form
        drafts.save_draft(draft, {"body": "<p>正文</p>"}, by=newsroom.stranger, version=draft.version)


@pytest.mark.django_db
def test_a_form_that_an_older_draft_still_has_gives_no_access(newsroom, private):
    article = newsroom.draft()
    draft = article.active_draft()
    Revision.objects.filter(pk=draft.pk).update(body=in_link(f"{private.get_absolute_url()}?x"))
    drafts.seal_draft(draft)
    draft.refresh_from_db()
    drafts.save_draft(draft, {"title": "标题"}, by=newsroom.drafter, version=draft.version)
    assert not draft.attachments.exists() and not may_download(newsroom.drafter, private)


def test_a_plain_address_is_exactly_one_form():
    assert plain_digest(PLAIN) == DIGEST
    assert [form for form in FORMS[1:] + INCOMPLETE if plain_digest(spell(form))] == []
    assert [address for address in OTHERS if plain_digest(address)] == []
