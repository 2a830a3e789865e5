"""The acts on articles, each one transaction: lock, check who and when, change, write the ledger.

All raise NotAllowed for the wrong person (departments.permissions) and WrongState for the wrong moment; then nothing
has changed. `seen` is the digest of the revision that the person looked at.

    a round            submit, take_back, approve, return_for_changes, hand_over
    the text in hand   revise, park, resume, take_in, hand_draft, discard, restore; copy_as_new
    what is public     unschedule, withdraw, expire, pin, move
    two people         publish_in_emergency, confirm_emergency, ask_to_expunge, expunge
"""

from workflow.acting import BadTime, ReasonMissing, StaleText
from workflow.deciding import approve, hand_over, return_for_changes, submit, take_back
from workflow.drafting import copy_as_new, discard, hand_draft, park, resume, revise, take_in
from workflow.emergencies import confirm_emergency, publish_in_emergency
from workflow.expunging import ask_to_expunge, expunge
from workflow.public_life import expire, move, pin, unschedule, withdraw
from workflow.restoring import restore

__all__ = [
    "BadTime",
    "ReasonMissing",
    "StaleText",
    "approve",
    "ask_to_expunge",
    "confirm_emergency",
    "copy_as_new",
    "discard",
    "expire",
    "expunge",
    "hand_draft",
    "hand_over",
    "move",
    "park",
    "pin",
    "publish_in_emergency",
    "restore",
    "resume",
    "return_for_changes",
    "revise",
    "submit",
    "take_back",
    "take_in",
    "unschedule",
    "withdraw",
]
