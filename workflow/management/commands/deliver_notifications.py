"""`deliver_notifications`: sends pending mail and webhook messages."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from workflow.notifications.delivery import deliver


class Command(BaseCommand):
    help = "Sends notifications by e-mail and to group chats. Run it every minute; several at once do no harm."

    def handle(self, *_args: Any, **_options: Any) -> None:
        outcome = deliver()
        if not settings.HAS_MAIL_SERVER:
            self.stderr.write(_("No mail server is set (EMAIL_URL). E-mails wait for a day and are given up then."))
        self.stdout.write(
            _("%(sent)d sent, %(failed)d failed, %(given_up)d given up")
            % {"sent": outcome.sent, "failed": outcome.failed, "given_up": outcome.given_up}
        )
