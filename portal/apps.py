"""App configurations that replace parts of Django's own."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db import connection
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Site")

    def ready(self) -> None:
        from database import connections

        # Importing them registers triggers and verifiers.
        from portal import guards, identity  # noqa: F401 (registers on import)
        from portal.home import block_settings  # noqa: F401 (registers on import)

        if connection.vendor == "postgresql":
            from database import pg_timestamps

            pg_timestamps.register_timestamp_loader()
            connections.shorten_pool_delays()
        else:
            connections.note_sqlite_features()


class DeskConfig(AdminConfig):
    """Django's admin with our own site class, so that `admin.site` is the desk everywhere."""

    default_site = "accounts.admin_site.DeskSite"
