"""The command `import_legacy`: drafts, report, refusals."""

import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts import services as accounts
from articles.models import Article, Publication
from ledger.models import Entry
from legacy.models import ImportedPage
from tests.factories import nothing_changes
from tests.ledger.attacker import tamper, undone
from tests.ledger.auditor import named, verify
from tests.legacy.samples import REAL, TITLE
from workflow.rules.states import ArticleState, PublicState, TextState, state_of

pytestmark = pytest.mark.django_db

SMALL = """首 页 组织建设 返回主站
首 页 > 组织建设

{title}

【字体: 】【2014-2-7】 【作者/来源 {author}】 【关 闭
{body}
上一篇旧文  |  下一篇新文
"""


def bring_in(newsroom, *paths, by=None, **options):
    """What the command prints when the drafter imports `paths`."""
    out = io.StringIO()
    username = newsroom.drafter.username if by is None else by
    call_command("import_legacy", *map(str, paths), username=username, stdout=out, no_color=True, **options)
    return out.getvalue()


def page(folder, name="page.txt", title="关于植树的通知", author="张三", body="春天到了。"):
    file = folder / name
    file.write_text(SMALL.format(title=title, author=author, body=body), encoding="utf-8")
    return file


def refusal(newsroom, *paths, **options):
    """The message with which the command refuses; nothing is stored."""
    with nothing_changes(), pytest.raises(CommandError) as refused:
        bring_in(newsroom, *paths, **options)
    assert refused.value.returncode == 1
    return str(refused.value)


def test_the_real_page_becomes_a_draft_with_its_words_and_is_not_public(newsroom, client):
    bring_in(newsroom, REAL)
    article = Article.objects.get()
    draft = article.active_draft()
    assert state_of(article) == ArticleState(TextState.DRAFT, PublicState.UNPUBLISHED)
    assert (draft.title, draft.author, article.department) == (TITLE, "韩兴国", newsroom.department)
    assert draft.dated == datetime(2014, 2, 6, 16, tzinfo=UTC)  # the 7th in Shanghai
    assert draft.body.startswith("<p>中央、省委教育实践活动启动后")
    assert draft.body.count("<h2>") == 3
    assert draft.body.endswith('<p class="align-right">(工委组织部)</p>')
    assert client.get(f"/{newsroom.department.slug}/{article.pk}/").status_code == 404
    assert not Publication.objects.exists()


def test_the_hijacked_copyright_line_is_reported_and_taken_over_nowhere(newsroom):
    report = bring_in(newsroom, REAL)
    lines = REAL.read_text(encoding="utf-8").splitlines()
    number, line = next((number, line) for number, line in enumerate(lines, 1) if "版权所有" in line)
    assert line.strip() in report and str(number) in report
    draft = Article.objects.get().active_draft()
    words = "".join([draft.title, draft.body, draft.author, draft.source, draft.summary, draft.keywords])
    for foreign in ("版权", "娱乐", "ICP备", "龙讯科技", "上一篇", "下一篇"):
        assert foreign not in words
    suspicions = ImportedPage.objects.get().report["suspicions"]
    assert (number, line.strip()) in [(found["line"], found["text"]) for found in suspicions]
    assert all(found["reason"] in report for found in suspicions)


def test_the_report_names_the_neighbours_and_what_was_left_out(newsroom):
    report = bring_in(newsroom, REAL)
    kept = ImportedPage.objects.get().report
    assert (kept["previous"], kept["next"]) == ("“三结对”拓展联系服务群众新途径", "省直机关党建服务基层年活动启动")
    assert kept["notes"] and all(note in report for note in kept["notes"])
    assert str(REAL) in report and TITLE in report


def test_an_import_stands_in_the_ledger_with_file_and_digest(newsroom):
    bring_in(newsroom, REAL)
    imported, entry = ImportedPage.objects.get(), Entry.objects.get(verb="article.imported")
    assert entry.object_id == str(imported.article_id) and entry.actor_id == newsroom.drafter.pk
    suspicions = len(imported.report["suspicions"])
    assert entry.data == {"file": REAL.name, "digest": imported.digest, "suspicions": suspicions}
    assert TITLE not in str(list(Entry.objects.values_list("data", flat=True)))


def test_the_same_bytes_are_imported_once_whatever_the_file_is_called(newsroom, tmp_path):
    bring_in(newsroom, REAL)
    copy = tmp_path / "copy.txt"
    copy.write_bytes(REAL.read_bytes())
    with nothing_changes():
        report = bring_in(newsroom, REAL, copy)
    article = str(Article.objects.get().pk)
    assert [article in line and str(file) in line for line, file in zip(report.splitlines(), [REAL, copy], strict=True)]


def test_an_import_that_was_changed_outside_the_site_is_named_and_stands_for_no_other(newsroom):
    bring_in(newsroom, REAL)
    imported = ImportedPage.objects.get()
    assert imported.seal_holds() and verify() == []
    with undone():
        tamper("UPDATE legacy_importedpage SET name = 'other.txt'")
        assert verify() == named(f"imported page {imported.pk}") != []
        assert "changed outside the site" in refusal(newsroom, REAL)
    with undone():
        tamper("DELETE FROM legacy_importedpage")
        assert verify() == [f"imported page of article {imported.article_id}: stands in the ledger, but is gone"]


def test_the_same_file_named_twice_in_one_command_is_imported_once(newsroom, tmp_path):
    file = page(tmp_path)
    bring_in(newsroom, file, file)
    assert Article.objects.count() == 1


def test_several_pages_become_a_draft_each(newsroom, tmp_path):
    bring_in(newsroom, page(tmp_path, "a.txt", title="甲"), page(tmp_path, "b.txt", title="乙"))
    assert {article.active_draft().title for article in Article.objects.all()} == {"甲", "乙"}


def test_an_imported_draft_goes_the_way_of_all_others(newsroom, client):
    bring_in(newsroom, REAL)
    article = Article.objects.get()
    newsroom.published(article)
    shown = client.get(f"/{newsroom.department.slug}/{article.pk}/").content.decode()
    assert TITLE in shown and "2014-02-07" in shown and "韩兴国" in shown


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00x", b"\x00\x01\x02", "没有标签的文字".encode()])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(newsroom, tmp_path, content):
    file = tmp_path / "broken.txt"
    file.write_bytes(content)
    message = refusal(newsroom, file)
    assert message.startswith(f"{file}: ") and len(message) > len(str(file)) + 10


def test_a_file_that_is_not_there_is_named(newsroom, tmp_path):
    assert str(tmp_path / "absent.txt") in refusal(newsroom, tmp_path / "absent.txt")
    assert str(tmp_path) in refusal(newsroom, tmp_path)


@pytest.mark.parametrize("order", ["bad last", "bad first"])
def test_one_bad_file_among_good_ones_means_that_none_is_imported(newsroom, tmp_path, order):
    bad = page(tmp_path, "bad.txt", title="")
    files = [page(tmp_path, "good.txt"), bad]
    message = refusal(newsroom, *(files if order == "bad last" else files[::-1]))
    assert str(bad) in message and "good.txt" not in message
    bring_in(newsroom, files[0])
    assert Article.objects.count() == 1


@pytest.mark.parametrize(
    "words",
    [{"title": "长" * 201}, {"author": "长" * 101}, {"body": "长" * 400_001}],
    ids=["title", "author", "body"],
)
def test_a_page_whose_words_are_too_long_is_named_and_none_is_imported(newsroom, tmp_path, words):
    good, bad = page(tmp_path, "good.txt"), page(tmp_path, "bad.txt", **words)
    message = refusal(newsroom, good, bad)
    assert message.startswith(f"{bad}: ")


def test_a_department_that_the_site_does_not_have_is_named_and_another_can_be_given(newsroom, tmp_path):
    file = page(tmp_path)
    file.write_text(
        file.read_text(encoding="utf-8").replace("首 页 > 组织建设", "首 页 > 离退休干部"), encoding="utf-8"
    )
    message = refusal(newsroom, file)
    assert str(file) in message and "离退休干部" in message
    bring_in(newsroom, file, department=newsroom.department.slug)
    assert Article.objects.get().department == newsroom.department


def test_an_unknown_department_on_the_command_line_is_named(newsroom):
    assert "no-such-place" in refusal(newsroom, REAL, department="no-such-place")


def test_an_unknown_person_is_named(newsroom):
    assert "nobody-at-all" in refusal(newsroom, REAL, by="nobody-at-all")


def test_a_person_who_has_left_imports_nothing(newsroom):
    newsroom.drafter.is_active = False
    accounts.change_user(newsroom.drafter, by=newsroom.admin)
    assert newsroom.drafter.username in refusal(newsroom, REAL)


@pytest.mark.parametrize("name", ["stranger", "reviewer", "publisher"])
def test_a_person_who_does_not_write_for_the_department_imports_nothing_there(newsroom, name):
    message = refusal(newsroom, REAL, by=newsroom.people[name].username)
    assert newsroom.department.name in message


def test_an_imported_draft_is_found_in_the_form_with_all_its_words(newsroom, client):
    bring_in(newsroom, REAL)
    client.force_login(newsroom.drafter)
    shown = client.get(reverse("admin:articles_article_change", args=[Article.objects.get().pk]))
    assert TITLE in shown.content.decode() and "2014-02-07T00:00" in shown.content.decode()
