"""App configuration of legacy."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LegacyConfig(AppConfig):
    name = "legacy"
    verbose_name = _("Imports")

    def ready(self) -> None:
        from legacy import verification  # noqa: F401 (importing it registers its checks)
