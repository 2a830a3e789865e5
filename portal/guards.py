"""Database triggers for the site's identity and its version."""

from articles.caching.versions import site_triggers
from ledger.guards import append_only, register_guards

register_guards(append_only("portal_identity", ["id"], "versions of the site's identity"))
register_guards([*site_triggers("portal_identity"), *site_triggers("portal_homeblock")])
