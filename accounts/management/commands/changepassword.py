"""`manage.py changepassword NAME`: set a person's password, with a seal and a ledger entry."""

import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import set_password
from ledger.seals import BrokenSeal


class Command(BaseCommand):
    """Replaces Django's command of this name, which would leave the account with a broken seal."""

    help = "Set the password of a person. It is asked twice on the terminal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, username: str, **_options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no person with the user name “%s”.") % username)
        password = getpass.getpass(_("New password: "))
        if password != getpass.getpass(_("New password again: ")):
            raise CommandError(_("The two passwords differ. Nothing was changed."))
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        try:
            set_password(user, password, by=None)
        except BrokenSeal as error:
            raise CommandError(
                _("This account was changed outside the site. Restore it from a backup first.")
            ) from error
        self.stdout.write(_("The password of %s was changed.") % user)
