"""Writing ledger entries, and noting the head outside the database."""

import fcntl
import json
import logging
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from ledger import keys
from ledger.atomic_files import write_atomically
from ledger.canonical_json import canonical_timestamp
from ledger.models import GENESIS_HASH, Entry

logger = logging.getLogger(__name__)

LEDGER_LOCK_ID = 0x5169616E6661  # "Qianfa": the advisory lock under which numbers are given out on PostgreSQL


def _signing_input(entry_hash: str) -> bytes:
    return b"qianfa ledger\n" + entry_hash.encode()


class ObjectRef(NamedTuple):
    """What an entry is about when it is no row of the database, such as a key."""

    object_type: str
    object_id: str

    @classmethod
    def from_instance(cls, row: Model) -> "ObjectRef":
        return cls(row._meta.label_lower, str(row.pk))


def record(verb: str, obj: Model | ObjectRef, *, by: Any = None, **data: Any) -> Entry:
    """Appends one entry, in the caller's transaction, so that an act and its entry stand or fall together.

    `obj` is a saved model instance, or a Thing; `by` a person with `pk` and `full_name`, or None for the system itself;
    `data` is plain JSON (ledger.canonical_json) and never text of articles. The lock is the last that an act takes:
    call this after every other change, so that acts wait for each other as briefly as possible.
    Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an act and its ledger entry belong in one transaction")
    last = _lock_head()
    about = obj if isinstance(obj, ObjectRef) else ObjectRef.from_instance(obj)
    entry = Entry(
        number=last[0] + 1,
        time=timezone.now(),
        actor_id=by.pk if by else None,
        actor_name=by.full_name if by else "",
        verb=verb,
        object_type=about.object_type,
        object_id=about.object_id,
        data=json.loads(json.dumps(data, default=_json_default)),
        previous=last[1],
    )
    entry.hash = entry.compute_hash()
    entry.key, entry.signature = keys.sign(_signing_input(entry.hash))
    entry.save(force_insert=True)
    transaction.on_commit(lambda: write_head(entry))
    return entry


def _lock_head() -> tuple[int, str]:
    """(number, hash) of the newest entry, which nobody else can add to until the transaction ends. One round trip."""
    newest = 'SELECT "number", "hash" FROM "ledger_entry" ORDER BY "number" DESC LIMIT 1'
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Two statements: the second must not see the ledger as it was before the lock was given.
            cursor.execute(f"SELECT pg_advisory_xact_lock({LEDGER_LOCK_ID}); {newest}")
            cursor.nextset()
        else:
            cursor.execute(newest)  # no lock of ours: a transaction of SQLite is IMMEDIATE and alone
        return cursor.fetchone() or (0, GENESIS_HASH)


def _json_default(value: Any) -> str:
    if hasattr(value, "tzinfo"):
        return canonical_timestamp(value)
    return str(value)


def signature_holds(entry: Entry) -> bool:
    return keys.is_valid_signature(_signing_input(entry.hash), entry.key, entry.signature)


def write_head(entry: Entry) -> None:
    """Notes number and hash of the newest entry outside the database, so that cutting off the tail is seen.

    The note only ever moves forward. Failing to write it undoes nothing, but is logged: `verify` compares both.
    """
    file = settings.LEDGER_HEAD_FILE
    note = {
        "number": entry.number,
        "hash": entry.hash,
        "time": canonical_timestamp(entry.time),
        "key": entry.key,
        "signature": entry.signature,
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (noted := read_head()) and noted["number"] >= entry.number:
                return
            write_atomically(file, json.dumps(note).encode())
    except OSError:
        logger.exception("the head of the ledger could not be noted in %s", file)


def read_head() -> dict | None:
    """The noted head: number, hash, time, key, signature; None when there is none or it cannot be read as one."""
    try:
        note = json.loads(settings.LEDGER_HEAD_FILE.read_text())
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and isinstance(note.get("number"), int) and "hash" in note else None
