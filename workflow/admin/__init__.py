"""Admin pages of the workflow; each module registers its part."""

from workflow.admin import articles, confirmations, notifications, pipelines, rounds

__all__ = ["articles", "confirmations", "notifications", "pipelines", "rounds"]
