"""`verify` names missing constraints and unique columns."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.ledger.attacker import on_postgresql, on_sqlite, run
from tests.ledger.auditor import verify

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases("triggers, constraints and the statements that try to pass them differ"),
]


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("one_open_round_an_article", "workflow_round"),
        ("one_active_draft_an_article", "articles_revision"),
        ("one_default_pipeline", "workflow_pipeline"),
    ],
)
def test_a_partial_unique_index_that_was_dropped_is_named(name, table):
    run(f"DROP INDEX {name}")
    assert verify() == [f"constraint {name}: missing from table {table}"]


@on_postgresql
@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("one_live_publication_an_article", "articles_publication"),
        ("each_person_decides_once_a_round", "workflow_decision"),
        ("everybody_has_a_full_name", "accounts_user"),
        ("publication_numbers_of_an_article_differ", "articles_publication"),
    ],
)
def test_a_constraint_that_was_dropped_is_named(name, table):
    run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    assert verify() == [f"constraint {name}: missing from table {table}"]


@on_sqlite
def test_a_constraint_that_was_taken_out_of_a_table_is_named():
    """Nobody can drop a constraint on SQLite; but the words of the table can be written anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'workflow_decision'")
        words = cursor.fetchone()[0]
        wanted = 'CONSTRAINT "each_person_decides_once_a_round" UNIQUE ("round_id", "person_id")'
        assert wanted in words
        cursor.execute("PRAGMA writable_schema = ON")
        try:
            changed = words.replace(wanted, "CHECK (1)")
            cursor.execute("UPDATE sqlite_master SET sql = %s WHERE name = 'workflow_decision'", [changed])
            found = verify()
        finally:
            cursor.execute("UPDATE sqlite_master SET sql = %s WHERE name = 'workflow_decision'", [words])
            cursor.execute("PRAGMA writable_schema = OFF")
    assert found == [
        "constraint each_person_decides_once_a_round: missing from table workflow_decision",
        "table workflow_decision: “CHECK (1)” is not as the site made it",
    ]


@on_postgresql
def test_a_column_that_is_no_longer_unique_is_named():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "ledger_entry")
    name = next(name for name, facts in found.items() if facts["columns"] == ["previous"] and facts["unique"])
    run(f'ALTER TABLE ledger_entry DROP CONSTRAINT "{name}"')
    assert verify() == ["constraint: column previous of table ledger_entry is no longer unique"]


def test_a_table_that_is_gone_is_named():
    run("DROP TABLE feedback_recentletter")
    assert "table feedback_recentletter: missing from the database" in verify()


def test_a_check_whose_table_is_gone_ends_the_command_with_a_line_and_no_traceback():
    run("DROP TABLE legacy_importedpage")
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify", stdout=out)
    lines = out.getvalue().splitlines()
    assert "table legacy_importedpage: missing from the database" in lines
    assert "broke off" in lines[-1] and "legacy_importedpage" in lines[-1]
