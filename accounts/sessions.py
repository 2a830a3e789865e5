"""The session store: rows that sign nobody in without the cookie they belong to.

Somebody who reads the database, or a backup, finds digests of session keys. Somebody who writes to it cannot make a
session either: the signature over the data covers the key in the cookie and the end of the session.
"""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone

from ledger.canonical_json import sha256

DIGEST_LENGTH = 40  # hexadecimal digits: what Django's column holds, and about as much as a key has (165 bits)


def key_digest(session_key: str) -> str:
    """Return what is stored of a session key. A key is random and long, so the digest needs no salt."""
    return sha256(session_key)[:DIGEST_LENGTH]


class SessionStore(db.SessionStore):
    """Django's database sessions, stored under the digest of their key. See SESSION_ENGINE."""

    @property
    def key_salt(self) -> str:
        """The salt of the signature over the data: data copied to another key does not load."""
        return f"accounts.sessions:{self.session_key}"

    def encode(self, session_dict: dict[str, Any]) -> str:
        return super().encode({"ends_at": self.get_expiry_date().timestamp(), "data": session_dict})

    def decode(self, session_data: str) -> dict[str, Any]:
        """Return the data of a row; empty if another key or nobody of ours signed it, or if it has ended.

        The column `expire_date` is not enough: somebody who writes to the database can postpone it.
        """
        signed = super().decode(session_data)
        if not signed or signed["ends_at"] <= timezone.now().timestamp():
            return {}
        return signed["data"]

    def load(self) -> dict[str, Any]:
        row = self._get_session_from_db() if self.session_key else None
        data = self.decode(row.session_data) if row else {}
        if not data:
            self._session_key = None  # the next save takes a key that nobody else has chosen
        return data

    def _get_session_from_db(self) -> Session | None:
        rows = self.model.objects.filter(session_key=key_digest(self.session_key), expire_date__gt=timezone.now())
        return rows.first()

    def exists(self, session_key: str) -> bool:
        return super().exists(key_digest(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        row.session_key = key_digest(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            super().delete(key_digest(key))

    # Django's own ask the database for the key itself. These call the methods above.
    aload = SessionBase.aload
    aexists = SessionBase.aexists
    acreate = SessionBase.acreate
    asave = SessionBase.asave
    adelete = SessionBase.adelete
