"""The command `import_docx`: all documents become drafts, or none."""

import io

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article, Attachment
from articles.word.reader import read_word
from ledger.models import Entry
from legacy.models import ImportedPage
from tests.articles.word.documents import document, notice, paragraph
from tests.factories import nothing_changes
from tests.images import picture
from workflow.rules.states import ArticleState, PublicState, TextState, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def bring_in(newsroom):
    """What the command prints when the drafter imports these files into the department."""

    def bring_in(*paths, **options):
        out = io.StringIO()
        facts = {"username": newsroom.drafter.username, "department": newsroom.department.slug, **options}
        call_command("import_docx", *map(str, paths), stdout=out, no_color=True, **facts)
        return out.getvalue()

    return bring_in


@pytest.fixture
def refusal(bring_in):
    """The message with which the command refuses; nothing is stored."""

    def refusal(*paths, **options):
        with nothing_changes(), pytest.raises(CommandError) as refused:
            bring_in(*paths, **options)
        return str(refused.value)

    return refusal


@pytest.fixture
def saved(tmp_path):
    def saved(data, name="通知.docx"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return saved


def test_a_document_becomes_a_draft_as_in_the_form(newsroom, bring_in, saved):
    path = saved(notice(picture()))
    report = bring_in(path)
    article = Article.objects.get()
    draft = article.active_draft()
    assert state_of(article) == ArticleState(TextState.DRAFT, PublicState.UNPUBLISHED)
    assert (article.department, article.created_by) == (newsroom.department, newsroom.drafter)
    text = read_word(path.read_bytes(), newsroom.drafter)
    assert (draft.title, draft.body) == (text.title, text.html)
    assert Attachment.objects.filter(revision=draft, kind="inline").count() == 1
    assert draft.title in report and "image2.emf" in report and str(article.pk) in report


def test_an_imported_document_stands_in_the_ledger(bring_in, saved):
    bring_in(saved(document(paragraph("甲", style="a3"), paragraph("乙"))))
    imported, entry = ImportedPage.objects.get(), Entry.objects.get(verb="article.imported")
    assert entry.data == {"file": "通知.docx", "digest": imported.digest, "suspicions": 0}


def test_the_same_document_is_imported_once_whatever_it_is_called(bring_in, saved):
    data = document(paragraph("甲", style="a3"), paragraph("乙"))
    bring_in(saved(data))
    with nothing_changes():
        report = bring_in(saved(data, "又.docx"))
    assert f"as article {Article.objects.get().pk}" in report


def test_a_document_without_a_title_has_the_name_of_its_file(bring_in, saved):
    report = bring_in(saved(document(paragraph("乙")), "关于植树.docx"))
    assert Article.objects.get().active_draft().title == "关于植树"
    assert "It shows no title" in report


def test_one_that_cannot_be_read_keeps_all_out(refusal, saved):
    good = saved(document(paragraph("甲")))
    bad = saved(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧.doc")
    said = refusal(good, bad)
    assert str(bad) in said and "save it as .docx" in said and said.endswith("Nothing was imported.")


def test_a_text_that_is_too_long_is_refused_with_the_name_of_its_file(refusal, saved):
    path = saved(document(*[paragraph("字" * 1000)] * 401))
    assert str(path) in refusal(path)


def test_one_that_is_too_large_is_refused_unread(refusal, saved):
    assert "20 MB" in refusal(saved(bytes(20 * 1024 * 1024 + 1)))


def test_a_title_that_is_too_long_is_refused(refusal, saved):
    assert "200" in refusal(saved(document(paragraph("很长" * 150, style="a3"), paragraph("乙"))))


@pytest.mark.parametrize(
    ("options", "why"),
    [({"username": "nobody"}, "no active person"), ({"department": "nowhere"}, "no department at the address")],
)
def test_an_unknown_person_or_department_is_refused(refusal, saved, options, why):
    assert why in refusal(saved(document(paragraph("甲"))), **options)


def test_a_department_of_others_is_refused(newsroom, refusal, saved):
    assert "You do not write for" in refusal(saved(document(paragraph("甲"))), department=newsroom.elsewhere.slug)


def test_a_file_that_is_not_there_is_named(refusal, tmp_path):
    assert "nothing.docx" in refusal(tmp_path / "nothing.docx")
