"""Versions of the site's identity are never changed or removed; what every page shows has a version of its content."""

from articles.versions import marks_of_site
from ledger.guards import append_only, register

register(append_only("portal_identity", ["id"], "versions of the site's identity"))
register([*marks_of_site("portal_identity"), *marks_of_site("portal_homeblock")])
