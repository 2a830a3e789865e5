"""Character diff of two texts, within a time limit."""

from dataclasses import dataclass
from time import monotonic

import fast_diff_match_patch
from django.utils.translation import gettext as _

MAX_COMPARISON_SECONDS = 1.5  # that one comparison of two articles takes at most, about
MIN_DIFF_SECONDS = 0.01
MAX_PAIR_COMPARISONS = 80_000  # comparisons of two paragraphs, to find those that are versions of one
MAX_UNCHANGED_CHARS = 160  # characters of an unchanged piece that are shown whole
CUT_CONTEXT_CHARS = 60  # characters at either end of a longer one


@dataclass
class DiffPiece:
    """`kind`: same, added, removed, or cut (unchanged words left out; `text` says how many)."""

    kind: str
    text: str


_KIND_BY_OPERATION = {"=": "same", "+": "added", "-": "removed"}


class DiffBudget:
    """What is left for one comparison of two articles: time, and looking which paragraphs belong together."""

    def __init__(self, seconds: float = MAX_COMPARISON_SECONDS) -> None:
        self.deadline = monotonic() + seconds
        self.pair_comparisons = MAX_PAIR_COMPARISONS

    def diff(self, old: str, new: str, cleanup: str = "Semantic") -> list[tuple[str, int]]:
        """(operation "=", "+" or "-", number of characters) in order; all replaced once there is no time left."""
        left = self.deadline - monotonic()
        if left < MIN_DIFF_SECONDS:
            return [("=", len(old))] if old == new else [("-", len(old)), ("+", len(new))]
        return fast_diff_match_patch.diff(old, new, timelimit=left, checklines=False, cleanup=cleanup)


def diff_pieces(old: str, new: str, budget: DiffBudget) -> list[DiffPiece]:
    """The pieces of both texts in order; long unchanged ones are cut in their middle."""
    pieces: list[DiffPiece] = []
    at = to = 0
    for operation, length in budget.diff(old, new):
        text = new[to : to + length] if operation != "-" else old[at : at + length]
        at, to = at + (length if operation != "+" else 0), to + (length if operation != "-" else 0)
        if operation != "=":
            # A change of nothing but blanks could not be seen.
            pieces.append(DiffPiece(_KIND_BY_OPERATION[operation], text if text.strip() else "␣" * len(text)))
            continue
        pieces += _unchanged_pieces(text, is_first=not pieces, is_last=to == len(new) and at == len(old))
    return [piece for piece in pieces if piece.text]


def _unchanged_pieces(text: str, *, is_first: bool, is_last: bool) -> list[DiffPiece]:
    if len(text) <= MAX_UNCHANGED_CHARS:
        return [DiffPiece("same", text)]
    head, tail = "" if is_first else text[:CUT_CONTEXT_CHARS], "" if is_last else text[-CUT_CONTEXT_CHARS:]
    said = _("… %(count)d characters unchanged …") % {"count": len(text) - len(head) - len(tail)}
    return [DiffPiece("same", head), DiffPiece("cut", said), DiffPiece("same", tail)]
