"""App configuration of feedback."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = _("Letters from visitors")

    def ready(self) -> None:
        from feedback import verification  # noqa: F401 (registers its checks)
