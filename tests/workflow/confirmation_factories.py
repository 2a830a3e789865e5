"""Factories of superusers, puppets and confirmations."""

from accounts.models import IdentityChange, User
from accounts.services import create_user
from articles.models import Article
from tests.factories import PASSWORD, Newsroom, grant, person
from workflow.actions import confirmations
from workflow.models import Round
from workflow.services import submit


def second_superuser(newsroom: Newsroom) -> User:
    """Another superuser, made on the machine, whom nobody has to confirm."""
    newsroom.people["second"] = person("second", is_superuser=True)
    return newsroom.people["second"]


def puppet(newsroom: Newsroom, name: str, *roles: str, by: User | None = None) -> User:
    """An account that the superuser made, with these roles in the newsroom's department."""
    by = by or newsroom.admin
    made = create_user(username=f"{name}-puppet", password=PASSWORD, by=by, full_name=f"{name}乙")
    for role in roles:
        grant(made, role, newsroom.department, by)
    newsroom.people[name] = made
    return made


def open_entries(who: User) -> list[int]:
    """The ledger entries of what waits for confirmation."""
    return list(IdentityChange.objects.open().filter(person=who).values_list("entry", flat=True))


def confirm(who: User, by: User, words: str = "当面核实") -> None:
    confirmations.confirm(who, by, open_entries(who), words)


def own_text(newsroom: Newsroom, by: User | None = None) -> Round:
    """A round on a text that the superuser, or `by`, wrote and submitted."""
    return submit(draft_by(newsroom, by or newsroom.admin), by=by or newsroom.admin)


def draft_by(newsroom: Newsroom, by: User) -> Article:
    from articles import drafts

    content = {"title": "自己写的稿", "body": "<p>自己写的正文。</p>"}
    return drafts.create_article(department=newsroom.department, content=content, by=by)[0]
