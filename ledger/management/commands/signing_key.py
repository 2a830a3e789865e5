"""`signing_key`: creates and rotates the signing key."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from ledger import keys
from ledger.record import ObjectRef, record

KEY_OBJECT_TYPE = "ledger.key"  # what the ledger calls a key (ledger.verbs)


class Command(BaseCommand):
    help = "Makes the signing key at SIGNING_KEY_FILE and trusts its public key in TRUSTED_KEYS_DIR."
    requires_system_checks = []  # the check of the key would complain of what this command mends

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--create-if-missing", action="store_true", help="keep a key that exists")
        how.add_argument(
            "--rotate", action="store_true", help="replace the key by a new one; what the old one signed keeps holding"
        )

    def handle(self, *_args: Any, create_if_missing: bool, rotate: bool, **_options: Any) -> None:
        if rotate:
            self.rotate()
            return
        if settings.SIGNING_KEY_FILE.exists() and not create_if_missing:
            raise CommandError(
                _("There is a signing key at %(file)s already; it was left alone.")
                % {"file": settings.SIGNING_KEY_FILE}
            )
        name = keys.create_signing_key(settings.SIGNING_KEY_FILE, settings.TRUSTED_KEYS_DIR)
        self.stdout.write(_("Signing key %(key)s at %(file)s") % {"key": name, "file": settings.SIGNING_KEY_FILE})

    def rotate(self) -> None:
        """The new key and its entry in the ledger, or neither."""
        try:
            with (
                keys.rotation(settings.SIGNING_KEY_FILE, settings.TRUSTED_KEYS_DIR) as (old, new),
                transaction.atomic(),
            ):
                record("key.rotated", ObjectRef(KEY_OBJECT_TYPE, new), replaces=old)
        except (ImproperlyConfigured, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Signing key %(key)s at %(file)s") % {"key": new, "file": settings.SIGNING_KEY_FILE})
        self.stdout.write(
            _("The old key %(key)s was kept at %(file)s. What it signed keeps holding.")
            % {"key": old, "file": f"{settings.SIGNING_KEY_FILE}.retired-{old}"}
        )
        self.stdout.write(_("Restart every process of the site now: until then they sign with the old key."))
