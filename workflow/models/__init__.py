"""Models of the workflow: pipelines, rounds, decisions, notifications."""

from workflow.models.delegation import Delegation
from workflow.models.emergency import Emergency, ExpungingRequest
from workflow.models.notification import Channel, Delivery, DeliveryState, Notification, NotificationEvent
from workflow.models.opening import Opening
from workflow.models.pipeline import Pipeline, PipelineChoice, Step
from workflow.models.preview import PreviewLink
from workflow.models.remark import QuickPhrase, Remark
from workflow.models.round import Decision, Round, RoundState, RoundStep, Verdict

__all__ = [
    "Channel",
    "Decision",
    "Delegation",
    "Delivery",
    "DeliveryState",
    "Emergency",
    "ExpungingRequest",
    "Notification",
    "NotificationEvent",
    "Opening",
    "Pipeline",
    "PipelineChoice",
    "PreviewLink",
    "QuickPhrase",
    "Remark",
    "Round",
    "RoundState",
    "RoundStep",
    "Step",
    "Verdict",
]
