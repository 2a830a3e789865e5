"""Scenario: cost of the desk's article list for each filter.

    DATABASE_URL=postgres://… SECRET_KEY=… python -m bench.scenarios.desk_list [--repeat 5]

Run it on a database that bench.fill has filled.
"""

import argparse
import os
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.core.management import call_command
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment

from accounts.models import User
from articles.models import Article
from departments.models import Department
from workflow.desk.article_filters import STATE_CHOICES

LIST_URL = "/admin/articles/article/"


def filter_queries() -> dict[str, dict[str, str]]:
    """Name → what is asked."""
    large, small = Department.objects.get(slug="zuzhi"), Department.objects.get(slug="laogan")
    states = {f"state {name}": {"state": name} for name, _label in STATE_CHOICES}
    in_department = {
        f"{name} in a small department": {"state": name, "department": small.pk} for name, _label in STATE_CHOICES
    }
    return {
        "everything": {},
        "page 20": {"page": 20},
        "large department": {"department": large.pk},
        **states,
        **in_department,
        "person": {"person": "测量drafter7"},
        "person, withdrawn": {"person": "测量drafter7", "state": "withdrawn"},
        "saved since 2026-01-01": {"since": "2026-01-01"},
        "saved in 2025": {"since": "2025-01-01", "until": "2025-12-31"},
        "saved on one day": {"since": "2025-05-05", "until": "2025-05-05"},
        "saved before all": {"until": "1999-12-31"},
        "mine (nobody's)": {"mine": "on"},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--words", nargs="*", default=[], help="words to search for; needs a database with its index")
    options = parser.parse_args()
    # The page's templates are told to the client; the host is one that is allowed; static files have their names.
    setup_test_environment()
    call_command("collectstatic", interactive=False, verbosity=0)
    everything = filter_queries() | {f"words {word}": {"q": word} for word in options.words}
    print(f"{connection.vendor}, {Article.objects.count()} articles")
    for name in ("admin", "drafter3"):
        client = Client()
        client.force_login(User.objects.get(username=f"fill-{name}"))
        for way, asked in everything.items():
            times, queries = [], 0
            for _ in range(options.repeat + 1):
                reset_queries()
                with CaptureQueriesContext(connection) as counted:
                    began = time.perf_counter()
                    answer = client.get(LIST_URL, asked)
                    times.append((time.perf_counter() - began) * 1000)
                queries = len(counted)
            found = "gave up" if answer.context["timed_out"] else answer.context["page"].paginator.count
            print(f"{name:9} {way:35} {statistics.median(times[1:]):7.1f} ms, {queries} queries, {found} found")


if __name__ == "__main__":
    main()
