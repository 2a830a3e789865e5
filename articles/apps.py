"""App configuration of articles."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")

    def ready(self) -> None:
        # Importing them registers triggers and verifiers.
        from articles import guards, verification  # noqa: F401 (registers on import)
        from articles.caching import versions  # noqa: F401 (registers on import)
