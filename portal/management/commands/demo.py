"""`demo`: creates demonstration content and accounts."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from portal.demonstration import builder


class Command(BaseCommand):
    help = "Makes demonstration content and accounts. What is there already stays; run it as often as you like."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError(
                _("This is not a demonstration. Set DEMONSTRATION=1 if it should be one; never on a real site.")
            )
        if User.objects.exists() and not User.objects.filter(is_demonstration=True).exists():
            raise CommandError(
                _("This database belongs to a real site: it has people, and none is a demonstration account.")
            )
        added = builder.build_demonstration()
        self.stdout.write(_("Demonstration content: %(count)d articles added.") % {"count": added})
        self.stdout.write(
            _("Demonstration accounts, all with the password %(word)s:") % {"word": builder.demo_password()}
        )
        for username, full_name, _role_code in builder.PEOPLE:
            self.stdout.write(f"  {username:16} {full_name}")
