"""What a visitor sees, from which columns, and what vouches for them. Printed in docs/integrity.md."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "integrity.md"
BEGIN, END = "<!-- vouching:begin -->", "<!-- vouching:end -->"


class Kind(Enum):
    """`named`: whether `verify` must have a line for every change."""

    SEALED = "sealed", True  # shown, and checked before it is shown
    CHOSEN = "counts and order", True  # shown as a number, or only chooses among sealed rows
    READS = "not sealed", False  # the one exception
    UNSEEN = "not shown", False  # read along with the rest of a row

    def __init__(self, label: str, named: bool) -> None:
        self.label, self.named = label, named


@dataclass(frozen=True)
class Seen:
    """One line of the table. `columns`: table → its columns. `otherwise`: what visitors get after a change."""

    what: str
    columns: dict[str, str]
    vouched: str
    otherwise: str
    kind: Kind = Kind.SEALED


SEAL = "seal_key seal_signature"
TABLE = [
    Seen(
        "title, summary, date, outside address, sign-offs, digests, flag of an emergency; address of the article",
        {
            "articles_publication": "id article_id number revision_id department_id title summary address cover_digest "
            "dated first_live_from live_from digest body_digest columns files sign_offs "
            f"is_emergency {SEAL}"
        },
        "the seal of the publication",
        "503; left out of lists, feeds and the sitemap",
    ),
    Seen(
        "until when an article is public",
        {
            "articles_publication": "live_until planned_until",
            "articles_publicationend": f"publication_id kind until planned_until at {SEAL}",
        },
        "the seal of the end, which says what the columns of the publication must be",
        "410 or 503",
    ),
    Seen(
        "body, subtitle, author, source, keywords, fields of an official document, cover",
        {
            "articles_revision": "id title subtitle body summary author source keywords cover_id address dated "
            "document_number issuing_body issued_on index_number validity"
        },
        "the digest in the seal of the publication",
        "503; no hit of the search",
    ),
    Seen(
        "names, captions and order of attachments",
        {"articles_attachment": "revision_id file_id kind name caption position"},
        "the same digest; for the right to a file, the list of files in the seal",
        "503; a file is not served",
    ),
    Seen(
        "ending, size, type and dimensions of files and pictures",
        {"articles_file": f"id digest size media_type extension width height {SEAL}"},
        "the seal of the file; its content by its digest, which is its address",
        "503",
    ),
    Seen(
        "smaller renditions of pictures",
        {"articles_rendition": f"original_id name file_id {SEAL}"},
        "the seal of the rendition, and that of its file",
        "the original instead",
    ),
    Seen(
        "place of an article in a listing",
        {"articles_placement": "publication_id department_id article_id dated live_from live_until"},
        "the seal of its publication, which says the same",
        "left out",
    ),
    Seen(
        "“pinned” 置顶",
        {"articles_placement": "pinned_until"},
        "the last signed ledger entry about the pin",
        "left out, or in its usual place",
    ),
    Seen(
        "notice of a withdrawal",
        {"articles_withdrawal": f"publication_id at notice {SEAL}"},
        "the seal of the withdrawal",
        "410 without a notice",
    ),
    Seen(
        "names, slugs in links, descriptions and order of departments, menu, outside links",
        {
            "departments_department": "id kind name slug parent_id url description keywords column_type position "
            f"is_visible {SEAL}"
        },
        "the seal of the department",
        "left out, its articles too; 404, 503",
    ),
    Seen(
        "where a former address of a department leads",
        {"departments_formerslug": f"slug department_id {SEAL}"},
        "the seal of the former address",
        "404",
    ),
    Seen(
        "where an address of the old site leads",
        {"legacy_oldaddress": f"address article_id department_id {SEAL}"},
        "the seal of the old address, and that of the department",
        "404",
    ),
    Seen(
        "a letter, its state and its answer",
        {
            "feedback_letter": "receipt_digest kind text page article_id created_at state answer answered_by_id "
            f"answered_by_name answered_at closed_at {SEAL}"
        },
        "the seal of the letter, which each change of its state renews",
        "503, 404",
    ),
    Seen(
        "blocks of the home page and their order",
        {"portal_homeblock": f"id kind department_id how_many position is_shown {SEAL}"},
        "the seal of the block",
        "left out",
    ),
    Seen(
        "name of the site, footer, theme, days of mourning, hosts that need no notice",
        {
            "portal_identity": "name description keywords organiser undertaker copyright_holder address email phone "
            "icp_number police_number site_code technical_support error_report_url trusted_hosts theme mourning_from "
            f"mourning_until saved_at {SEAL}"
        },
        "the seal of the identity",
        "the last version that holds",
    ),
    Seen(
        "number and hash of the ledger entry on the proof page",
        {"ledger_entry": "number time actor_id actor_name verb object_type object_id data previous hash key signature"},
        "hash and signature of the entry",
        "“none”, and “the ledger has no record”",
    ),
    Seen(
        "how many pages a listing has, how many articles match, which page a row stands on",
        {
            "articles_listingsegment": "department_id since_dated since_article placement_count",
            "articles_placement": "count_state",
        },
        "nothing while a page is served; `verify` counts again",
        "wrong numbers, rows missing; every row that is shown is sealed",
        Kind.CHOSEN,
    ),
    Seen(
        "which articles the search finds, in which order, and what it suggests",
        {"articles_searchpartition": "number since", "articles_searchpart": "tokens partition_number"},
        "each hit: its words stand in the sealed text; the index itself: `verify` compares it with the texts",
        "hits missing, or in another order",
        Kind.CHOSEN,
    ),
    Seen(
        "which version of a cached page is the present one",
        {"articles_contentversion": "scope slot token"},
        "each page was sealed when it was made; none is kept for more than ten minutes",
        "a page as it was, at most ten minutes old",
        Kind.READS,
    ),
    Seen(
        "**read counts** 阅读, and the order of “most read”",
        {"articles_read": "article_id day count", "articles_readtotal": "article_id count"},
        "nothing: they are labelled as counts, on the page and on the page of the proof",
        "other numbers, and another choice of sealed titles",
        Kind.READS,
    ),
    Seen(
        "(read along with the rest of a row, shown nowhere)",
        {
            "articles_article": "id department_id created_at created_by_id created_by_name in_charge_id discarded_at "
            f"{SEAL}",
            "articles_attachment": "id",
            "articles_file": "uploaded_at uploaded_by_id",
            "articles_placement": "id",
            "articles_publication": "created_at",
            "articles_publicationend": "id",
            "articles_rendition": "id",
            "articles_revision": "article_id number state digest body_digest based_on_id version saved_at saved_by_id "
            f"saved_by_name frozen_at expunged_at {SEAL}",
            "articles_searchpartition": "layout",
            "articles_withdrawal": "id by_id by_name reason",
            "departments_department": "asks_for_documents responsible_id",
            "departments_formerslug": "id",
            "feedback_letter": "id name contact form_digest",
            "legacy_oldaddress": "id made_at made_by_id made_by_name",
            "portal_identity": "id saved_by_id saved_by_name",
        },
        "nothing needs to",
        "nothing: the page stays the same, or is an error",
        Kind.UNSEEN,
    ),
]

Column = tuple[str, str]


def entries() -> dict[Column, Seen]:
    """(table, column) → its line of the table. Fails when a column stands in two."""
    found: dict[Column, Seen] = {}
    for seen in TABLE:
        for table, columns in seen.columns.items():
            for column in columns.split():
                assert (table, column) not in found, (table, column)
                found[table, column] = seen
    return found


def as_markdown() -> str:
    """The table as it stands in the document."""
    lines = ["| a visitor sees | from | what vouches for it | after a change visitors get |", "|---|---|---|---|"]
    for seen in TABLE:
        columns = "; ".join(f"`{table}`: {', '.join(names.split())}" for table, names in seen.columns.items())
        lines.append(f"| {seen.what} | {columns} | {seen.vouched} | {seen.otherwise} |")
    return "\n".join(lines)


if __name__ == "__main__":  # writes the table into the document
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{as_markdown()}\n{END}{rest.partition(END)[2]}")
