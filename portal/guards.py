"""Versions of the site's identity are never changed or removed."""

from ledger.guards import append_only, register

register(append_only("portal_identity", ["id"], "versions of the site's identity"))
