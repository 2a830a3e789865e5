"""App configurations that replace parts of Django's own."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.db import connection
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Site")

    def ready(self) -> None:
        # Importing them registers triggers and verifiers.
        from portal import guards, identity  # noqa: F401 (registers on import)
        from portal.home import block_settings  # noqa: F401 (registers on import)

        if connection.vendor == "postgresql":
            from database import pg_timestamps

            pg_timestamps.register_timestamp_loader()


class DeskConfig(AdminConfig):
    """Django's admin with our own site class, so that `admin.site` is the desk everywhere."""

    default_site = "accounts.admin_site.DeskSite"


# Parts of the editor that portal.settings switches off; without them collecting takes a third of the time.
UNUSED_PLUGINS = (
    "autoembed codesnippet devtools docprops easyimage embed embedbase embedsemantic exportpdf flash forms "
    "iframe iframedialog imagebase language mathjax newpage placeholder preview print save scayt showblocks "
    "smiley sourcedialog templates uicolor uploadfile uploadimage uploadwidget wsc"
).split()


class TrimmedStaticFilesConfig(StaticFilesConfig):
    """Leaves the editor's test pages, samples and unused parts out of `collectstatic`.

    CKEditor 4 ships HTML pages under plugins/*/tests and samples/ that run script; nothing of the kind may be served
    from our origin.
    """

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *["tests", "samples", "ckeditor_uploader", "*.html", "*.md"],
        *(f"ckeditor/ckeditor/plugins/{name}/*" for name in UNUSED_PLUGINS),
        "ckeditor/ckeditor/skins/moono/*",
    ]
