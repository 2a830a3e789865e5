"""Frozen revisions never change; expunging is the only exception."""

from datetime import date, timedelta

import pytest
from django.db import connection, models
from django.utils import timezone

from articles.files.storage import store_picture
from articles.models import Attachment, DraftSave, File, FurtherColumn, Revision
from articles.models.revision import TEXT_FIELDS
from articles.text import plain_text
from tests.images import pasted, picture
from tests.ledger.attacker import copied, on_postgresql, on_sqlite, refused, run, tamper, undone
from tests.ledger.auditor import named, verify

pytestmark = [
    pytest.mark.usefixtures("media"),
    pytest.mark.both_databases("triggers, constraints and the statements that try to pass them differ"),
]

WORDS = {name: f"示例{name}" for name in TEXT_FIELDS if name not in ("body", "address")}
COLUMNS = [field.column for field in Revision._meta.concrete_fields]
FURTHER_COLUMN = (
    "INSERT INTO articles_furthercolumn (revision_id, department_id) "
    "SELECT revision_id, department_id - 1 FROM articles_furthercolumn"
)
FURTHER_ATTACHMENT = (
    "INSERT INTO articles_attachment (revision_id, file_id, kind, name, caption, position) "
    "SELECT revision_id, file_id, 'download', name, caption, position FROM articles_attachment"
)
FROZEN = [column for column in COLUMNS if column != "expunged_at"]


@pytest.fixture
def draft(newsroom):
    """A draft in which every field says something."""
    body = f"<p>示例正文。</p><p>{pasted(picture(colour='green'))}</p>"
    cover = store_picture(picture(), newsroom.drafter)
    article = newsroom.draft(
        **WORDS,
        body=body,
        address="https://www.gov.cn/",
        cover=cover,
        dated=timezone.now(),
        issued_on=date(2014, 2, 7),
        validity="in_force",
        columns=[newsroom.elsewhere],
    )
    return article.active_draft()


@pytest.fixture
def frozen(newsroom, draft):
    return newsroom.submitted(draft.article).revision


def other_value(revision, column):
    """A value for the column that is not the one there."""
    field = next(field for field in Revision._meta.concrete_fields if field.column == column)
    now = getattr(revision, field.attname)
    special = {
        "based_on_id": revision.pk,
        "cover_id": File.objects.exclude(pk=revision.cover_id).values_list("pk", flat=True).first(),
        "state": "draft",
        "validity": "repealed",
        "digest": "0" * 64,
        "body_digest": "0" * 64,
        "seal_key": "0" * 16,
        "seal_signature": "0" * 128,
        "frozen_at": timezone.now() + timedelta(days=1),
    }
    if column in special:
        return special[column]
    if isinstance(field, models.DateField):  # and moments, which are a kind of it
        return now + timedelta(days=1)
    return now + 1 if isinstance(now, int) else f"{now}!"


def change(column):
    return f'UPDATE articles_revision SET "{column}" = %s WHERE id = %s'


def test_no_column_of_a_frozen_revision_is_changed(frozen):
    for column in FROZEN:
        words = refused(change(column), [other_value(frozen, column), frozen.pk])
        assert "never" in words, f"{column}: refused by chance, not by the guard"


def test_the_same_columns_of_a_draft_are_changed(draft):
    for column in ["title", "body", "summary", "cover_id", "dated", "issued_on", "validity", "version"]:
        assert run(change(column), [other_value(draft, column), draft.pk]) == 1


def test_not_even_a_draft_moves_to_another_article(draft):
    for column in ["id", "article_id", "number"]:
        assert "never" in refused(change(column), [other_value(draft, column), draft.pk])


def test_a_frozen_revision_is_saved_again_only_as_it_is(frozen):
    frozen.save()
    frozen.title = "后来的标题"
    refused("UPDATE articles_revision SET title = %s WHERE id = %s", [frozen.title, frozen.pk])


def test_what_hangs_on_a_frozen_revision_never_changes(frozen):
    for statement in [
        "UPDATE articles_furthercolumn SET department_id = (SELECT department_id FROM articles_article)",
        "DELETE FROM articles_furthercolumn",
        FURTHER_COLUMN,
        "UPDATE articles_attachment SET caption = '后来的说明'",
        "UPDATE articles_attachment SET name = '后来的名字'",
        "UPDATE articles_attachment SET position = position + 1",
        "UPDATE articles_attachment SET file_id = (SELECT min(id) FROM articles_file)",
        "DELETE FROM articles_attachment",
        FURTHER_ATTACHMENT,
    ]:
        assert "frozen revision" in refused(statement)


def test_what_hangs_on_a_draft_may_change(draft):
    assert run("UPDATE articles_attachment SET caption = '说明'") == 1
    assert run("DELETE FROM articles_attachment") == 1
    assert run("DELETE FROM articles_furthercolumn") == 1


def test_an_attachment_of_a_draft_does_not_move_to_a_frozen_revision(newsroom, frozen):
    other = newsroom.draft(body=f"<p>{pasted(picture(colour='blue'))}</p>").active_draft()
    refused("UPDATE articles_attachment SET revision_id = %s WHERE revision_id = %s", [frozen.pk, other.pk])


def test_no_revision_is_removed(newsroom, draft):
    DraftSave.objects.all().delete()
    assert "never removed" in refused("DELETE FROM articles_revision")
    newsroom.submitted(draft.article)
    assert "never removed" in refused("DELETE FROM articles_revision")


@on_postgresql
def test_revisions_are_not_truncated(frozen):
    connection.check_constraints()  # PostgreSQL empties no table while checks of its rows are pending
    for table in ["articles_revision", "articles_attachment", "articles_furthercolumn"]:
        refused(f"TRUNCATE {table} CASCADE")
    assert Revision.objects.filter(pk=frozen.pk).exists()


@on_sqlite
@pytest.mark.parametrize("pragma", ["ON", "OFF"])
def test_a_frozen_revision_is_never_replaced(frozen, pragma):
    run(f"PRAGMA recursive_triggers = {pragma}")
    try:
        refused(*copied(Revision, frozen.pk, "INSERT OR REPLACE", id=frozen.pk, title="后来的标题"))
        refused(*copied(Revision, frozen.pk, "REPLACE", id=4711, title="后来的标题"))
    finally:
        run("PRAGMA recursive_triggers = ON")
    assert Revision.objects.get(pk=frozen.pk).title == frozen.title


# Expunging.

EMPTIED = (*TEXT_FIELDS, "seal_key", "seal_signature")
EMPTY = ", ".join(f"\"{name}\" = ''" for name in EMPTIED) + ", cover_id = NULL"
EXPUNGE = f"UPDATE articles_revision SET {EMPTY}, expunged_at = %s WHERE id = %s"


def test_expunging_empties_the_words_and_keeps_the_digest(frozen):
    """Scenario 49."""
    assert run(EXPUNGE, [timezone.now(), frozen.pk]) == 1
    after = Revision.objects.get(pk=frozen.pk)
    assert not any(getattr(after, name) for name in TEXT_FIELDS)
    assert (after.digest, after.body_digest) == (frozen.digest, frozen.body_digest)
    assert run("DELETE FROM articles_attachment WHERE revision_id = %s", [frozen.pk]) == 1
    # Two people would have put it in the ledger; whoever writes to the database has not.
    assert named(f"revision {frozen.pk}") == [
        f"revision {frozen.pk} (article {frozen.article_id}): emptied without an expunging in the ledger"
    ]


def test_expunging_leaves_no_word_behind(frozen):
    """Scenario 49."""
    for left in [*TEXT_FIELDS, "cover_id"]:
        others = ", ".join(part for part in EMPTY.split(", ") if part.split(" = ")[0].strip('"') != left)
        assert len(others) < len(EMPTY)
        refused(EXPUNGE.replace(EMPTY, others), [timezone.now(), frozen.pk])


def test_expunging_changes_nothing_else(frozen):
    """Scenario 49."""
    for besides in [
        "digest = 'x'",
        "body_digest = 'x'",
        "version = version + 1",
        "saved_by_name = '别人'",
        "state = 'discarded'",
        "validity = 'repealed'",
        "dated = NULL",
        "issued_on = NULL",
    ]:
        refused(EXPUNGE.replace(" WHERE", f", {besides} WHERE"), [timezone.now(), frozen.pk])


def test_expunging_puts_no_other_words_in_place(frozen):
    """Scenario 49."""
    for replaced in TEXT_FIELDS:
        words = EXPUNGE.replace(f"\"{replaced}\" = ''", f"\"{replaced}\" = '别的话'")
        refused(words, [timezone.now(), frozen.pk])


def test_words_do_not_vanish_without_saying_so_and_nothing_says_so_without(frozen):
    """Scenario 49."""
    for part in [EMPTY, "title = ''", "expunged_at = '2030-01-01 00:00:00'"]:
        refused(f"UPDATE articles_revision SET {part} WHERE id = %s", [frozen.pk])


def test_what_was_expunged_stays_expunged(frozen):
    """Scenario 49."""
    run(EXPUNGE, [timezone.now(), frozen.pk])
    for later in [
        "title = '又来'",
        "body = '<p>又来</p>'",
        "expunged_at = NULL",
        "expunged_at = '2030-01-01 00:00:00'",
    ]:
        refused(f"UPDATE articles_revision SET {later} WHERE id = %s", [frozen.pk])


def test_a_draft_is_not_expunged(draft):
    refused(EXPUNGE, [timezone.now(), draft.pk])


# Behind the application's back.


@pytest.mark.slow
def test_a_frozen_revision_that_was_changed_all_the_same_is_named(frozen):
    """Scenario 43."""
    assert verify() == []
    for column in [*TEXT_FIELDS, "cover_id", "dated", "issued_on", "validity", "digest", "body_digest"]:
        with undone():
            tamper(change(column), [other_value(frozen, column), frozen.pk])
            assert len(named(f"revision {frozen.pk}")) == 1, column


def test_what_hangs_on_a_frozen_revision_and_was_changed_all_the_same_is_named(frozen):
    """Scenario 43."""
    for statement in [
        "DELETE FROM articles_furthercolumn",
        "DELETE FROM articles_attachment",
        "UPDATE articles_attachment SET caption = '后来的说明'",
        "UPDATE articles_attachment SET kind = 'download'",
        FURTHER_COLUMN,
        FURTHER_ATTACHMENT,
    ]:
        with undone():
            tamper(statement)
            assert len(named(f"revision {frozen.pk}")) == 1, statement


def test_a_draft_that_was_made_to_look_submitted_is_named(newsroom, draft):
    """Scenario 43."""
    tamper(
        "UPDATE articles_revision SET state = 'frozen', frozen_at = %s, digest = %s, body_digest = %s WHERE id = %s",
        [timezone.now(), "0" * 64, "0" * 64, draft.pk],
    )
    assert len(named(f"revision {draft.pk}")) == 1


def test_an_empty_summary_is_made_from_the_first_words(newsroom):
    body = "<p>" + "工委组织部" * 50 + "</p>"
    revision = newsroom.submitted(summary="", body=body).revision
    assert revision.summary == ("工委组织部" * 50)[: plain_text.AUTO_SUMMARY_CHARS - 1] + "…"
    assert newsroom.submitted(summary="自己的摘要").revision.summary == "自己的摘要"


def test_the_digest_is_over_every_word_and_over_where_it_stands(newsroom):
    """Two texts that a reader could tell apart never have the same digest."""
    content = {"title": "甲", "body": "<p>乙</p>"}
    digests = {
        newsroom.submitted(**content, **other).revision.digest
        for other in [
            {},
            {"subtitle": "丙"},
            {"summary": "丙"},
            {"columns": [newsroom.elsewhere]},
            {"dated": timezone.now()},
            {"cover": store_picture(picture(), newsroom.drafter)},
        ]
    }
    assert len(digests) == 6
    assert newsroom.submitted(**content).revision.digest in digests
    assert Attachment.objects.count() == 0 and FurtherColumn.objects.count() == 1
