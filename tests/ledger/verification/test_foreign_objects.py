"""`verify` names what stands in the database beyond what migrations and guards make."""

import pytest
from django.db import connection

from tests.ledger.attacker import on_postgresql, on_sqlite, run
from tests.ledger.auditor import verify

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases("what can be put into a database differs"),
]

FUNCTION = "CREATE FUNCTION swap() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$"

ON_SQLITE = {
    "trigger": (
        ["CREATE TRIGGER swap AFTER UPDATE ON articles_revision BEGIN SELECT 1; END"],
        "trigger swap on table articles_revision: was not made by the site",
    ),
    "trigger named like a guard": (
        ["CREATE TRIGGER guard_swap AFTER UPDATE ON articles_revision BEGIN SELECT 1; END"],
        "trigger guard_swap on table articles_revision: was not made by the site",
    ),
    "temporary trigger": (
        ["CREATE TEMP TRIGGER swap AFTER UPDATE ON articles_revision BEGIN SELECT 1; END"],
        "trigger swap on table articles_revision: was not made by the site",
    ),
    "view": (["CREATE VIEW texts AS SELECT 1 AS one"], "view texts: was not made by the site"),
    "view in place of a table": (
        ["CREATE TEMP VIEW articles_file AS SELECT * FROM main.articles_file"],
        "view articles_file: was not made by the site",
    ),
    "table": (["CREATE TABLE texts (id integer)"], "table texts: was not made by the site"),
    "column": (
        ["ALTER TABLE articles_article ADD COLUMN note text"],
        "table articles_article: “note text” is not as the site made it",
    ),
    "another uniqueness": (
        [
            "DROP INDEX one_open_round_an_article",
            "CREATE UNIQUE INDEX one_open_round_an_article ON workflow_round (article_id) WHERE state = 'none'",
        ],
        "constraint one_open_round_an_article of table workflow_round: is not as the site made it",
    ),
    "generated column": (
        ["ALTER TABLE articles_article ADD COLUMN note text AS ('x') VIRTUAL"],
        "table articles_article: “note text AS ('x') VIRTUAL” is not as the site made it",
    ),
}
ON_POSTGRESQL = {
    "trigger": (
        [FUNCTION, "CREATE TRIGGER swap AFTER UPDATE ON articles_revision FOR EACH ROW EXECUTE FUNCTION swap()"],
        "trigger swap on table articles_revision: was not made by the site",
    ),
    "function": ([FUNCTION], "function swap: was not made by the site"),
    "procedure": (["CREATE PROCEDURE swap() LANGUAGE sql AS 'SELECT 1'"], "function swap: was not made by the site"),
    "rule": (
        ["CREATE RULE swap AS ON UPDATE TO articles_draftsave DO ALSO NOTHING"],
        "rule swap on table articles_draftsave: was not made by the site",
    ),
    "view": (["CREATE VIEW texts AS SELECT 1 AS one"], "view texts: was not made by the site"),
    "materialised view": (
        ["CREATE MATERIALIZED VIEW texts AS SELECT 1 AS one"],
        "materialised view texts: was not made by the site",
    ),
    "policy": (
        ["CREATE POLICY hide ON articles_draftsave USING (false)"],
        "row-level security policy hide on table articles_draftsave: was not made by the site",
    ),
    "row-level security": (
        ["ALTER TABLE articles_draftsave ENABLE ROW LEVEL SECURITY"],
        "row-level security of table articles_draftsave: was not made by the site",
    ),
    "table": (["CREATE TABLE texts (id integer)"], "table texts: was not made by the site"),
    "heir of a table": (
        ["CREATE TABLE more () INHERITS (articles_publication)"],
        "inheritance more from articles_publication: was not made by the site",
    ),
    "event trigger": (
        [
            "CREATE FUNCTION swap() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$",
            "CREATE EVENT TRIGGER swap ON ddl_command_end EXECUTE FUNCTION swap()",
        ],
        "event trigger swap: was not made by the site",
    ),
    "column": (
        ["ALTER TABLE articles_article ADD COLUMN note text"],
        "column note of table articles_article: was not made by the site",
    ),
    "generated column": (
        ["ALTER TABLE articles_draftsave ADD COLUMN note text GENERATED ALWAYS AS ('x') STORED"],
        "column note of table articles_draftsave: computed by the database, which the site never asks for",
    ),
    "default": (
        ["ALTER TABLE articles_article ALTER COLUMN created_by_name SET DEFAULT 'x'"],
        "column created_by_name of table articles_article: computed by the database, which the site never asks for",
    ),
    "column that may be empty": (
        ["ALTER TABLE workflow_decision ALTER COLUMN comment DROP NOT NULL"],
        "column comment of table workflow_decision: may be empty, other than the site made it",
    ),
    "weaker condition": (
        [
            "ALTER TABLE workflow_decision DROP CONSTRAINT returning_needs_a_reason",
            "ALTER TABLE workflow_decision ADD CONSTRAINT returning_needs_a_reason CHECK (true)",
        ],
        "constraint returning_needs_a_reason of table workflow_decision: is not as the site made it",
    ),
    "condition that checks no old row": (
        [
            "ALTER TABLE workflow_decision DROP CONSTRAINT returning_needs_a_reason",
            (
                "ALTER TABLE workflow_decision ADD CONSTRAINT returning_needs_a_reason "
                "CHECK (NOT verdict = 'return' OR NOT comment = '') NOT VALID"
            ),
        ],
        "constraint returning_needs_a_reason of table workflow_decision: is not as the site made it",
    ),
    "another uniqueness": (
        [
            "DROP INDEX one_open_round_an_article",
            "CREATE UNIQUE INDEX one_open_round_an_article ON workflow_round (article_id) WHERE state = 'none'",
        ],
        "constraint one_open_round_an_article of table workflow_round: is not as the site made it",
    ),
    "further condition": (
        ["ALTER TABLE workflow_decision ADD CONSTRAINT never CHECK (id > 0)"],
        "constraint never of table workflow_decision: was not made by the site",
    ),
    "foreign key that deletes": (
        [
            (
                "ALTER TABLE articles_draftsave ADD CONSTRAINT gone FOREIGN KEY (revision_id) "
                "REFERENCES articles_revision (id) ON DELETE CASCADE"
            )
        ],
        "constraint gone of table articles_draftsave: is not as the site made it",
    ),
    "another exclusion": (
        [
            "ALTER TABLE articles_publication DROP CONSTRAINT one_live_publication_an_article",
            (
                "ALTER TABLE articles_publication ADD CONSTRAINT one_live_publication_an_article EXCLUDE USING gist "
                "(int8range(article_id, article_id, '[]') WITH &&) WHERE (false)"
            ),
        ],
        "constraint one_live_publication_an_article: is not as the site made it",
    ),
}


def name_of(attack: str, cases: dict) -> None:
    statements, line = cases[attack]
    assert verify() == []
    for statement in statements:
        run(statement)
    try:
        assert line in verify()
    finally:
        if connection.vendor == "sqlite":  # a temporary object stands in no transaction that others see
            for kind in ("TRIGGER", "VIEW"):
                run(f"DROP {kind} IF EXISTS temp.{'swap' if kind == 'TRIGGER' else 'articles_file'}")


@on_sqlite
@pytest.mark.parametrize("attack", ON_SQLITE)
def test_what_was_put_into_sqlite_is_named(attack):
    """Scenario 62."""
    name_of(attack, ON_SQLITE)


@on_postgresql
@pytest.mark.parametrize("attack", ON_POSTGRESQL)
def test_what_was_put_into_postgresql_is_named(attack):
    """Scenario 62."""
    name_of(attack, ON_POSTGRESQL)


@pytest.mark.django_db(transaction=True)
def test_a_fresh_database_holds_nothing_foreign_also_outside_a_transaction():
    """As the command runs: on PostgreSQL, constraints are then compared on a connection of their own."""
    assert verify() == []
