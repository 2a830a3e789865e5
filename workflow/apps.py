"""App configuration of workflow."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = _("Review desk")

    def ready(self) -> None:
        # Importing them registers triggers, verifiers and what expunging erases.
        from workflow import guards, verification  # noqa: F401 (registers on import)
        from workflow.actions import remarks  # noqa: F401 (registers on import)
        from workflow.notifications import people  # noqa: F401 (registers on import)
