"""The public services of the workflow, one transaction each: lock, check, change, record.

All raise NotAllowed for the wrong person (departments.permissions) and WrongState for the wrong moment; then nothing
has changed. `seen` is the digest of the revision that the person looked at.

    a round            submit, take_back, approve, return_for_changes, hand_over
    the text in hand   revise, park, resume, merge_published_change, hand_draft, discard, restore; copy_as_new
    what is public     unschedule, withdraw, expire, pin, move
    two people         publish_in_emergency, confirm_emergency, ask_to_expunge, expunge
"""

from workflow.actions.drafts import copy_as_new, discard, hand_draft, merge_published_change, park, resume, revise
from workflow.actions.emergencies import confirm_emergency, publish_in_emergency
from workflow.actions.expunging import ask_to_expunge, expunge
from workflow.actions.publications import expire, move, pin, unschedule, withdraw
from workflow.actions.restoring import restore
from workflow.actions.rounds import approve, hand_over, return_for_changes, submit, take_back

__all__ = [
    "approve",
    "ask_to_expunge",
    "confirm_emergency",
    "copy_as_new",
    "discard",
    "expire",
    "expunge",
    "hand_draft",
    "hand_over",
    "merge_published_change",
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
    "unschedule",
    "withdraw",
]
