"""What no seal and no ledger entry vouches for, and what somebody who changes it gains."""

# Whole tables.
UNSEALED_TABLES: dict[str, str] = {
    "articles.Read": "read counts, shown as unsealed",
    "articles.ReadTotal": "read counts, shown as unsealed",
    "articles.RecentRead": "who was counted lately; decides only whether a visit counts",
    "articles.FlushedBatch": "which batches of read counts were added",
    "articles.ContentVersion": "cache versions; an old one shows a page that was sealed before",
    "articles.SearchPartition": "how the search index is split",
    "feedback.RecentLetter": "who wrote lately; decides only the limit of letters",
    "workflow.Notification": "messages to the staff",
    "workflow.Delivery": "messages to the staff",
    "workflow.QuickPhrase": "phrases that leaders may insert",
}
UNSEALED_COLUMNS: dict[str, str] = {
    "accounts.User.last_login": "shown to superusers only",
}
