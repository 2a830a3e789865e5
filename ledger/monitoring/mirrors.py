"""Small JSON files outside the database that repeat what it says of alarms and runs.

Somebody who writes to the database can delete a row or put an earlier one back; the file then says otherwise. The
files lie beside the noted head (LEDGER_HEAD_FILE), and each machine has its own.
"""

import fcntl
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from ledger.atomic_files import write_atomically

logger = logging.getLogger(__name__)

Mirror = dict[str, dict[str, Any]]


def _mirror_file(name: str) -> Path:
    return settings.LEDGER_HEAD_FILE.with_name(f"{name}.json")


def read_mirror(name: str) -> Mirror:
    """Key → facts; empty when there is no file, or none that can be read as one."""
    try:
        found = json.loads(_mirror_file(name).read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: facts for key, facts in found.items() if isinstance(facts, dict)}


def change_mirror(name: str, change: Callable[[Mirror], None]) -> None:
    """Let `change` alter what the file says, one process at a time. A disk that refuses is logged and stops nobody."""
    file = _mirror_file(name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            mirror = read_mirror(name)
            change(mirror)
            write_atomically(file, json.dumps(mirror, ensure_ascii=False).encode())
    except OSError:
        logger.exception("%s could not be written", file)
