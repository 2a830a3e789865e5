"""Database triggers that refuse to delete people."""

from ledger.guards import never_removed, register_guards

register_guards(
    never_removed(
        "accounts_user",
        ["id", "username"],
        "people who stand in the ledger",
        'EXISTS (SELECT 1 FROM "ledger_entry" e WHERE e."actor_id" = OLD."id" '
        'OR (e."object_type" = \'accounts.user\' AND e."object_id" = CAST(OLD."id" AS text)))',
    )
)
