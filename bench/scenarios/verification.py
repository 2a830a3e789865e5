"""Scenario: memory and time of `verify` on a large database.

    DATABASE_URL=… VAR_DIR=/tmp/scratch python bench/scenarios/verification.py 100000

Every row is what the services would have written, seals and signatures included, but put in by the thousand.
"""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import django

PROJECT_DIR = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT_DIR))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
SAMPLE_BODY = "<p>为进一步加强机关作风建设，现将有关事项通知如下。</p>\n" * 20  # about 600 characters
BATCH_SIZE = 1000
SAMPLE_SECONDS = 0.5


def fill_database(count: int) -> None:  # noqa: PLR0915 (a row of every table, one after the other)
    from django.db import connection, transaction
    from django.utils import timezone

    from accounts.services import create_user
    from articles.models import Article, Contribution, Placement, Publication, Revision
    from articles.publishing import sealed_digests
    from articles.search.index import index_publications
    from departments.models import Department, Role
    from departments.services import grant_role, save_department
    from departments.setup import end_setup_with_publication
    from ledger import guards, keys
    from ledger.canonical_json import canonical_timestamp, sha256
    from ledger.heads.head_file import write_head
    from ledger.models import Entry
    from workflow.models import Decision, Pipeline, Round, RoundStep

    people = [create_user(username=f"p{n}", password=None, by=None, full_name=f"人员{n}") for n in range(3)]
    here = Department(name="组织建设", slug="zuzhi")
    save_department(here, by=None)
    roles = [Role.objects.get(code=code) for code in ("drafter", "reviewer", "publisher")]
    for person, role in zip(people, roles, strict=True):
        grant_role(person=person, role=role, department=here, by=None)
    end_setup_with_publication(by=people[0])
    drafter, deciders = people[0], people[1:]
    pipeline, now, body_digest = Pipeline.objects.get(is_default=True), timezone.now(), sha256(SAMPLE_BODY)
    last = Entry.objects.order_by("-number").first()
    entries: list[Entry] = []

    def enter(article: int, verb: str, by, **data) -> None:
        nonlocal last
        entry = Entry(
            number=last.number + 1,
            time=now,
            actor_id=by.pk,
            actor_name=by.full_name,
            verb=verb,
            object_type="articles.article",
            object_id=str(article),
            data=data,
            previous=last.hash,
        )
        entry.hash = entry.compute_hash()
        entry.key, entry.signature = keys.sign(b"qianfa ledger\n" + entry.hash.encode())
        entries.append(entry)
        last = entry

    guards.drop_all(connection)
    for start in range(1, count + 1, BATCH_SIZE):
        rows: dict[type, list] = {
            model: [] for model in (Article, Revision, Contribution, Publication, Placement, Round, RoundStep, Decision)
        }
        for pk in range(start, min(start + BATCH_SIZE, count + 1)):
            by = {"created_by": drafter, "created_by_name": drafter.full_name}
            article = Article(pk=pk, department=here, created_at=now, **by)
            article.apply_seal()
            rows[Article].append(article)
            dated = now - timedelta(minutes=count - pk)
            revision = Revision(
                pk=pk,
                article_id=pk,
                number=1,
                state="frozen",
                title=f"关于第{pk}号事项的通知",
                body=SAMPLE_BODY,
                summary="现将有关事项通知如下。",
                dated=dated,
                saved_by=drafter,
                saved_by_name=drafter.full_name,
                frozen_at=now,
            )
            revision.digest, revision.body_digest = revision.compute_digest([], []), body_digest
            revision.apply_seal()
            digest = revision.digest
            rows[Revision].append(revision)
            rows[Contribution].append(Contribution(revision_id=pk, person=drafter, person_name=drafter.full_name))
            signs = [
                {
                    "step": step,
                    "person": person.pk,
                    "name": person.full_name,
                    "for": "",
                    "time": canonical_timestamp(now),
                }
                for step, person in zip(("审核", "签发"), deciders, strict=True)
            ]
            publication = Publication(
                pk=pk,
                article_id=pk,
                number=1,
                revision_id=pk,
                department=here,
                title=revision.title,
                summary=revision.summary,
                dated=dated,
                first_live_from=now,
                live_from=now,
                digest=digest,
                body_digest=body_digest,
                sign_offs=signs,
                created_at=now,
            )
            publication.apply_seal()
            rows[Publication].append(publication)
            rows[Placement].append(
                Placement(publication_id=pk, department=here, article_id=pk, dated=dated, live_from=now)
            )
            opened = Round(
                pk=pk,
                article_id=pk,
                number=1,
                revision=revision,
                pipeline=pipeline,
                pipeline_name=pipeline.name,
                state="approved",
                submitted_at=now,
                submitted_by=drafter,
                submitted_by_name=drafter.full_name,
                closed_at=now,
                publication_id=pk,
            )
            opened.revision.contribution_rows = [{"person_id": drafter.pk}]
            opened.new_steps = []
            rows[Round].append(opened)
            enter(pk, "article.begun", drafter, department=here.pk)
            steps = [[name, role.pk, 1] for name, role in zip(("审核", "签发"), roles[1:], strict=True)]
            facts = {"round": 1, "digest": digest, "pipeline": pipeline.name, "steps": steps, "hands": [drafter.pk]}
            enter(pk, "article.submitted", drafter, revision=1, **facts)
            verbs = ("article.approved", "article.published")
            for index, (sign, person, verb) in enumerate(zip(signs, deciders, verbs, strict=True)):
                step = pk * 2 + index
                passed = RoundStep(
                    pk=step,
                    round=opened,
                    position=index + 1,
                    name=sign["step"],
                    role=roles[index + 1],
                    reached_at=now,
                    passed_at=now,
                )
                passed.apply_seal()
                opened.new_steps.append(passed)
                rows[RoundStep].append(passed)
                decision = Decision(
                    round=opened,
                    step=passed,
                    person=person,
                    person_name=person.full_name,
                    principal=person,
                    principal_name=person.full_name,
                    verdict="approve",
                    digest=digest,
                    decided_at=now,
                )
                decision.apply_seal()
                rows[Decision].append(decision)
                is_last = verb == "article.published"
                facts = {"publication": 1, "live_from": canonical_timestamp(now), "dated": canonical_timestamp(dated)}
                more = {**facts, "dated_openly": True, "seals": sealed_digests(publication)} if is_last else {}
                enter(pk, verb, person, round=1, step=sign["step"], digest=digest, **more)
            opened.apply_seal()
        for model, made in rows.items():
            model.objects.bulk_create(made)
        with transaction.atomic():
            index_publications(Publication.objects.filter(pk__gte=start).select_related("revision"))
        Entry.objects.bulk_create(entries)
        entries.clear()
    write_head(last)
    guards.install_all(connection)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does on a site that grows by and by


def memory_of_group(group: int) -> float:
    """Memory of all processes of a group in MiB, pages that they share counted once. Linux only."""
    kilobytes = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if os.getpgid(int(process.name)) == group:
                kilobytes += int(re.search(r"^Pss: +(\d+)", (process / "smaps_rollup").read_text(), re.MULTILINE)[1])
    return kilobytes / 1024


def main() -> None:
    django.setup()
    count = int(sys.argv[1])
    begun = time.monotonic()
    if "--filled" not in sys.argv:
        fill_database(count)
        print(f"filled with {count} publications in {time.monotonic() - begun:.0f} s")
    begun, peak = time.monotonic(), 0.0
    with subprocess.Popen([sys.executable, PROJECT_DIR / "manage.py", "verify"], start_new_session=True) as verify:
        while verify.poll() is None:
            peak = max(peak, memory_of_group(verify.pid))
            time.sleep(SAMPLE_SECONDS)
    took = time.monotonic() - begun
    print(f"verify: exit status {verify.returncode}, {took:.0f} s, at most {peak:.0f} MiB in all its processes")


if __name__ == "__main__":
    main()
