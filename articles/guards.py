"""Database triggers that protect frozen revisions, publications and contributions."""

from articles.models.revision import TEXT_FIELDS
from ledger.guards import Guard, append_only, never_removed, register_guards
from ledger.verification.foreign_objects import register_tables

REVISION_TABLE = "articles_revision"
PUBLICATION_TABLE = "articles_publication"
END_TABLE = "articles_publicationend"
register_tables("articles_searchpart", "articles_drafttext")  # the search indexes


def _any_changed(*columns: str) -> str:
    return "(" + " OR ".join(f"{{changed:{column}}}" for column in columns) + ")"


_fixed_columns_changed = _any_changed(
    *["id", "article_id", "number", "state", "based_on_id", "version", "saved_at", "saved_by_id", "saved_by_name"],
    *["frozen_at", "digest", "body_digest", "dated", "issued_on", "validity"],
)
_EMPTIED = (*TEXT_FIELDS, "seal_key", "seal_signature")
_text_columns_changed = _any_changed(*_EMPTIED, "cover_id", "expunged_at")
_texts_are_empty = " AND ".join([*(f"NEW.\"{name}\" = ''" for name in _EMPTIED), 'NEW."cover_id" IS NULL'])
_is_expunging = f'(OLD."expunged_at" IS NULL AND NEW."expunged_at" IS NOT NULL AND {_texts_are_empty})'

register_guards(
    [
        Guard(
            "revision_frozen",
            REVISION_TABLE,
            "UPDATE",
            "a frozen revision never changes, save for expunging",
            f"OLD.\"state\" = 'frozen' "
            f"AND ({_fixed_columns_changed} OR ({_text_columns_changed} AND NOT {_is_expunging}))",
        ),
        Guard(
            "revision_keeps_its_article",
            REVISION_TABLE,
            "UPDATE",
            "a revision never moves to another article",
            _any_changed("id", "article_id", "number"),
        ),
        *never_removed(REVISION_TABLE, ["id", ("article_id", "number")], "revisions"),
    ]
)

for table, key, what in [
    ("articles_furthercolumn", ("revision_id", "department_id"), "further columns"),
    ("articles_attachment", ("revision_id", "file_id", "kind"), "attachments"),
]:
    # A revision that is frozen keeps what hangs on it; once expunged, it loses its files.
    def _revision_is_frozen(row: str) -> str:
        return (
            f'EXISTS (SELECT 1 FROM "{REVISION_TABLE}" r WHERE r."id" = {row}."revision_id" '
            'AND r."state" = \'frozen\' AND r."expunged_at" IS NULL)'
        )

    register_guards(
        [
            Guard(
                f"{table}_no_insert",
                table,
                "INSERT",
                f"{what} of a frozen revision never change",
                _revision_is_frozen("NEW"),
            ),
            Guard(
                f"{table}_no_update",
                table,
                "UPDATE",
                f"{what} of a frozen revision never change",
                f"{_revision_is_frozen('NEW')} OR {_revision_is_frozen('OLD')}",
            ),
            *never_removed(table, ["id", key], f"{what} of a frozen revision", _revision_is_frozen("OLD")),
        ]
    )

register_guards(append_only("articles_contribution", ["id", ("revision_id", "person_id")], "contributions"))
register_guards(
    [
        Guard(
            "articles_contribution_before_freezing",
            "articles_contribution",
            "INSERT",
            "nobody has a hand in a frozen revision",
            f'EXISTS (SELECT 1 FROM "{REVISION_TABLE}" r WHERE r."id" = NEW."revision_id" AND r."state" = \'frozen\')',
        )
    ]
)

_sealed_columns_changed = _any_changed(
    *["id", "article_id", "number", "revision_id", "dated", "first_live_from", "live_from", "digest", "body_digest"],
    *["columns", "files", "sign_offs", "created_at"],
)
# Nobody signs the column. An end is recorded first, then repeated here.
_interval_is_recorded = (
    'EXISTS (SELECT 1 FROM "articles_publicationend" e WHERE e."publication_id" = NEW."id" '
    'AND (e."planned_until" = NEW."planned_until" OR (e."planned_until" IS NULL AND NEW."planned_until" IS NULL)) '
    'AND (e."until" = NEW."live_until" OR (e."until" IS NULL AND NEW."live_until" IS NULL) '
    'OR (e."kind" = \'called_off\' AND NEW."live_until" = NEW."live_from")))'
)
# Words may only vanish (expunging), never be replaced. An emergency may be cleared, never declared afterwards.
_text_replaced = " OR ".join(
    f"({{changed:{name}}} AND NEW.\"{name}\" <> '')" for name in ["title", "summary", "address", "cover_digest"]
)
_overlaps = (
    f'EXISTS (SELECT 1 FROM "{PUBLICATION_TABLE}" p WHERE p."article_id" = NEW."article_id" AND p."id" <> NEW."id" '
    'AND (p."live_until" IS NULL OR p."live_until" > p."live_from") '
    'AND (NEW."live_until" IS NULL OR NEW."live_until" > NEW."live_from") '
    'AND (p."live_until" IS NULL OR p."live_until" > NEW."live_from") '
    'AND (NEW."live_until" IS NULL OR NEW."live_until" > p."live_from"))'
)
register_guards(
    [
        Guard(
            "publication_sealed",
            PUBLICATION_TABLE,
            "UPDATE",
            "a publication never changes, save for the end of its interval, its department, and expunging",
            f'{_sealed_columns_changed} OR {_text_replaced} OR ({{changed:is_emergency}} AND NEW."is_emergency")',
        ),
        Guard(
            "publication_ends_as_recorded",
            PUBLICATION_TABLE,
            "UPDATE",
            "the interval of a publication ends where its recorded end says",
            f"({{changed:live_until}} OR {{changed:planned_until}}) AND NOT {_interval_is_recorded}",
        ),
        Guard(
            "publication_of_a_frozen_revision",
            PUBLICATION_TABLE,
            "INSERT",
            "only a frozen revision of the same article is published, under its own digest",
            f'NOT EXISTS (SELECT 1 FROM "{REVISION_TABLE}" r '
            'WHERE r."id" = NEW."revision_id" AND r."state" = \'frozen\' '
            'AND r."article_id" = NEW."article_id" AND r."digest" = NEW."digest" '
            'AND r."body_digest" = NEW."body_digest" AND r."expunged_at" IS NULL)',
        ),
        # PostgreSQL has an exclusion constraint for this (migrations): a trigger would let two transactions through.
        Guard(
            "publication_no_overlap_insert",
            PUBLICATION_TABLE,
            "INSERT",
            "two publications of an article never overlap",
            _overlaps,
            only_vendor="sqlite",
        ),
        Guard(
            "publication_no_overlap_update",
            PUBLICATION_TABLE,
            "UPDATE",
            "two publications of an article never overlap",
            _overlaps,
            only_vendor="sqlite",
        ),
        *never_removed(PUBLICATION_TABLE, ["id", ("article_id", "number")], "publications"),
        *append_only("articles_withdrawal", ["id", "publication_id"], "withdrawals"),
        Guard(
            "end_is_final",
            END_TABLE,
            "UPDATE",
            "the end of a publication stays with it, and a withdrawal or a calling off is final",
            "{changed:id} OR {changed:publication_id} OR OLD.\"kind\" IN ('withdrawn', 'called_off')",
        ),
        *never_removed(END_TABLE, ["id", "publication_id"], "ends of publications"),
        Guard(
            "file_content",
            "articles_file",
            "UPDATE",
            "the content of a file never changes",
            _any_changed(
                *["id", "digest", "size", "media_type", "extension", "width", "height", "uploaded_by_id"],
                *["uploaded_at", "seal_key", "seal_signature"],
            ),
        ),
        Guard("rendition_fixed", "articles_rendition", "UPDATE", "a rendition never becomes that of another picture"),
    ]
)
