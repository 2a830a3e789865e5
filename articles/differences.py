"""What differs between two wordings of an article, for people to read: by paragraphs first, then by characters.

Paragraphs are put side by side before their words are compared, so that one that was put in or moved does not garble
the rest. Both steps are Myers' algorithm (E. W. Myers, An O(ND) Difference Algorithm, 1986) in fast_diff_match_patch;
its semantic clean-up makes of single equal characters what a reader would call one change. All of it is bounded in
time: what would take too long is shown as replaced whole.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from articles.blocks import BETWEEN_CELLS, Block, blocks
from articles.fields_compared import FieldChange, field_changes
from articles.pieces import Budget, Piece, between

ALIKE = 0.3  # share of pairs of characters in common from which on two paragraphs are versions of one
LONGEST_MOVE = 8  # characters from which on an equal paragraph elsewhere counts as moved
LOOKED_AT = 400  # characters of a paragraph that its likeness is judged by
ROUND = 1  # unchanged paragraphs that are shown on either side of a change
SHOWN_UNCHANGED = 20_000  # characters of an unchanged stretch that can be unfolded
MOST_CHANGES = 1000  # that are shown


@dataclass
class Change:
    """`kind`: same, changed, format, added, removed, moved, moved_away, or fold (a stretch of unchanged ones)."""

    kind: str
    name: str = ""
    pieces: list[Piece] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folded: list[str] = field(default_factory=list)  # words of each paragraph of a fold, unless they are too many
    count: int = 1


@dataclass
class Differences:
    """`fields`: what else than the body; `changes`: the body in its new order. `left_out`: changes beyond the most."""

    fields: list[FieldChange]
    changes: list[Change]
    count: int
    left_out: int = 0

    @property
    def is_none(self) -> bool:
        return not self.fields and not self.count


def differences(old: dict[str, Any], new: dict[str, Any]) -> Differences:
    """Compares two wordings in the form of Revision.content(), also as JSON gives it back (DraftSave.content).

    One query, for the names of further columns where they differ.
    """
    budget = Budget()
    changes = _body(blocks(old["body"]), blocks(new["body"]), budget)
    count = sum(change.kind != "same" for change in changes)
    shown, left_out = _bounded(changes)
    return Differences(field_changes(old, new, budget), _folded(shown), count, left_out)


def _bounded(changes: list[Change]) -> tuple[list[Change], int]:
    seen = 0
    for place, change in enumerate(changes):
        seen += change.kind != "same"
        if seen > MOST_CHANGES:
            return changes[:place], sum(later.kind != "same" for later in changes[place:])
    return changes, 0


# --- Paragraphs side by side ---

Pair = tuple[Block | None, Block | None]


def _body(old: list[Block], new: list[Block], budget: Budget) -> list[Change]:
    aligned = _aligned(old, new, budget)
    moved = _moved(aligned)
    changes: list[Change] = []
    run: list[Pair] = []
    for pair in [*aligned, None]:
        if pair and None in pair:
            run.append(pair)
            continue
        changes += [_change(one, moved, budget) for one in _paired(run, moved, budget)]
        run = []
        if pair:
            changes.append(_change(pair, moved, budget))
    return changes


def _aligned(old: list[Block], new: list[Block], budget: Budget) -> list[Pair]:
    """Paragraphs that say the same side by side, in order; the others alone."""
    signs: dict[str, str] = {}
    for block in (*old, *new):
        # A character for each wording; those below U+10000 hold the surrogates, which are no characters.
        signs.setdefault(block.key, chr(0x10000 + len(signs)))
    left, right = ("".join(signs[block.key] for block in side) for side in (old, new))
    pairs: list[Pair] = []
    at, to = 0, 0
    for operation, length in budget.diff(left, right, cleanup="No"):
        for _again in range(length):
            pairs.append((old[at] if operation != "+" else None, new[to] if operation != "-" else None))
            at, to = at + (operation != "+"), to + (operation != "-")
    return pairs


def _moved(pairs: list[Pair]) -> set[int]:
    """Ids of the blocks that stand elsewhere with the same words, on both sides."""
    gone: dict[str, list[Block]] = defaultdict(list)
    for old, new in pairs:
        if new is None and (len(old.text) >= LONGEST_MOVE or old.kind == "picture"):
            gone[old.key].append(old)
    found: set[int] = set()
    for old, new in pairs:
        if old is None and gone.get(new.key):
            found |= {id(new), id(gone[new.key].pop(0))}
    return found


def _paired(run: list[Pair], moved: set[int], budget: Budget) -> list[Pair]:
    """Versions of one paragraph side by side, the others alone, in order.

    A run that is too long for comparing each with each is taken in parts, beginning after beginning.
    """
    old = [pair[0] for pair in run if pair[0]]
    new = [pair[1] for pair in run if pair[1]]
    if not (old and new):
        return run
    longest = max(len(old), len(new))
    parts = -(-longest // max(1, min(longest, budget.cells // longest)))
    pairs: list[Pair] = []
    for part in range(parts):
        some, others = (side[len(side) * part // parts : len(side) * (part + 1) // parts] for side in (old, new))
        budget.cells -= len(some) * len(others)
        pairs += _best_pairs(some, others, moved)
    return pairs


def _best_pairs(old: list[Block], new: list[Block], moved: set[int]) -> list[Pair]:
    """The pairing with the greatest likeness in all, by dynamic programming."""
    left, right = ([_bigrams(block) for block in side] for side in (old, new))
    best = [[0.0] * (len(new) + 1) for _row in range(len(old) + 1)]
    alike = [[0.0] * len(new) for _row in range(len(old))]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            if id(old[i]) not in moved and id(new[j]) not in moved:
                alike[i][j] = _likeness(old[i], left[i], new[j], right[j])
            together = best[i + 1][j + 1] + alike[i][j] if alike[i][j] >= ALIKE else -1.0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    pairs: list[Pair] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if alike[i][j] >= ALIKE and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return pairs + [(one, None) for one in old[i:]] + [(None, one) for one in new[j:]]


def _bigrams(block: Block) -> set[str]:
    text = block.text[:LOOKED_AT]
    return {text[at : at + 2] for at in range(len(text) - 1)} or {text}


def _likeness(one: Block, of_one: set[str], other: Block, of_other: set[str]) -> float:
    """Dice's coefficient of the pairs of characters; a picture is like itself only."""
    if "picture" in (one.kind, other.kind) or "rule" in (one.kind, other.kind):
        return float(one.kind == other.kind and one.address == other.address)
    return 2 * len(of_one & of_other) / (len(of_one) + len(of_other))


# --- What became of one paragraph ---


def _change(pair: Pair, moved: set[int], budget: Budget) -> Change:
    old, new = pair
    if old is None:
        return Change("moved" if id(new) in moved else "added", new.name, _whole("added", new))
    if new is None:
        return Change("moved_away" if id(old) in moved else "removed", old.name, _whole("removed", old))
    notes = _format_notes(old, new)
    if old.text == new.text:
        kind = "format" if notes else "same"
        return Change(kind, new.name, [Piece("same", _shown(new))], notes)
    return Change("changed", new.name, between(old.text, new.text, budget), notes)


def _whole(operation: str, block: Block) -> list[Piece]:
    return [Piece(operation, _shown(block))]


def _shown(block: Block) -> str:
    if block.kind == "picture":
        return block.text or _("(no description)")
    return block.text or "―――"


def _format_notes(old: Block, new: Block) -> list[str]:
    """What changed beside the words, in words."""
    if old.source == new.source and old.kind == new.kind:
        return []
    notes = []
    if old.kind != new.kind:
        notes.append(_("%(old)s → %(new)s") % {"old": old.name, "new": new.name})
    if old.links != new.links:
        gone, come = ([one for one in side if one not in other] for side, other in _both_ways(old.links, new.links))
        notes += [_("link: %(address)s → none") % {"address": address} for address in gone[len(come) :]]
        notes += [_("link: none → %(address)s") % {"address": address} for address in come[len(gone) :]]
        for before, after in zip(gone, come, strict=False):
            notes.append(_("link: %(old)s → %(new)s") % {"old": before, "new": after})
    if old.kind == new.kind == "picture" and old.text != new.text:
        notes.append(_("description of the picture"))
    if not notes and old.text == new.text:
        notes.append(_("cells of the table") if BETWEEN_CELLS in new.text else _("bold, alignment or the like"))
    return notes


def _both_ways(one: Any, other: Any) -> list[tuple[Any, Any]]:
    return [(one, other), (other, one)]


# --- Unchanged stretches ---


def _folded(changes: list[Change]) -> list[Change]:
    """Unchanged stretches as one fold each, but for the paragraphs next to a change."""
    if all(change.kind == "same" for change in changes):
        return []
    out: list[Change] = []
    stretch: list[Change] = []
    for change in [*changes, None]:
        if change and change.kind == "same":
            stretch.append(change)
            continue
        before = ROUND if out else 0
        after = ROUND if change else 0
        if len(stretch) > before + after + 1:
            middle = stretch[before : len(stretch) - after]
            words = [one.pieces[0].text for one in middle]
            shown = words if sum(map(len, words)) <= SHOWN_UNCHANGED else []
            out += [
                *stretch[:before],
                Change("fold", folded=shown, count=len(middle)),
                *stretch[len(stretch) - after :],
            ]
        else:
            out += stretch
        stretch = []
        if change:
            out.append(change)
    return out
