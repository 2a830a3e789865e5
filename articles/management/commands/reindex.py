"""`reindex`: rebuilds the search indexes."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from articles.search import drafts_index, reindex


class Command(BaseCommand):
    help = (
        "Feeds the index of the search anew with what is public or will be, and the desk's with the rest. "
        "Again and again gives the same."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(
            _("%(count)d publications are in the index of the search") % {"count": reindex.rebuild_public_index()}
        )
        self.stdout.write(
            _("%(count)d texts are in the index of the desk") % {"count": drafts_index.rebuild_desk_index()}
        )
