"""Versions of the site's identity are never changed or removed; what every page shows has a version of its content."""

from articles.caching.versions import site_triggers
from ledger.guards import append_only, register_guards

register_guards(append_only("portal_identity", ["id"], "versions of the site's identity"))
register_guards([*site_triggers("portal_identity"), *site_triggers("portal_homeblock")])
