"""What Django's models cannot say: the exclusion of overlapping publications, and the search indexes."""

from django.db import migrations

# int8range makes the article comparable without an extension; an empty interval overlaps nothing.
EXCLUSION = """
ALTER TABLE articles_publication ADD CONSTRAINT one_live_publication_an_article
EXCLUDE USING gist (
    int8range(article_id, article_id, '[]') WITH &&,
    tstzrange(live_from, live_until, '[)') WITH &&
) DEFERRABLE
"""
# What was fed last lies in a list that every search reads through; it is put away when it has so many kB (of 4,096).
PENDING = "WITH (gin_pending_list_limit = 512)"
SEARCH = {
    "postgresql": [
        """
        CREATE TABLE articles_searchpart (
            publication_id bigint NOT NULL REFERENCES articles_publication (id) ON DELETE CASCADE,
            partition_number integer NOT NULL,
            part smallint NOT NULL,
            tokens tsvector NOT NULL,
            PRIMARY KEY (publication_id, part)
        )
        """,
        f"CREATE INDEX articles_searchpart_tokens ON articles_searchpart USING gin (tokens) {PENDING}",
        """
        CREATE TABLE articles_drafttext (
            revision_id bigint NOT NULL REFERENCES articles_revision (id) ON DELETE CASCADE,
            partition_number integer NOT NULL,
            part smallint NOT NULL,
            tokens tsvector NOT NULL,
            PRIMARY KEY (revision_id, part)
        )
        """,
        f"CREATE INDEX articles_drafttext_tokens ON articles_drafttext USING gin (tokens) {PENDING}",
    ],
    "sqlite": [
        "CREATE VIRTUAL TABLE articles_searchpart USING fts5(tokens, partition_number UNINDEXED, tokenize = 'ascii')",
        "CREATE VIRTUAL TABLE articles_drafttext USING fts5(tokens, partition_number UNINDEXED, tokenize = 'ascii')",
    ],
}


def build(_apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(EXCLUSION)
    for statement in SEARCH[vendor]:
        schema_editor.execute(statement)


def remove(_apps, schema_editor):
    schema_editor.execute("DROP TABLE articles_searchpart")
    schema_editor.execute("DROP TABLE articles_drafttext")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE articles_publication DROP CONSTRAINT one_live_publication_an_article")


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]
    operations = [migrations.RunPython(build, remove)]
