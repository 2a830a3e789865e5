from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = _("Review desk")

    def ready(self) -> None:
        from workflow import guards, remarks, replaying, verification  # noqa: F401 (importing them registers what they do)
