"""Admin pages of the workflow; each module registers its part."""

from workflow.admin import articles, notifications, pipelines, rounds

__all__ = ["articles", "notifications", "pipelines", "rounds"]
