"""Database triggers that keep people, and what was done to their accounts."""

from ledger.guards import Guard, never_removed, register_guards

register_guards(
    never_removed(
        "accounts_user",
        ["id", "username"],
        "people who stand in the ledger",
        'EXISTS (SELECT 1 FROM "ledger_entry" e WHERE e."actor_id" = OLD."id" '
        'OR (e."object_type" = \'accounts.user\' AND e."object_id" = CAST(OLD."id" AS text)))',
    )
)

CHANGE_TABLE = "accounts_identitychange"
CHANGE_FACTS = ("person_id", "entry", "verb", "at", "by_id", "by_name", "ends_at", "act")

register_guards(
    [
        *never_removed(CHANGE_TABLE, ["id", "entry"], "identity changes"),
        Guard(
            f"{CHANGE_TABLE}_facts_stay",
            CHANGE_TABLE,
            "UPDATE",
            "what was done to an account stays on record",
            " OR ".join(f"{{changed:{column}}}" for column in CHANGE_FACTS),
        ),
        Guard(
            f"{CHANGE_TABLE}_closed_once",
            CHANGE_TABLE,
            "UPDATE",
            "an identity change is closed once",
            "OLD.\"state\" <> 'open'",
        ),
    ]
)
