"""Two texts compared by their characters, as pieces that a page can show, within a bounded time."""

from dataclasses import dataclass
from time import monotonic

import fast_diff_match_patch
from django.utils.translation import gettext as _

SECONDS = 1.5  # that one comparison of two articles takes at most, about
LEAST = 0.01
CELLS = 80_000  # comparisons of two paragraphs, to find those that are versions of one
LONGEST_SAME = 160  # characters of an unchanged piece that are shown whole
KEPT = 60  # characters at either end of a longer one


@dataclass
class Piece:
    """`kind`: same, added, removed, or cut (unchanged words left out; `text` says how many)."""

    kind: str
    text: str


_KINDS = {"=": "same", "+": "added", "-": "removed"}


class Budget:
    """What is left for one comparison of two articles: time, and looking which paragraphs belong together."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.until = monotonic() + seconds
        self.cells = CELLS

    def diff(self, old: str, new: str, cleanup: str = "Semantic") -> list[tuple[str, int]]:
        """(operation "=", "+" or "-", number of characters) in order; all replaced once there is no time left."""
        left = self.until - monotonic()
        if left < LEAST:
            return [("=", len(old))] if old == new else [("-", len(old)), ("+", len(new))]
        return fast_diff_match_patch.diff(old, new, timelimit=left, checklines=False, cleanup=cleanup)


def between(old: str, new: str, budget: Budget) -> list[Piece]:
    """The pieces of both texts in order; long unchanged ones are cut in their middle."""
    pieces: list[Piece] = []
    at = to = 0
    for operation, length in budget.diff(old, new):
        text = new[to : to + length] if operation != "-" else old[at : at + length]
        at, to = at + (length if operation != "+" else 0), to + (length if operation != "-" else 0)
        if operation != "=":
            # A change of nothing but blanks could not be seen.
            pieces.append(Piece(_KINDS[operation], text if text.strip() else "␣" * len(text)))
            continue
        pieces += _same(text, is_first=not pieces, is_last=to == len(new) and at == len(old))
    return [piece for piece in pieces if piece.text]


def _same(text: str, *, is_first: bool, is_last: bool) -> list[Piece]:
    if len(text) <= LONGEST_SAME:
        return [Piece("same", text)]
    head, tail = "" if is_first else text[:KEPT], "" if is_last else text[-KEPT:]
    said = _("… %(count)d characters unchanged …") % {"count": len(text) - len(head) - len(tail)}
    return [Piece("same", head), Piece("cut", said), Piece("same", tail)]
