"""`signing_key`: makes the key that seals are signed with."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ledger import keys


class Command(BaseCommand):
    help = "Makes the signing key at SIGNING_KEY_FILE and trusts its public key in TRUSTED_KEYS_DIR."
    requires_system_checks = []  # the check of the key would complain of what this command mends

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--create-if-missing", action="store_true", help="keep a key that exists")

    def handle(self, *_args: Any, create_if_missing: bool, **_options: Any) -> None:
        if settings.SIGNING_KEY_FILE.exists() and not create_if_missing:
            raise CommandError(
                _("There is a signing key at %(file)s already; it was left alone.")
                % {"file": settings.SIGNING_KEY_FILE}
            )
        name = keys.create(settings.SIGNING_KEY_FILE, settings.TRUSTED_KEYS_DIR)
        self.stdout.write(_("Signing key %(key)s at %(file)s") % {"key": name, "file": settings.SIGNING_KEY_FILE})
