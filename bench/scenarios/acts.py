"""A process that publishes and withdraws articles on command, for the visibility scenario.

    DATABASE_URL=postgres://… SECRET_KEY=… python -m bench.scenarios.acts

Reads `publish TITLE` and `withdraw NUMBER` from standard input; answers each with a line of JSON once it is committed:
{"article": number, "path": its address, "milliseconds": what the last act took}.
"""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from accounts.models import User
from articles import drafts
from articles.models import Article
from departments.models import Department
from workflow import services

SAMPLE_BODY = "<p>现将有关事项通知如下，请各单位认真落实。</p>" * 20


def bench_user(name: str) -> User:
    return User.objects.get(username=f"fill-{name}")


def publish_article(title: str) -> tuple[Article, float]:
    """A new article in the largest department, through every step; (it, milliseconds of the sign-off)."""
    here = Department.objects.get(slug="zuzhi")
    content = {"title": title, "body": SAMPLE_BODY}
    article, _lost = drafts.create_article(department=here, content=content, by=bench_user("drafter1"))
    opened = services.submit(article, by=bench_user("drafter1"))
    seen = opened.revision.digest
    services.approve(opened, by=bench_user("reviewer"), seen=seen)
    publisher = bench_user("publisher")
    began = time.perf_counter()
    services.approve(opened, by=publisher, seen=seen)
    return article, (time.perf_counter() - began) * 1000


def withdraw_article(number: str) -> tuple[Article, float]:
    article, publisher = Article.objects.get(pk=int(number)), bench_user("publisher")
    began = time.perf_counter()
    services.withdraw(article, by=publisher, reason="测量", notice="本文已撤回。")
    return article, (time.perf_counter() - began) * 1000


def main() -> None:
    acts = {"publish": publish_article, "withdraw": withdraw_article}
    for line in sys.stdin:
        act, _space, what = line.strip().partition(" ")
        article, took = acts[act](what)
        path = f"/{article.department.slug}/{article.pk}/"
        print(json.dumps({"article": article.pk, "path": path, "milliseconds": round(took, 1)}), flush=True)


if __name__ == "__main__":
    main()
