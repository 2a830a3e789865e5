"""What no seal and no ledger entry vouches for, and what somebody who changes it gains."""

UNSEALED_TABLES: dict[str, str] = {
    "articles.Read": "read counts, which pages call unsealed",
    "articles.ReadTotal": "read counts, which pages call unsealed",
    "articles.RecentRead": "who was counted lately: whether a visit counts",
    "articles.FlushedBatch": "which batches of read counts were added",
    "articles.ContentVersion": "cache versions: for how long a page that was sealed is served again",
    "articles.ListingSegment": "where a page of a listing begins: every row shown is sealed, and `verify` counts them",
    "articles.SearchPartition": "how the search index is split: every hit shown is sealed",
    "feedback.RecentLetter": "who wrote lately: the limit of letters",
    "legacy.ImportedPage": "the report of an import, for the staff",
    "workflow.Notification": "messages to the staff; every decision is made on a checked page",
    "workflow.Delivery": "messages to the staff",
    "workflow.QuickPhrase": "phrases that leaders may insert",
    "workflow.Remark": "remarks between leaders and drafters; only a drafter's own save takes one over",
}
UNSEALED_COLUMNS: dict[str, str] = {
    "accounts.User.last_login": "shown to superusers alone",
    "articles.File.uploaded_at": "history; `articles.Upload`, which gives access, is sealed",
    "articles.File.uploaded_by": "history; `articles.Upload`, which gives access, is sealed",
    "feedback.Letter.name": "the visitor's, shown to the staff and erased after a while",
    "feedback.Letter.contact": "the visitor's, shown to the staff and erased after a while",
    "workflow.Round.pipeline": "not read; the seal has the name of the pipeline and all steps",
}
# Rows whose absence takes something away and shows or allows nothing.
ABSENCE_DENIES: dict[str, str] = {
    "articles.DraftSave": "an earlier save cannot be restored; only the newest fifty are kept anyway",
    "articles.Rendition": "the original is shown instead",
    "articles.Upload": "its owner cannot use the file any more",
    "workflow.ExpungingRequest": "somebody has to ask again",
    "workflow.Opening": "the person has to open the page again",
    "workflow.PreviewLink": "the link does not open any more",
}
