"""App configuration of the ledger."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from ledger import guards, system_checks

        # Django rebuilds SQLite tables when it alters them and drops their triggers silently, so all of them go before
        # every migration and come back after it, whatever app it was about.
        pre_migrate.connect(guards.before_migrate, dispatch_uid="ledger.guards.drop")
        post_migrate.connect(guards.after_migrate, dispatch_uid="ledger.guards.install")
        register(system_checks.guards_are_present, Tags.database)
        register(system_checks.signing_key_is_trusted, Tags.security)
