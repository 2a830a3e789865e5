"""Scenario: cost of submitting, approving and publishing; fifty leaders at once.

    DATABASE_URL=postgres://… SECRET_KEY=… python -m bench.scenarios.workflow --fill 100000 --repeat 20

Run it on an empty database of its own: it migrates, fills and leaves its rows there. It prints queries and
milliseconds of each act, as the measuring script of the peer does, so that the two can be put side by side.
"""

import argparse
import os
import statistics
import threading
import time
from datetime import timedelta
from itertools import count

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection, reset_queries
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services import create_user
from articles import drafts
from articles.models import Article, Placement, Publication, Revision
from articles.search import index
from departments import services as departments
from departments.exceptions import NotAllowed, WrongState
from departments.models import Department, Role
from ledger import keys
from ledger.canonical_json import sha256
from ledger.seals import SEAL_FIELDS
from ledger.verification.checks import mismatches
from workflow import services
from workflow.models import Decision, Round

SAMPLE_BODY = (
    "<p>"
    + "中央、省委教育实践活动启动后，省直工委认真学习贯彻重要讲话精神，紧紧围绕总要求，结合工作实际。" * 60
    + "</p>"
)
BATCH_SIZE = 1000
_numbers = count(time.time_ns())  # the database may hold people of an earlier run


def create_person(role: str, where: Department | None, admin: User | None) -> User:
    number = next(_numbers)
    made = create_user(username=f"bench-{role}-{number}", password=None, by=None, full_name=f"测试{number}")
    if admin:
        departments.grant_role(person=made, role=Role.objects.get(code=role), department=where, by=None)
    return made


def fill_database(department: Department, author: User, articles: int) -> None:
    """Puts `articles` published articles beside the ones that are measured: rows, seals and search index, no rounds."""
    now = timezone.now()
    for start in range(0, articles, BATCH_SIZE):
        numbers = range(start, min(start + BATCH_SIZE, articles))
        made = Article.objects.bulk_create(
            Article(department=department, created_by=author, created_by_name=author.full_name) for _ in numbers
        )
        texts = []
        for article in made:
            article.apply_seal()  # the seal covers the id
            text = Revision(
                article=article, number=1, state="frozen", title=f"第{article.pk}篇",
                body=f"{SAMPLE_BODY}<p>{article.pk}</p>",
                saved_by=author, saved_by_name=author.full_name, frozen_at=now,
            )  # fmt: skip
            text.digest, text.body_digest = text.compute_digest([], []), sha256(text.body)
            text.apply_seal()
            texts.append(text)
        Article.objects.bulk_update(made, SEAL_FIELDS)
        published = []
        for text in Revision.objects.bulk_create(texts):
            at = now - timedelta(minutes=text.article_id)
            row = Publication(
                article_id=text.article_id, number=1, revision=text, department=department, title=text.title, dated=at,
                first_live_from=at, live_from=at, digest=text.digest, body_digest=text.body_digest, sign_offs=[],
            )  # fmt: skip
            row.apply_seal()
            published.append(row)
        for row in Publication.objects.bulk_create(published):
            index.index_publication(row, row.revision)
        Placement.objects.bulk_create(
            Placement(
                publication=row,
                department=department,
                article_id=row.article_id,
                dated=row.dated,
                live_from=row.live_from,
            )
            for row in published
        )
        reset_queries()


def timed_call(name: str, results: dict, function, *args, **words):
    """What the function gave; its milliseconds and number of queries are noted under the name."""
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        out = function(*args, **words)
        results.setdefault(name, []).append(((time.perf_counter() - began) * 1000, len(queries)))
    return out


def measure_actions(department: Department, people: dict[str, User], repeat: int) -> None:
    """Save, submit, approve, sign off: one article after the other."""
    results: dict[str, list[tuple[float, int]]] = {}
    for n in range(repeat + 1):
        content = {"title": f"测量{n}", "body": SAMPLE_BODY}
        article, _lost = drafts.create_article(department=department, content=content, by=people["drafter"])
        draft = article.active_draft()
        kept = {} if n == 0 else results  # the first one warms up
        timed_call("save", kept, drafts.save_draft, draft, content, by=people["drafter"], version=draft.version)
        opened = timed_call("submit", kept, services.submit, article, by=people["drafter"])
        seen = opened.revision.digest
        timed_call("approve", kept, services.approve, opened, by=people["reviewer"], seen=seen)
        timed_call("publish", kept, services.approve, opened, by=people["publisher"], seen=seen)
    for name, values in results.items():
        times = [value[0] for value in values]
        print(f"{name:8} {statistics.median(times):6.1f} ms (min {min(times):.1f}), {values[0][1]} queries")
    three = [sum(results[name][n][0] for name in ("submit", "approve", "publish")) for n in range(repeat)]
    queries = sum(results[name][0][1] for name in ("submit", "approve", "publish"))
    print(f"submit + approve + publish: {statistics.median(three):.1f} ms (min {min(three):.1f}), {queries} queries")


def measure_concurrent_leaders(
    department: Department, people: dict[str, User], admin: User, *, at_once: int, rounds: int
) -> None:
    """`at_once` leaders decide `rounds` rounds at the same time, two on each: every decision is kept, no error."""
    reviewers = [create_person("reviewer", department, admin) for _ in range(at_once)]
    opened = []
    for n in range(rounds):
        article, _lost = drafts.create_article(
            department=department, content={"title": f"并发{n}", "body": "<p>示例</p>"}, by=people["drafter"]
        )
        opened.append(services.submit(article, by=people["drafter"]))
    seen = {found.pk: found.revision.digest for found in opened}
    done, refused, errors = [], [], []

    def decide(index: int) -> None:
        try:
            # Every round is decided by two leaders at once: one of them wins, the other is told so.
            for found in opened[index::at_once] + opened[(index + 1) % at_once :: at_once]:
                try:
                    services.approve(Round.objects.get(pk=found.pk), by=reviewers[index], seen=seen[found.pk])
                    done.append(found.pk)
                except (WrongState, NotAllowed) as error:
                    refused.append(str(error))
                except Exception as error:  # whatever else happens to a leader is what this counts
                    errors.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(index,)) for index in range(at_once)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    unverified = sum(line.startswith("ledger") for line in mismatches())
    kept = Decision.objects.filter(round__in=[found.pk for found in opened]).count()
    print(
        f"{at_once} leaders, {rounds} rounds: {kept} decisions in {seconds:.1f} s, {len(refused)} told they were late, "
        f"{len(errors)} errors, {rounds - len(set(done))} rounds without a decision; "
        f"ledger entries that do not verify: {unverified}"
    )
    for error in errors[:5]:
        print("  ", error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fill", type=int, default=0, help="published articles to put beside")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--leaders", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=500)
    options = parser.parse_args()
    keys.create_signing_key(settings.SIGNING_KEY_FILE, settings.TRUSTED_KEYS_DIR)
    call_command("migrate", verbosity=0)
    admin = create_person("admin", None, None)
    department = Department(name="测量", slug=f"bench{User.objects.count()}")
    departments.save_department(department, by=admin)
    people = {role: create_person(role, department, admin) for role in ("drafter", "reviewer", "publisher")}
    missing = options.fill - Publication.objects.count()
    if missing > 0:
        fill_database(department, people["drafter"], missing)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    print(f"{connection.vendor}, {Publication.objects.count()} publications")
    measure_actions(department, people, options.repeat)
    if options.leaders:
        measure_concurrent_leaders(department, people, admin, at_once=options.leaders, rounds=options.rounds)


if __name__ == "__main__":
    main()
