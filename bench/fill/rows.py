"""Rows of one batch of articles, as the services write them, without ledger and decisions.

Run in several processes at once by bench.fill; needs Django to be set up.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from random import Random

from django.db import reset_queries, transaction
from django.utils import timezone

from accounts.models import User
from articles.models import (
    Article,
    Contribution,
    EndKind,
    Placement,
    Publication,
    PublicationEnd,
    Revision,
    Withdrawal,
)
from articles.search import index
from bench.fill import texts
from departments.models import Department, Role
from ledger.canonical_json import sha256
from ledger.seals import SEAL_FIELDS
from workflow.models import Pipeline, Round, RoundState, RoundStep

BATCH_SIZE = 2000
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
STATES_PER_THOUSAND = {
    "draft": 6,
    "in_review": 5,
    "returned": 3,
    "scheduled": 2,
    "withdrawn": 5,
    "expired": 5,
    "discarded": 4,
}
PUBLISHED_STATES = {"live", "scheduled", "withdrawn", "expired"}


@dataclass(frozen=True)
class FillPlan:
    """What to fill with. `articles`: how many there are to be. `characters`: of a body, about. `text_file`: a file
    whose
    sentences the bodies are made of. `file`: articles as JSON lines instead of made-up ones, all of them live."""

    articles: int
    characters: int = 500
    is_indexed: bool = True
    text_file: str = ""
    articles_file: str = ""
    now: datetime = field(default_factory=timezone.now)


@dataclass(frozen=True)
class ArticleSpec:
    """One article to be: its number, where it stands, what it says, and when it was begun."""

    number: int
    department: str
    title: str
    body: str
    author: str
    source: str
    created_at: datetime
    state: str = "live"


def fill_batch(wish: FillPlan, first: int, last: int, offset: int) -> int:
    """Makes those articles from `first` to `last` that are not there, in one transaction; returns how many.

    `offset`: in bytes, of the first one's line in `wish.file`.
    """
    with transaction.atomic():
        there = set(Article.objects.filter(pk__range=(first, last)).values_list("pk", flat=True))
        wanted = (
            _read_specs(wish.articles_file, offset, last - first + 1)
            if wish.articles_file
            else _generate_specs(wish, first, last)
        )
        missing = [words for words in wanted if words.number not in there]
        if missing:
            _BatchWriter(wish).write(missing)
    reset_queries()
    return len(missing)


def _read_specs(file: str, offset: int, count: int) -> Iterator[ArticleSpec]:
    with open(file, "rb") as lines:  # noqa: PTH123 (a place in a gigabyte is sought, nothing is read whole)
        lines.seek(offset)
        for _ in range(count):
            one = json.loads(lines.readline())
            yield ArticleSpec(
                number=one["id"],
                department=one["department"],
                title=one["title"],
                body="\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in one["body"]),
                author=one["author"],
                source=one["source"],
                created_at=datetime.fromisoformat(one["date"]),
            )


def creation_time(wish: FillPlan, number: int, offsets: list[int]) -> datetime:
    """When an article will have been begun. `offsets`: where each batch of lines begins in `wish.file`, in bytes."""
    if not wish.articles_file:
        return wish.now - timedelta(minutes=wish.articles - number + 200)
    place = number - 1
    return list(_read_specs(wish.articles_file, offsets[place // BATCH_SIZE], place % BATCH_SIZE + 1))[-1].created_at


def _generate_specs(wish: FillPlan, first: int, last: int) -> Iterator[ArticleSpec]:
    weights = [weight for _slug, _name, weight in DEPARTMENTS]
    for number in range(first, last + 1):
        chance = texts.seeded_random(number)
        slug, name, _weight = chance.choices(DEPARTMENTS, weights)[0]
        yield ArticleSpec(
            number=number,
            department=slug,
            title=texts.make_title(chance, number),
            body=texts.make_body(chance, wish.characters, number, wish.text_file),
            author=chance.choice("王李张刘陈杨赵黄周吴") + chance.choice("伟芳娜敏静强磊军洋勇"),
            source=name,
            created_at=creation_time(wish, number, []),
            state=_random_state(chance),
        )


def _random_state(chance: Random) -> str:
    at = chance.random() * 1000
    for name, share in STATES_PER_THOUSAND.items():
        at -= share
        if at < 0:
            return name
    return "live"


class _BatchWriter:
    def __init__(self, wish: FillPlan) -> None:
        self.now, self.is_indexed = wish.now, wish.is_indexed
        self.people = {
            user.username.removeprefix("fill-"): user for user in User.objects.filter(username__startswith="fill-")
        }
        self.departments = {place.slug: place for place in Department.objects.all()}
        self.reviewer_role = Role.objects.get(code="reviewer")
        self.pipeline = Pipeline.objects.first()
        self.rng = texts.seeded_random(0)

    def write(self, found: list[ArticleSpec]) -> None:
        self.rng = texts.seeded_random(-found[0].number)
        articles = Article.objects.bulk_create(map(self.article, found))
        revisions = Revision.objects.bulk_create(map(self.revision, articles, found))
        for revision, article in zip(revisions, articles, strict=True):
            revision.article = article
        self.contributions([one for one in revisions if not one.is_frozen])
        by_state = list(zip(revisions, (words.state for words in found), strict=True))
        self.rounds([one for one, state in by_state if state == "in_review"])
        self.returned([one for one, state in by_state if state == "returned"])
        self.publications([(one, state) for one, state in by_state if state in PUBLISHED_STATES])

    def article(self, words: ArticleSpec) -> Article:
        author = self.people[f"drafter{self.rng.randrange(20)}"]
        made = Article(
            pk=words.number, department=self.departments[words.department],
            created_at=words.created_at, created_by=author,
            created_by_name=author.full_name, in_charge=author,
            discarded_at=self.now if words.state == "discarded" else None,
        )  # fmt: skip
        made.apply_seal()
        return made

    def revision(self, article: Article, words: ArticleSpec) -> Revision:
        frozen = words.state not in ("draft", "discarded")
        made = Revision(
            article=article, number=1, state="frozen" if frozen else "draft", title=words.title, body=words.body,
            author=words.author, source=words.source, saved_by=article.created_by,
            saved_by_name=article.created_by_name, saved_at=words.created_at + timedelta(hours=1),
            frozen_at=words.created_at if frozen else None,
        )  # fmt: skip
        if words.state == "discarded":
            made.state = "discarded"
        if frozen:
            made.digest, made.body_digest = made.compute_digest([], []), sha256(made.body)
            made.apply_seal()
        return made

    def contributions(self, drafts: list[Revision]) -> None:
        """Add the writer of each draft as its contributor, then seal the draft: the seal covers the contributors."""
        Contribution.objects.bulk_create(
            Contribution(revision=one, person=one.saved_by, person_name=one.saved_by.full_name) for one in drafts
        )
        for one in Revision.objects.with_related_rows().filter(pk__in=[one.pk for one in drafts]):
            one.apply_seal()
            one.save(update_fields=SEAL_FIELDS)

    def rounds(self, revisions: list[Revision], **closed: object) -> list[Round]:
        made = [
            Round(
                article=one.article, number=1, revision=one, pipeline=self.pipeline, pipeline_name="测量",
                submitted_at=one.saved_at, submitted_by=one.saved_by, submitted_by_name=one.saved_by_name, **closed,
            )
            for one in revisions
        ]  # fmt: skip
        steps = [
            RoundStep(
                round=one, position=1, name="审核", role=self.reviewer_role, people=1, due_hours=48,
                reached_at=one.submitted_at,
            )
            for one in made
        ]  # fmt: skip
        for one, step in zip(made, steps, strict=True):
            one.new_steps = [step]
            one.apply_seal()
            step.apply_seal()
        Round.objects.bulk_create(made)
        RoundStep.objects.bulk_create(steps)
        return made

    def returned(self, revisions: list[Revision]) -> None:
        self.rounds(revisions, state=RoundState.RETURNED, closed_at=self.now)
        drafts = Revision.objects.bulk_create(
            Revision(
                article=one.article, number=2, state="draft", title=one.title, body=one.body, author=one.author,
                source=one.source, saved_by=one.saved_by, saved_by_name=one.saved_by_name, saved_at=one.saved_at,
            )
            for one in revisions
        )  # fmt: skip
        self.contributions(drafts)

    def publications(self, found: list[tuple[Revision, str]]) -> None:
        made = []
        for revision, state in found:
            begin, end = self.interval(revision.saved_at + timedelta(hours=2), state)
            row = Publication(
                article=revision.article, number=1, revision=revision, department=revision.article.department,
                title=revision.title, dated=begin, first_live_from=begin, live_from=begin, live_until=end,
                planned_until=None if state == "withdrawn" else end, digest=revision.digest,
                body_digest=revision.body_digest, sign_offs=[], created_at=revision.saved_at,
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
        self.ends([(row, state) for row, (_revision, state) in zip(made, found, strict=True) if row.live_until])
        publisher = self.people["publisher"]
        withdrawals = []
        for row, (_revision, state) in zip(made, found, strict=True):
            if state == "withdrawn":
                words = {"by": publisher, "by_name": publisher.full_name, "reason": "有误", "notice": ""}
                withdrawals.append(Withdrawal(publication=row, at=row.live_until, **words))
                withdrawals[-1].apply_seal()
        Withdrawal.objects.bulk_create(withdrawals)
        if self.is_indexed:
            index_publications(made)

    def ends(self, ended: list[tuple[Publication, str]]) -> None:
        made = []
        for row, state in ended:
            is_withdrawn = state == "withdrawn"
            made.append(
                PublicationEnd(
                    publication=row, kind=EndKind.WITHDRAWN if is_withdrawn else EndKind.PLANNED, until=row.live_until,
                    planned_until=row.planned_until, at=row.live_until if is_withdrawn else row.created_at,
                )
            )  # fmt: skip
            made[-1].apply_seal()
        PublicationEnd.objects.bulk_create(made)

    def interval(self, begin: datetime, state: str) -> tuple[datetime, datetime | None]:
        if state == "scheduled":
            return self.now + timedelta(days=self.rng.randint(1, 30)), None
        if state in ("withdrawn", "expired"):
            return begin, min(begin + timedelta(days=30), self.now)
        return begin, None


def index_publications(publications: list[Publication]) -> None:
    """Puts them into the index of the search: the one place of a fill that does."""
    index.index_publications(publications)
