"""Factories of letters, sent through the form."""

from datetime import timedelta
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone

from feedback.models import Letter
from tests.workflow.pages import Page

TEXT = "第二段的年份写错了，应为二〇一四年。"
ADDRESS = "/feedback/"
A_MINUTE = timedelta(minutes=1)


def opened(client: Client, query: str = "", ago: timedelta = A_MINUTE) -> dict[str, str]:
    """Fields of the form as a page has them that was opened a while ago; the search field of the head left out."""
    with time_machine.travel(timezone.now() - ago, tick=False):
        fields = Page(client.get(ADDRESS + query)).fields
    return {name: value for name, value in fields.items() if name not in ("q", "receipt")}


def sent(client: Client, query: str = "", **words: Any) -> Any:
    """The answer to a letter that was filled in at leisure."""
    return client.post(ADDRESS, {**opened(client, query), "text": TEXT, **words})


def letter(client: Client | None = None, query: str = "", **words: Any) -> Letter:
    """A letter that has arrived."""
    answer = sent(client or Client(), query, **words)
    assert answer.status_code == 302, answer.content.decode()
    return Letter.objects.with_receipt(answer["Location"].split("/")[2]).get()
