"""`demo`: creates demonstration content and accounts."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from articles.models import Article
from departments.models import Department
from portal.demonstration import builder


class Command(BaseCommand):
    help = (
        "Makes demonstration content and accounts in an empty database. What is there already stays; run it as often "
        "as you like."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError(
                _("This is not a demonstration. Set DEMONSTRATION=1 if it should be one; never on a real site.")
            )
        is_demonstration = User.objects.filter(is_demonstration=True).exists()
        if not is_demonstration and any(model.objects.exists() for model in (User, Department, Article)):
            raise CommandError(
                _(
                    "This database belongs to a real site: it holds people, departments or articles, and no "
                    "demonstration account. Unset DEMONSTRATION, or name an empty database in DATABASE_URL."
                )
            )
        # People may work by now in a database that somebody named. Only the file of bin/run gets what is new.
        added = 0 if is_demonstration and settings.HAS_NAMED_DATABASE else builder.build_demonstration()
        self.stdout.write(_("Demonstration content: %(count)d articles added.") % {"count": added})
        self.stdout.write(
            _("Demonstration accounts, all with the password %(word)s:") % {"word": builder.demo_password()}
        )
        for username, full_name, _role_code in builder.PEOPLE:
            self.stdout.write(f"  {username:16} {full_name}")
