"""What the ledger says of the publications of an article. Acts read this where rows could be forged."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from articles.models import Article, EndKind
from ledger.models import Entry
from ledger.resealing import is_trustworthy

# What the ledger calls the act of publishing; the last without any approval.
EMERGENCY_VERB = "article.published_in_emergency"
PUBLICATION_VERBS = ["article.published", "article.scheduled", EMERGENCY_VERB]


class RecordedEnd(NamedTuple):
    """The end of a publication; the fields are those of `PublicationEnd`."""

    kind: EndKind
    until: datetime | None
    planned_until: datetime | None
    at: datetime

    @classmethod
    def from_ledger(cls, data: dict) -> "RecordedEnd":
        """Read what `PublicationEnd.ledger_data` wrote. Raises KeyError, TypeError and ValueError for anything else."""
        until, planned = data["until"], data["planned_until"]
        return cls(
            EndKind(data["kind"]),
            until and datetime.fromisoformat(until),
            planned and datetime.fromisoformat(planned),
            datetime.fromisoformat(data["at"]),
        )

    def is_over(self, at: datetime) -> bool:
        """Return whether the end has passed."""
        return self.until is not None and self.until <= at


@dataclass
class PublicationRecords:
    """The newest record of each publication of an article, by its number.

    `begins`: when it began or begins; `seals`: digest of what its seal covers; `ends`: its end. `is_sound`: every
    entry of the article is what was signed.
    """

    begins: dict[int, datetime] = field(default_factory=dict)
    seals: dict[int, str] = field(default_factory=dict)
    ends: dict[int, RecordedEnd] = field(default_factory=dict)
    is_sound: bool = True

    def first_begin(self, before: datetime) -> datetime | None:
        """Return when the first publication that was not called off began; None if none began before `before`."""
        begun = (
            begin
            for number, begin in self.begins.items()
            if begin < before and (number not in self.ends or self.ends[number].kind != EndKind.CALLED_OFF)
        )
        return min(begun, default=None)


def load_records(article: Article) -> PublicationRecords:
    """Read the article's entries in their order. Entries that were not signed so are left out. One query."""
    records = PublicationRecords()
    entries = Entry.objects.filter(object_type=article._meta.label_lower, object_id=str(article.pk))
    for entry in entries.order_by("number"):
        if not is_trustworthy(entry):
            records.is_sound = False
            continue
        data = entry.data
        if entry.verb in PUBLICATION_VERBS:
            records.begins[data["publication"]] = datetime.fromisoformat(data["live_from"])
        records.seals |= {int(number): digest for number, digest in data.get("seals", {}).items()}
        records.ends |= {int(number): RecordedEnd.from_ledger(end) for number, end in data.get("ends", {}).items()}
    return records
