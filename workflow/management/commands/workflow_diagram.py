"""`workflow_diagram`: writes the transition table into docs/workflow.md."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from workflow.rules.diagram import update_document


class Command(BaseCommand):
    help = "Makes the generated part of docs/workflow.md anew from the transition table."

    def handle(self, *_args: Any, **_options: Any) -> None:
        file = settings.BASE_DIR / "docs" / "workflow.md"
        file.write_text(update_document(file.read_text(encoding="utf-8")), encoding="utf-8")
