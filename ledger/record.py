"""Writing ledger entries."""

import json
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from ledger import keys
from ledger.canonical_json import canonical_timestamp
from ledger.heads.head_file import Head, load_head, write_head
from ledger.heads.recording import check_recording
from ledger.models import GENESIS_HASH, Entry

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
    Raises RuntimeError outside a transaction, and RecordingStopped when the database does not contain the head that was
    noted last outside it.
    """
    head = load_head()  # before the ledger is read: a noted head is committed
    last, hash_of_head = lock_ledger(head)
    check_recording(head, last.number, hash_of_head)
    entry = append_entry(last, verb, obj, by=by, data=data)
    transaction.on_commit(lambda: write_head(entry))
    return entry


class LastEntry(NamedTuple):
    number: int
    hash: str


def append_entry(last: LastEntry, verb: str, obj: Model | ObjectRef, *, by: Any, data: dict[str, Any]) -> Entry:
    """Appends an entry to `last`, which `lock_ledger` gave. For `record` and the acceptance of a restore alone."""
    about = obj if isinstance(obj, ObjectRef) else ObjectRef.from_instance(obj)
    entry = Entry(
        number=last.number + 1,
        time=timezone.now(),
        actor_id=by.pk if by else None,
        actor_name=by.full_name if by else "",
        verb=verb,
        object_type=about.object_type,
        object_id=about.object_id,
        data=json.loads(json.dumps(data, default=_json_default)),
        previous=last.hash,
    )
    entry.hash = entry.compute_hash()
    entry.key, entry.signature = keys.sign(_signing_input(entry.hash))
    entry.save(force_insert=True)
    return entry


def lock_ledger(head: Head | None) -> tuple[LastEntry, str | None]:
    """The newest entry, which nobody else can add to until the transaction ends, and the hash of entry `head.number`.

    One round trip. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an act and its ledger entry belong in one transaction")
    noted = int(head.number) if head else 0  # written into the statement: PostgreSQL takes no parameters with two
    newest = (
        f'SELECT "number", "hash", (SELECT "hash" FROM "ledger_entry" WHERE "number" = {noted}) '  # noqa: S608 (an int)
        'FROM "ledger_entry" ORDER BY "number" DESC LIMIT 1'
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Two statements: the second must not see the ledger as it was before the lock was given.
            cursor.execute(f"SELECT pg_advisory_xact_lock({LEDGER_LOCK_ID}); {newest}")
            cursor.nextset()
        else:
            cursor.execute(newest)  # no lock of ours: a transaction of SQLite is IMMEDIATE and alone
        number, newest_hash, hash_of_head = cursor.fetchone() or (0, GENESIS_HASH, None)
    return LastEntry(number, newest_hash), hash_of_head


def _json_default(value: Any) -> str:
    if hasattr(value, "tzinfo"):
        return canonical_timestamp(value)
    return str(value)


def signature_holds(entry: Entry) -> bool:
    return keys.is_valid_signature(_signing_input(entry.hash), entry.key, entry.signature)
