"""Factories of reviewers, pipelines, delegations and marked texts."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import change_user
from articles import drafts
from articles.models import Article
from departments.models import Department, Role
from ledger.models import Entry
from tests.factories import Newsroom, grant, person
from workflow.actions import delegations, pipelines
from workflow.models import Delegation, Pipeline, Step

DAY = timedelta(days=1)
_marks = count(1)


def somebody(newsroom: Newsroom, name: str, *roles: str, where: Department | None = None) -> User:
    """Another person with these roles in the newsroom's department, known to the newsroom by `name`."""
    made = person(name)
    for role in roles:
        grant(made, role, where or newsroom.department, newsroom.admin)
    newsroom.people[name] = made
    return made


def preset(name: str) -> Pipeline:
    return Pipeline.objects.get(name=name)


def use(newsroom: Newsroom, name: str | None) -> None:
    """The newsroom's department picks a pipeline; None: the default one again."""
    pipelines.choose_pipeline(newsroom.department, preset(name) if name else None, by=newsroom.admin)


@transaction.atomic
def rearrange(pipeline: Pipeline, by: User, *steps: tuple[str, str, int]) -> None:
    """The pipeline gets these steps, as (name, code of the role, people), in place of those it has. Recorded."""
    pipeline.steps.all().delete()
    for position, (name, role, people) in enumerate(steps, 1):
        Step.objects.create(
            pipeline=pipeline, position=position, name=name, role=Role.objects.get(code=role), people=people
        )
    pipelines.record_change(pipeline, by=by, is_new=False)


def stand_in(principal: User, deputy: User, begins: datetime | None = None, ends: datetime | None = None) -> Delegation:
    begins = begins or timezone.now()
    return delegations.delegate(
        principal=principal, deputy=deputy, begins_at=begins, ends_at=ends or begins + 7 * DAY, by=principal
    )


def disable(who: User, by: User, *, active: bool = False) -> None:
    who.refresh_from_db()
    who.is_active = active
    change_user(who, by=by)


def entries(article: Article, *verbs: str) -> list[Entry]:
    """What the ledger says of the article, of these verbs or all."""
    found = Entry.objects.filter(object_type="articles.article", object_id=str(article.pk)).order_by("number")
    return list(found.filter(verb__in=verbs) if verbs else found)


# Words that say who wrote them.

_MARK = re.compile(r"〔(\d+)〕")


def mark() -> int:
    """A number that no text has yet."""
    return next(_marks)


def marks_in(text: str) -> set[int]:
    return {int(found) for found in _MARK.findall(text)}


def body_of(marks: Iterable[int]) -> str:
    return "".join(f"<p>正文〔{number}〕</p>" for number in sorted(marks))


def write(article: Article, by: User, marks: Iterable[int]) -> None:
    """Saves the active draft with just these words."""
    draft = article.active_draft()
    drafts.save_draft(draft, {"body": body_of(marks)}, by=by, version=draft.version)
