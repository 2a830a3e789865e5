"""Factories of people, departments and articles, built with the product's services."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import create_user
from articles import drafts, publishing
from articles.models import Article, Publication
from departments import services as departments
from departments.models import Department, Role
from ledger.record import record
from workflow import services
from workflow.models import QuickPhrase, Round
from workflow.rules.states import PublicState, TextState

PASSWORD = "correct horse battery staple"
SITE_IDENTITY = {
    "name": "省直机关党建网",
    "description": "公众读到的，正是领导签发的。",
    "organiser": "省直机关工委",
    "copyright_holder": "省直机关工委",
    "address": "合肥市长江路39号",
    "email": "szdd@example.org",
    "icp_number": "皖ICP备07502461号",
    "technical_support": "龙讯科技",
}
_numbers = count(1)


@dataclass
class Newsroom:
    """One department with a drafter, a second drafter, a reviewer and a publisher; a second department; a superuser."""

    admin: User
    department: Department
    elsewhere: Department
    drafter: User
    colleague: User
    reviewer: User
    publisher: User
    stranger: User  # reviewer and publisher of the other department
    people: dict[str, User] = field(default_factory=dict)

    @classmethod
    def open(cls) -> "Newsroom":
        admin = person("admin", is_superuser=True)
        here, elsewhere = department("组织建设", admin), department("教育培训", admin)
        people = {name: person(name) for name in ("drafter", "colleague", "reviewer", "publisher", "stranger")}
        roles = [("drafter", "drafter"), ("colleague", "drafter"), ("reviewer", "reviewer"), ("publisher", "publisher")]
        for name, role in roles:
            grant(people[name], role, here, admin)
        for role in ("drafter", "reviewer", "publisher"):
            grant(people["stranger"], role, elsewhere, admin)
        return cls(admin=admin, department=here, elsewhere=elsewhere, people={**people, "admin": admin}, **people)

    def draft(self, title: str = "示例标题", body: str = "<p>示例正文。</p>", **content: Any) -> Article:
        """An article with an active draft by the drafter."""
        words = {"title": title, "body": body, **content}
        return drafts.create_article(department=self.department, content=words, by=self.drafter)[0]

    def submitted(self, article: Article | None = None, **content: Any) -> Round:
        return services.submit(article or self.draft(**content), by=self.drafter)

    def reviewed(self, article: Article | None = None, **content: Any) -> Round:
        """A round that waits for its last step."""
        opened = self.submitted(article, **content)
        services.approve(opened, by=self.reviewer, seen=opened.revision.digest)
        return Round.objects.get(pk=opened.pk)

    def published(self, article: Article | None = None, at: datetime | None = None, **content: Any) -> Publication:
        waiting = self.reviewed(article, **content)
        return services.approve(waiting, by=self.publisher, seen=waiting.revision.digest, at=at)

    def rewritten(self, article: Article, **content: Any) -> Article:
        """The article with a new draft of its published text, saved by the drafter with `content` in it."""
        draft = services.revise(article, by=self.drafter)
        drafts.save_draft(draft, content or {"title": f"{draft.title}（修订）"}, by=self.drafter, version=draft.version)
        return article

    def article_in(self, text: TextState, public: PublicState, submitter: User | None = None) -> Article:
        """An article in the given state; see `IMPOSSIBLE` for the pairs that cannot be.

        `submitter`: who submits the text in hand when it gets that far, if not the drafter who wrote it.
        """
        article = self._public(public)
        return self._text(article, text, submitter or self.drafter)

    def _public(self, public: PublicState) -> Article:
        now = timezone.now()
        later = now + timedelta(days=1)
        match public:
            case PublicState.UNPUBLISHED:
                return self.draft()
            case PublicState.SCHEDULED:
                return self.published(at=later).article
            case PublicState.LIVE:
                return self.published().article
            case PublicState.REPLACING:
                article = self.rewritten(self.published().article)
                return self.published(article, at=later).article
            case PublicState.WITHDRAWN:
                article = self.published().article
                services.withdraw(article, by=self.publisher, reason="有误", notice="已撤稿")
                return article
            case PublicState.EXPIRED:
                return expired(self.published())

    def _text(self, article: Article, text: TextState, submitter: User) -> Article:
        if article.active_draft() is None and text != TextState.SETTLED:
            self.rewritten(article)
        match text:
            case TextState.RETURNED:
                opened = services.submit(article, by=submitter)
                services.return_for_changes(opened, by=self.reviewer, seen=opened.revision.digest, reason="请改")
            case TextState.IN_REVIEW:
                services.submit(article, by=submitter)
            case TextState.PARKED:
                # Parked while it was live, whatever became of that since.
                article.active_draft().update_sealed(state="parked")
            case TextState.DISCARDED:
                services.discard(article, by=self.drafter)
        return Article.objects.get(pk=article.pk)


# Pairs of sides that no article can have: what was ever public is not discarded, and what is settled was.
IMPOSSIBLE = {
    (TextState.SETTLED, PublicState.UNPUBLISHED),
    (TextState.PARKED, PublicState.UNPUBLISHED),
    (TextState.PARKED, PublicState.SCHEDULED),
} | {(TextState.DISCARDED, public) for public in PublicState if public != PublicState.UNPUBLISHED}


def expired(publication: Publication) -> Article:
    """Ends a live publication now, as if its time had run out."""
    now = timezone.now()
    publishing.schedule_end(publication, now, now)
    ends = publishing.recorded_ends(publication)
    with transaction.atomic():
        record("article.expiry_set", publication.article, publication=publication.number, live_until=now, ends=ends)
    return publication.article


def person(name: str, **facts: Any) -> User:
    return create_user(username=f"{name}-{next(_numbers)}", password=PASSWORD, by=None, full_name=f"{name}甲", **facts)


def department(name: str, by: User, **facts: Any) -> Department:
    made = Department(name=name, **{"slug": f"d{next(_numbers)}", **facts})
    departments.save_department(made, by=by)
    return made


def quick_phrase(text: str) -> QuickPhrase:
    """A phrase as the desk saves it, before all others."""
    phrase = QuickPhrase(text=text, position=1)
    phrase.apply_seal()
    phrase.save()
    return phrase


def grant(to: User, role: str, where: Department | None, by: User) -> None:
    departments.grant_role(person=to, role=Role.objects.get(code=role), department=where, by=by)


def everything() -> dict[str, list[tuple]]:
    """Every row of every table, to compare before and after."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models(include_auto_created=True)
    }


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Fails when anything in the database is different afterwards."""
    before = everything()
    yield
    assert everything() == before
