"""`recount`: counts the rows of every listing again."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils.translation import gettext as _

from articles.listings import counts
from departments.models import Department


class Command(BaseCommand):
    help = "Counts anew how many articles each listing has, for its page numbers. Again and again gives the same."

    def handle(self, *_args: Any, **_options: Any) -> None:
        holding = Department.objects.order_by("pk").values_list("pk", flat=True)
        counted = sum(map(counts.recount, holding))
        with connection.cursor() as cursor:
            # How few are not counted yet, the planner of PostgreSQL must know, or it reads the table.
            cursor.execute("ANALYZE articles_placement")
        self.stdout.write(_("%(count)d places in listings were counted") % {"count": counted})
