"""The desk in the admin; each module registers its own part."""

from workflow.admin import articles, notifications, pipelines, rounds

__all__ = ["articles", "notifications", "pipelines", "rounds"]
