"""A department with very many articles, written by SQL; only the first is sealed."""

from django.db import connection

from articles.models import Article, Placement, Publication, Revision


def copies(publication: Publication, count: int) -> None:
    """So many more articles, each a minute older than the one before; not counted yet."""
    revision = Revision.objects.get(pk=publication.revision_id)
    placement = Placement.objects.get(publication=publication)
    with connection.cursor() as cursor:
        first = {}
        for row in (Article.objects.get(pk=publication.article_id), revision, publication, placement):
            table = row._meta.db_table
            cursor.execute(f"SELECT max(id) FROM {table}")
            first[table] = cursor.fetchone()[0]
            names = [field.column for field in row._meta.concrete_fields if field.column != "id"]
            others = {
                "article_id": f"{first['articles_article']} + n",
                "revision_id": f"{first.get('articles_revision')} + n",
                "publication_id": f"{first.get('articles_publication')} + n",
                "dated": _older("dated"),
            }
            if table == "articles_revision":
                others.pop("dated")
            values = ", ".join(others.get(name, f'"{name}"') for name in names)
            columns = ", ".join(f'"{name}"' for name in names)
            cursor.execute(
                f"INSERT INTO {table} (id, {columns}) SELECT {first[table]} + n, {values} "
                f"FROM {table}, ({_numbers(count)}) numbers WHERE id = {row.pk}"
            )
            if connection.vendor == "postgresql":
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {first[table]} + {count})")
        cursor.execute("ANALYZE")


def _older(column: str) -> str:
    if connection.vendor == "postgresql":
        return f"{column} - n * interval '1 minute'"
    # Six digits after the point, as Django writes a moment: SQLite compares text.
    return f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-' || n || ' minutes')"


def _numbers(count: int) -> str:
    if connection.vendor == "postgresql":
        return f"SELECT n FROM generate_series(1, {count}) n"
    return f"WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {count}) SELECT n FROM up"
