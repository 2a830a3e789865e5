"""Fills a database with articles as a portal has them after many years, to measure on.

    DATABASE_URL=postgres://… SECRET_KEY=… python -m bench.fill 1000000 [--unsearched]

Most are public; of every thousand a few dozen are drafts, in review, returned, scheduled, withdrawn, over or discarded
(STATES). Rows, digests and seals are as the services leave them, but for the ledger, which has no entries of them;
decisions are left out too. An article with a number that is there already is not made again, so that a fill that was
broken off goes on. `--unsearched`: without the index of the search, which takes most of the time.
"""

import argparse
import os
import random
import time
from datetime import datetime, timedelta
from itertools import accumulate

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection, reset_queries, transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import create_user
from articles import buckets, search
from articles.models import Article, Contribution, Placement, Publication, Revision, Withdrawal
from departments import services as departments
from departments.models import Department, Role
from ledger import keys
from ledger.canonical import sha256
from workflow.models import Pipeline, Round, RoundState, RoundStep

BATCH = 2000
DEPARTMENTS = [
    ("zuzhi", "组织建设", 30),
    ("jiaoyu", "教育培训", 20),
    ("wenjian", "部门文件", 14),
    ("renshi", "干部人事", 12),
    ("gonggao", "公告栏", 10),
    ("gongjian", "结对共建", 8),
    ("laogan", "老干部工作", 6),
]
# How many of a thousand articles are in a state; the others are live.
STATES = {"draft": 6, "in_review": 5, "returned": 3, "scheduled": 2, "withdrawn": 5, "expired": 5, "discarded": 4}
WORDS = (
    "学校 党委 召开 专题 会议 研究 部署 下一阶段 工作 离退休 老同志 参观 新校区 建设 工地 结对共建 单位 走访 慰问 "
    "困难 群众 培训 内容 丰富 形式 多样 受到 学员 好评 按照 上级 统一 部署 现将 有关 事项 通知 如下 请 各单位 报送 "
    "材料 逾期 不再 受理 义务植树 活动 名额 分配 集合 地点 东郊 林场 工具 准备 读书 笔记 心得 体会 交流 评选 先进 "
    "支部 党课 微课 征集 讲述"
).split()


def text(chance: random.Random, characters: int) -> str:
    made = ""
    while len(made) < characters:
        made += "".join(chance.choices(WORDS, k=chance.randint(5, 12))) + "，。"[chance.random() < 0.4]
    return made


def people() -> dict[str, User]:
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
            departments.grant(person=user, role=role, department=None, by=None)
    return {name.removeprefix("fill-"): user for name, user in found.items()}


def places(admin: User) -> list[Department]:
    for position, (slug, name, _weight) in enumerate(DEPARTMENTS):
        if not Department.objects.filter(slug=slug).exists():
            departments.save_department(Department(name=name, slug=slug, position=position), by=admin)
    found = {department.slug: department for department in Department.objects.all()}
    return [found[slug] for slug, _name, _weight in DEPARTMENTS]


class Filler:
    """`characters`: of a body, about; with `searched`, publications go into the index too."""

    def __init__(self, characters: int, *, searched: bool) -> None:
        self.chance = random.Random(7)
        self.characters, self.searched = characters, searched
        self.people = people()
        self.places = places(self.people["admin"])
        self.drafters = [user for name, user in self.people.items() if name.startswith("drafter")]
        self.reviewer_role = Role.objects.get(code="reviewer")
        self.pipeline = Pipeline.objects.first()
        self.now = timezone.now()

    def state(self) -> str:
        at = self.chance.random() * 1000
        for name, share in STATES.items():
            at -= share
            if at < 0:
                return name
        return "live"

    @transaction.atomic
    def batch(self, count: int, age: timedelta) -> None:
        """`count` articles begun `age` ago and later, a minute apart."""
        weights = [weight for _slug, _name, weight in DEPARTMENTS]
        begun = [self.now - age + timedelta(minutes=n) for n in range(count)]
        articles = Article.objects.bulk_create(
            Article(
                department=department,
                created_at=at,
                created_by=author,
                created_by_name=author.full_name,
                in_charge=author,
            )
            for at in begun
            for department in self.chance.choices(self.places, weights)
            for author in [self.chance.choice(self.drafters)]
        )
        states = [self.state() for _ in articles]
        gone = [article.pk for article, state in zip(articles, states, strict=True) if state == "discarded"]
        Article.objects.filter(pk__in=gone).update(discarded_at=self.now)
        revisions = Revision.objects.bulk_create(
            self.revision(article, state) for article, state in zip(articles, states, strict=True)
        )
        for revision, article in zip(revisions, articles, strict=True):
            revision.article = article
        hands = [(revision, revision.saved_by) for revision in revisions if not revision.is_frozen]
        Contribution.objects.bulk_create(
            Contribution(revision=revision, person=person, person_name=person.full_name) for revision, person in hands
        )
        self.rounds([one for one, state in zip(revisions, states, strict=True) if state == "in_review"])
        self.returned([one for one, state in zip(revisions, states, strict=True) if state == "returned"])
        public = {"live", "scheduled", "withdrawn", "expired"}
        self.publications([(one, state) for one, state in zip(revisions, states, strict=True) if state in public])

    def revision(self, article: Article, state: str) -> Revision:
        title = "关于" + text(self.chance, 12)[:24].replace("，", "").replace("。", "") + f"的通知（{article.pk}）"
        paragraphs = [f"<p>{text(self.chance, self.characters // 4)}</p>" for _ in range(4)]
        frozen = state not in ("draft", "discarded")
        made = Revision(
            article=article, number=1, state="frozen" if frozen else "draft", title=title, body="\n".join(paragraphs),
            author=self.chance.choice("王李张刘陈杨赵黄周吴") + self.chance.choice("伟芳娜敏静强磊军洋勇"),
            source=article.department.name, saved_by=article.created_by, saved_by_name=article.created_by_name,
            saved_at=article.created_at + timedelta(hours=1), frozen_at=article.created_at if frozen else None,
        )  # fmt: skip
        if state == "discarded":
            made.state = "discarded"
        if frozen:
            made.digest, made.body_digest = made.compute_digest([], []), sha256(made.body)
        return made

    def rounds(self, revisions: list[Revision], **closed: object) -> list[Round]:
        made = Round.objects.bulk_create(
            Round(
                article=one.article, number=1, revision=one, pipeline=self.pipeline, pipeline_name="测量",
                submitted_at=one.saved_at, submitted_by=one.saved_by, submitted_by_name=one.saved_by_name, **closed,
            )
            for one in revisions
        )  # fmt: skip
        RoundStep.objects.bulk_create(
            RoundStep(
                round=one, position=1, name="审核", role=self.reviewer_role, people=1, due_hours=48,
                reached_at=one.submitted_at,
            )
            for one in made
        )  # fmt: skip
        return made

    def returned(self, revisions: list[Revision]) -> None:
        self.rounds(revisions, state=RoundState.RETURNED, closed_at=self.now)
        Revision.objects.bulk_create(
            Revision(
                article=one.article, number=2, state="draft", title=one.title, body=one.body, author=one.author,
                source=one.source, saved_by=one.saved_by, saved_by_name=one.saved_by_name, saved_at=one.saved_at,
            )
            for one in revisions
        )  # fmt: skip

    def publications(self, found: list[tuple[Revision, str]]) -> None:
        made = []
        for revision, state in found:
            begin, end = self.interval(revision.saved_at + timedelta(hours=2), state)
            row = Publication(
                article=revision.article, number=1, revision=revision, department=revision.article.department,
                title=revision.title, dated=begin, first_live_from=begin, live_from=begin, live_until=end,
                digest=revision.digest, body_digest=revision.body_digest, sign_offs=[], created_at=revision.saved_at,
            )  # fmt: skip
            row.apply_seal()
            made.append(row)
        made = Publication.objects.bulk_create(made)
        Placement.objects.bulk_create(
            Placement(
                publication=row, department=row.department, article=row.article, dated=row.dated,
                live_from=row.live_from, live_until=row.live_until,
            )
            for row in made
        )  # fmt: skip
        publisher = self.people["publisher"]
        withdrawals = []
        for row, (_revision, state) in zip(made, found, strict=True):
            if state == "withdrawn":
                words = {"by": publisher, "by_name": publisher.full_name, "reason": "有误", "notice": ""}
                withdrawals.append(Withdrawal(publication=row, at=row.live_until, **words))
                withdrawals[-1].apply_seal()
        if self.searched:
            search.put_many(made)
        Withdrawal.objects.bulk_create(withdrawals)

    def interval(self, begin: datetime, state: str) -> tuple[datetime, datetime | None]:
        if state == "scheduled":
            return self.now + timedelta(days=self.chance.randint(1, 30)), None
        if state in ("withdrawn", "expired"):
            return begin, min(begin + timedelta(days=30), self.now)
        return begin, None


def fill(articles: int, *, characters: int = 500, searched: bool = True) -> None:
    """Makes what is missing to so many articles."""
    filler = Filler(characters, searched=searched)
    present, began = Article.objects.count(), time.perf_counter()
    if searched and not present:
        # As `reindex` would spread them; each bucket is then filled while it is in the database's memory.
        newer = list(accumulate(buckets.sizes(articles)))[:-1]
        buckets.add(filler.now - timedelta(minutes=count) for count in reversed(newer))
    for start in range(present, articles, BATCH):
        count = min(BATCH, articles - start)
        filler.batch(count, timedelta(minutes=articles - start + 200))
        reset_queries()
        if start // BATCH % 25 == 0:
            print(f"{start + count} articles, {time.perf_counter() - began:.0f} s", flush=True)
    call_command("recount", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=int)
    parser.add_argument("--characters", type=int, default=500, help="of a body, about")
    parser.add_argument("--unsearched", action="store_true")
    options = parser.parse_args()
    keys.create(settings.SIGNING_KEY_FILE, settings.TRUSTED_KEYS_DIR)
    call_command("migrate", verbosity=0)
    fill(options.articles, characters=options.characters, searched=not options.unsearched)


if __name__ == "__main__":
    main()
