"""`remind`: writes reminders 催办 for overdue steps."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from workflow.notifications.reminders import remind


class Command(BaseCommand):
    help = "Reminds people of overdue steps, and superusers of what waits for nobody: each person once a day and step."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(_("%(count)d reminders written") % {"count": remind()})
