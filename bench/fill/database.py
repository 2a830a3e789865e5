"""`python -m bench.fill N`: fills a database with N articles.

    DATABASE_URL=postgres://… SECRET_KEY=… python -m bench.fill 1000000 [--unsearched]
    DATABASE_URL=postgres://… SECRET_KEY=… python -m bench.fill 100000 --from articles.jsonl

Most are public; of every thousand a few dozen are drafts, in review, returned, scheduled, withdrawn, over or
discarded (bench.fill.rows.STATES_PER_THOUSAND). Rows, digests and seals are as the services leave them, but for the
ledger, which has no entries of them; decisions are left out too. An article with a number that is there already is
not made again, so that a fill that was broken off goes on. `--unsearched`: without the index of the search, which
takes most of the time.

`--from`: articles as import_articles takes them, one JSON object a line, all of them live, with the numbers that they
have there. Triggers are dropped meanwhile, and so is PostgreSQL's index over the search's tokens: putting it up once
at the end is several times as fast as feeding it row by row.
"""

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.color import no_style
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from accounts.models import User
from accounts.services import create_user
from articles.models import Article, SearchPartition
from articles.search import index, partitions
from bench.fill import rows
from bench.harness.processes import end_with_parent
from departments import services as departments
from departments.models import Department, Role
from ledger import guards, keys

INDEX_REBUILD_THRESHOLD = 50_000  # articles; to make as many the index of the search is taken down
PROGRESS_INTERVAL = 50_000


def create_users() -> dict[str, User]:
    """The bench's own, made once; each drafter writes for the whole site."""
    found = {user.username: user for user in User.objects.filter(username__startswith="fill-")}
    for name in ("admin", "reviewer", "publisher", *(f"drafter{n}" for n in range(20))):
        if f"fill-{name}" in found:
            continue
        user = create_user(
            username=f"fill-{name}", password=None, by=None, full_name=f"测量{name}", is_superuser=name == "admin"
        )
        found[user.username] = user
        if name != "admin":
            role = Role.objects.get(code=name.rstrip("0123456789"))
            departments.grant_role(person=user, role=role, department=None, by=None)
    return {name.removeprefix("fill-"): user for name, user in found.items()}


def create_departments(named: list[tuple[str, str]], admin: User) -> None:
    """Departments by (slug, name), those that are missing."""
    for position, (slug, name) in enumerate(named):
        if not Department.objects.filter(slug=slug).exists():
            departments.save_department(Department(name=name, slug=slug, position=position), by=admin)


def scan_articles_file(file: str, articles: int) -> tuple[list[int], list[tuple[str, str]]]:
    """(where each batch of lines begins, in bytes; departments by slug and name). Raises ValueError for too few lines.

    The n-th line must be article n: so it is with generated files, and batches can be asked for by their numbers.
    """
    offsets, named, at, number = [], {}, 0, 0
    with Path(file).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if number > articles:
                return offsets, list(named.items())
            if number % rows.BATCH_SIZE == 1:
                offsets.append(at)
            at += len(line)
            one = json.loads(line)
            if one["id"] != number:
                raise ValueError(f"{file}, line {number}: its id is {one['id']}, not {number}")
            named[one["department"]] = one["department_name"]
    if number < articles:
        raise ValueError(f"{file} has {number} articles; {articles} were asked for")
    return offsets, list(named.items())


@contextmanager
def without_triggers() -> Iterator[None]:
    guards.drop_all(connection)
    try:
        yield
    finally:
        guards.install_all(connection)


@contextmanager
def without_search_index() -> Iterator[None]:
    """Takes PostgreSQL's index over the tokens down, and puts it up anew at the end.

    Meanwhile its definition stands in the comment on the table: after a fill that broke off the next one puts it up.
    """
    table = index.PUBLIC_INDEX.table
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(%s::regclass)", [table])
        kept = json.loads(cursor.fetchone()[0] or "{}")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%% USING gin %%'",
            [table],
        )
        kept |= dict(cursor.fetchall())
        _comment_on_table(cursor, table, json.dumps(kept))
        for name in kept:
            cursor.execute(f'DROP INDEX IF EXISTS "{name}"')
    yield
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for definition in kept.values():
            cursor.execute(definition)
        _comment_on_table(cursor, table, None)
        cursor.execute("RESET maintenance_work_mem")
    print(f"index of the search: {time.perf_counter() - began:.0f} s", flush=True)


def _comment_on_table(cursor: CursorWrapper, table: str, text: str | None) -> None:
    """PostgreSQL takes no parameters in a statement of this kind: the text stands in it, quoted."""
    cursor.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(sql.Identifier(table), sql.Literal(text)))


def _search_index_is_missing() -> bool:
    """Whether an earlier fill has left the index of the search down."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(%s::regclass)", [index.PUBLIC_INDEX.table])
        return bool(cursor.fetchone()[0])


@contextmanager
def unchanged_indexes() -> Iterator[None]:
    yield


def finalise_database() -> None:
    """What a database keeps beside the rows: next numbers, counts of listings, statistics."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Article]):
            cursor.execute(statement)
    if "recount" in get_commands():
        call_command("recount", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def create_partitions(wish: rows.FillPlan, offsets: list[int]) -> None:
    """As `reindex` would spread them; each partition is then filled while it is in the database's memory."""
    newest = [wish.articles - older for older in accumulate(partitions.partition_sizes(wish.articles))][:-1]
    partitions.add_partitions(rows.creation_time(wish, number, offsets) for number in reversed(newest))


def fill_database(wish: rows.FillPlan, processes: int = 0) -> int:
    """Makes what is missing to so many articles; returns how many were made. `processes`: 0 for one a core.

    SQLite has one writer at a time: there it is one process, ours.
    """
    named = [(slug, name) for slug, name, _weight in rows.DEPARTMENTS]
    offsets = []
    if wish.articles_file:
        offsets, named = scan_articles_file(wish.articles_file, wish.articles)
    create_departments(named, create_users()["admin"])
    if wish.is_indexed and not SearchPartition.objects.exists():
        create_partitions(wish, offsets)
    starts = range(1, wish.articles + 1, rows.BATCH_SIZE)
    batches = [
        (wish, start, min(start + rows.BATCH_SIZE - 1, wish.articles), offsets[at] if offsets else 0)
        for at, start in enumerate(starts)
    ]
    missing = wish.articles - Article.objects.filter(pk__lte=wish.articles).count()
    is_large = (
        connection.vendor == "postgresql"
        and wish.is_indexed
        and (missing >= INDEX_REBUILD_THRESHOLD or _search_index_is_missing())
    )
    with without_triggers(), without_search_index() if is_large else unchanged_indexes():
        if connection.vendor == "sqlite" or processes == 1:
            _report_progress(rows.fill_batch(*one) for one in batches)
        else:
            connection.close()  # not to be shared with the children
            # Fresh processes: the pool of connections has threads, which a fork would lose.
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=context, initializer=_init_worker) as pool:
                _report_progress(
                    done.result() for done in as_completed([pool.submit(rows.fill_batch, *one) for one in batches])
                )
    finalise_database()
    return missing


def _init_worker() -> None:
    end_with_parent()
    django.setup()


def _report_progress(made: Iterator[int]) -> None:
    began, count = time.perf_counter(), 0
    for number in made:
        before, count = count, count + number
        if before // PROGRESS_INTERVAL != count // PROGRESS_INTERVAL:
            print(f"{count} articles made, {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fill", description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=int, help="how many there are to be")
    parser.add_argument("--characters", type=int, default=500, help="of a body, about")
    parser.add_argument(
        "--text", default="", metavar="FILE", help="Chinese text whose sentences the bodies are made of"
    )
    parser.add_argument(
        "--from", dest="file", default="", metavar="FILE.jsonl", help="these articles, not made-up ones"
    )
    parser.add_argument("--processes", type=int, default=0, help="default: one a core")
    parser.add_argument("--unsearched", action="store_true")
    options = parser.parse_args()
    keys.create_signing_key(settings.SIGNING_KEY_FILE, settings.TRUSTED_KEYS_DIR)
    call_command("migrate", verbosity=0)
    wish = rows.FillPlan(options.articles, options.characters, not options.unsearched, options.text, options.file)
    began = time.perf_counter()
    made = fill_database(wish, options.processes)
    print(f"{made} articles made in {time.perf_counter() - began:.0f} s", flush=True)
