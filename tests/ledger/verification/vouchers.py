"""What no seal and no ledger entry vouches for, and what somebody who changes it gains.

    python -m tests.ledger.verification.vouchers

writes the table into docs/integrity.md; a test holds the document to it.
"""

from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "integrity.md"
BEGIN, END = "<!-- columns: begin -->", "<!-- columns: end -->"
OUR_APPS = ("accounts", "articles", "departments", "feedback", "ledger", "legacy", "portal", "workflow")

UNSEALED_TABLES: dict[str, str] = {
    "articles.Read": "read counts, which pages call unsealed",
    "articles.ReadTotal": "read counts, which pages call unsealed",
    "articles.RecentRead": "who was counted lately: whether a visit counts",
    "articles.FlushedBatch": "which batches of read counts were added",
    "articles.ContentVersion": "cache versions: for how long a page that was sealed is served again",
    "articles.ListingSegment": "where a page of a listing begins: every row shown is sealed, and `verify` counts them",
    "articles.SearchPartition": "how the search index is split: every hit shown is sealed",
    "feedback.RecentLetter": "who wrote lately: the limit of letters",
}
UNSEALED_COLUMNS: dict[str, str] = {
    "accounts.User.last_login": "shown to superusers alone",
    "workflow.Notification.read_at": "whether a message counts as unread",
    "workflow.Notification.is_queued": "whether a message waits to be sent; no message goes twice on the same way",
    "workflow.Delivery.state": "whether a message is sent, again or not at all",
    "workflow.Delivery.attempts": "how often it is tried again",
    "workflow.Delivery.last_error": "shown to superusers alone",
    "workflow.Delivery.next_attempt_at": "when it is tried again",
    "workflow.Delivery.sent_at": "shown to superusers alone",
}
# Rows whose absence takes something away and shows or allows nothing.
ABSENCE_DENIES: dict[str, str] = {
    "articles.DraftSave": "an earlier save cannot be restored; only the newest fifty are kept anyway",
    "articles.Rendition": "the original is shown instead",
    "articles.Upload": "its owner cannot use the file any more",
    "workflow.ExpungingRequest": "somebody has to ask again",
    "workflow.Notification": "somebody is not told; what waits for a decision stands on the desk all the same",
    "workflow.Delivery": "a message is not sent; it stands in the inbox",
    "workflow.Opening": "the person has to open the page again",
    "workflow.QuickPhrase": "leaders type the sentence",
    "workflow.Remark": "a remark is not read; the decision and its reason, which are sealed, stay",
    "workflow.PreviewLink": "the link does not open any more",
}


def our_models() -> list:
    from django.apps import apps

    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OUR_APPS]


def as_markdown() -> str:
    """Return the table of docs/integrity.md: how many columns `verify` names, and what is unsealed and why."""
    columns = [
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.concrete_fields
        if not field.primary_key
    ]
    unsealed = [
        column for column in columns if column in UNSEALED_COLUMNS or column.rpartition(".")[0] in UNSEALED_TABLES
    ]
    vouched = len(columns) - len(unsealed)
    lines = [
        "| columns | how many | a change of one is named by `verify`, or refused by a constraint |",
        "|---|---|---|",
        f"| sealed, or replayed from the ledger | {vouched} | {vouched} |",
        f"| unsealed, listed below | {len(unsealed)} | – |",
        "",
        "| unsealed | what a change of it does |",
        "|---|---|",
    ]
    lines += [f"| {name} | {reason} |" for name, reason in sorted({**UNSEALED_TABLES, **UNSEALED_COLUMNS}.items())]
    return "\n".join(lines)


def write_document() -> None:
    """Put the table between its marks in the document."""
    before, _begin, rest = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{as_markdown()}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    import tests.conftest  # noqa: F401 (sets Django up)

    write_document()
