"""Database triggers on rounds and decisions: separation of duties."""

from ledger.guards import Guard, append_only, never_removed, register_guards

ROUND_TABLE, STEP_TABLE, DECISION_TABLE = "workflow_round", "workflow_roundstep", "workflow_decision"
REMARK_TABLE, OPENING = "workflow_remark", "workflow_opening"
REMARK_TEXT_FIELDS = ("exact", "prefix", "suffix", "text", "replacement")

_ROUND_IS_OPEN = 'EXISTS (SELECT 1 FROM "workflow_round" r WHERE r."id" = NEW."round_id" AND r."state" = \'open\')'
_TEXT_CHANGED = " OR ".join(f"{{changed:{name}}}" for name in (*REMARK_TEXT_FIELDS, "expunged_at"))
_TEXT_EXPUNGED = (
    " AND ".join(f"NEW.\"{name}\" = ''" for name in REMARK_TEXT_FIELDS)
    + ' AND OLD."expunged_at" IS NULL AND NEW."expunged_at" IS NOT NULL AND EXISTS (SELECT 1 FROM "workflow_round" r '
    'JOIN "articles_revision" v ON v."id" = r."revision_id" '
    'WHERE r."id" = NEW."round_id" AND v."expunged_at" IS NOT NULL)'
)

register_guards(
    [
        Guard(
            "round_pins_its_text",
            ROUND_TABLE,
            "UPDATE",
            "a round never changes what was submitted, and a closed one never changes",
            "{changed:id} OR {changed:article_id} OR {changed:number} OR {changed:revision_id} "
            "OR {changed:submitted_at} OR {changed:submitted_by_id} OR {changed:submitted_by_name} "
            "OR {changed:pipeline_id} OR {changed:pipeline_name} "
            "OR (OLD.\"state\" <> 'open' AND ({changed:state} OR {changed:closed_at} OR {changed:publication_id}))",
        ),
        *never_removed(ROUND_TABLE, ["id", ("article_id", "number")], "rounds"),
        Guard(
            "round_of_a_frozen_revision",
            ROUND_TABLE,
            "INSERT",
            "only a frozen revision of the same article is submitted",
            'NOT EXISTS (SELECT 1 FROM "articles_revision" r WHERE r."id" = NEW."revision_id" '
            'AND r."article_id" = NEW."article_id" AND r."state" = \'frozen\')',
        ),
        Guard(
            "no_draft_during_a_round",
            "articles_revision",
            "INSERT",
            "while a round is open there is no draft: take it back, then edit",
            'NEW."state" = \'draft\' AND EXISTS (SELECT 1 FROM "workflow_round" r '
            'WHERE r."article_id" = NEW."article_id" AND r."state" = \'open\')',
        ),
        Guard(
            "round_step_stays",
            STEP_TABLE,
            "UPDATE",
            "a step of a round never changes, and once passed stays passed",
            "{changed:id} OR {changed:round_id} OR {changed:position} OR {changed:name} OR {changed:role_id} "
            'OR {changed:people} OR (OLD."passed_at" IS NOT NULL AND {changed:passed_at})',
        ),
        *never_removed(STEP_TABLE, ["id", ("round_id", "position")], "steps of a round"),
        *append_only(DECISION_TABLE, ["id", ("round_id", "person_id"), ("round_id", "principal_id")], "decisions"),
        Guard(
            "decision_on_what_was_seen",
            DECISION_TABLE,
            "INSERT",
            "a decision is about exactly the text that the round pins, while the round is open",
            'NOT EXISTS (SELECT 1 FROM "workflow_round" r JOIN "articles_revision" v ON v."id" = r."revision_id" '
            'JOIN "workflow_roundstep" s ON s."round_id" = r."id" WHERE r."id" = NEW."round_id" '
            'AND r."state" = \'open\' AND v."digest" = NEW."digest" AND s."id" = NEW."step_id")',
        ),
        Guard(
            "decision_by_no_hand",
            DECISION_TABLE,
            "INSERT",
            "nobody decides on a text that they had a hand in",
            'EXISTS (SELECT 1 FROM "articles_contribution" c '
            'JOIN "workflow_round" r ON r."revision_id" = c."revision_id" '
            'WHERE r."id" = NEW."round_id" AND c."person_id" IN (NEW."person_id", NEW."principal_id"))',
        ),
        *append_only(OPENING, ["id", ("round_id", "person_id", "digest")], "openings of review pages"),
        Guard(
            "opening_of_the_text_of_the_round",
            OPENING,
            "INSERT",
            "an opening names the text that the round pins",
            'NOT EXISTS (SELECT 1 FROM "workflow_round" r JOIN "articles_revision" v ON v."id" = r."revision_id" '
            'WHERE r."id" = NEW."round_id" AND v."digest" = NEW."digest")',
        ),
        Guard(
            "remark_while_the_round_is_open",
            REMARK_TABLE,
            "INSERT",
            "remarks are made while the round is open",
            f"NOT {_ROUND_IS_OPEN}",
        ),
        Guard(
            "remark_keeps_its_words",
            REMARK_TABLE,
            "UPDATE",
            "nobody changes what somebody remarked, save for expunging",
            "{changed:id} OR {changed:round_id} OR {changed:person_id} OR {changed:person_name} OR {changed:at} "
            f"OR {{changed:field}} OR {{changed:is_suggestion}} OR (({_TEXT_CHANGED}) AND NOT ({_TEXT_EXPUNGED}))",
        ),
        Guard(
            "remark_withdrawn_in_time",
            REMARK_TABLE,
            "UPDATE",
            "a remark is withdrawn once, while the round is open",
            f'{{changed:withdrawn_at}} AND (OLD."withdrawn_at" IS NOT NULL OR NOT {_ROUND_IS_OPEN})',
        ),
        Guard(
            "remark_settled_once",
            REMARK_TABLE,
            "UPDATE",
            "what became of a remark is said once",
            "OLD.\"resolution\" <> '' AND ({changed:resolution} OR {changed:resolved_at} OR {changed:resolved_by_id} "
            "OR {changed:resolved_by_name})",
        ),
        *never_removed(REMARK_TABLE, ["id"], "remarks"),
        Guard(
            "emergency_stays",
            "workflow_emergency",
            "UPDATE",
            "an emergency publication stays on record; it is confirmed once, by somebody else",
            "{changed:id} OR {changed:publication_id} OR {changed:reason} OR {changed:at} OR {changed:by_id} "
            'OR {changed:by_name} OR OLD."confirmed_at" IS NOT NULL',
        ),
        *never_removed("workflow_emergency", ["id", "publication_id"], "emergency publications"),
        Guard(
            "publication_of_a_submitted_revision",
            "workflow_round",
            "UPDATE",
            "an approved round publishes its own revision",
            'NEW."publication_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "articles_publication" p '
            'WHERE p."id" = NEW."publication_id" AND p."revision_id" = NEW."revision_id")',
        ),
    ]
)
