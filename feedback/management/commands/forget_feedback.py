"""`forget_feedback`: erases names and contacts of old letters."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from feedback.retention import erase_contact_details


class Command(BaseCommand):
    help = "Empties name and contact of letters answered or closed more than FEEDBACK_KEPT_DAYS ago."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(_("%(count)d letters made nameless") % {"count": erase_contact_details()})
