"""Diff of two revisions: paragraph by paragraph, then by characters.

Paragraphs are put side by side before their words are compared, so that one that was put in or moved does not garble
the rest. Both steps are Myers' algorithm (E. W. Myers, An O(ND) Difference Algorithm, 1986) in fast_diff_match_patch;
its semantic clean-up makes of single equal characters what a reader would call one change. All of it is bounded in
time: what would take too long is shown as replaced whole.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from articles.text.blocks import CELL_SEPARATOR, BodyBlock, parse_blocks
from articles.text.character_diff import DiffBudget, DiffPiece, diff_pieces
from articles.text.field_diff import FieldChange, field_changes

MIN_SIMILARITY = 0.3  # share of pairs of characters in common from which on two paragraphs are versions of one
MIN_MOVED_CHARS = 8  # characters from which on an equal paragraph elsewhere counts as moved
MAX_SIMILARITY_CHARS = 400  # characters of a paragraph that its likeness is judged by
CONTEXT_PARAGRAPHS = 1  # unchanged paragraphs that are shown on either side of a change
MAX_FOLDED_CHARS = 20_000  # characters of an unchanged stretch that can be unfolded
MAX_CHANGES = 1000  # that are shown


@dataclass
class BlockChange:
    """`kind`: same, changed, format, added, removed, moved, moved_away, or fold (a stretch of unchanged ones)."""

    kind: str
    name: str = ""
    pieces: list[DiffPiece] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folded_texts: list[str] = field(default_factory=list)  # words of each paragraph of a fold, unless they are too many
    count: int = 1


@dataclass
class Differences:
    """`fields`: what else than the body; `changes`: the body in its new order. `left_out`: changes beyond the most."""

    fields: list[FieldChange]
    changes: list[BlockChange]
    count: int
    omitted_count: int = 0

    @property
    def is_none(self) -> bool:
        return not self.fields and not self.count


def differences(old: dict[str, Any], new: dict[str, Any]) -> Differences:
    """Compares two wordings in the form of Revision.content(), also as JSON gives it back (DraftSave.content).

    One query, for the names of further columns where they differ.
    """
    budget = DiffBudget()
    changes = _body_changes(parse_blocks(old["body"]), parse_blocks(new["body"]), budget)
    count = sum(change.kind != "same" for change in changes)
    shown, left_out = _truncate_changes(changes)
    return Differences(field_changes(old, new, budget), _fold_unchanged(shown), count, left_out)


def _truncate_changes(changes: list[BlockChange]) -> tuple[list[BlockChange], int]:
    seen = 0
    for place, change in enumerate(changes):
        seen += change.kind != "same"
        if seen > MAX_CHANGES:
            return changes[:place], sum(later.kind != "same" for later in changes[place:])
    return changes, 0


# --- Paragraphs side by side ---

BlockPair = tuple[BodyBlock | None, BodyBlock | None]


def _body_changes(old: list[BodyBlock], new: list[BodyBlock], budget: DiffBudget) -> list[BlockChange]:
    aligned = _align_equal_blocks(old, new, budget)
    moved = _moved_block_ids(aligned)
    changes: list[BlockChange] = []
    run: list[BlockPair] = []
    for pair in [*aligned, None]:
        if pair and None in pair:
            run.append(pair)
            continue
        changes += [_change_of_pair(one, moved, budget) for one in _pair_versions(run, moved, budget)]
        run = []
        if pair:
            changes.append(_change_of_pair(pair, moved, budget))
    return changes


def _align_equal_blocks(old: list[BodyBlock], new: list[BodyBlock], budget: DiffBudget) -> list[BlockPair]:
    """Paragraphs that say the same side by side, in order; the others alone."""
    signs: dict[str, str] = {}
    for block in (*old, *new):
        # A character for each wording; those below U+10000 hold the surrogates, which are no characters.
        signs.setdefault(block.comparison_key, chr(0x10000 + len(signs)))
    left, right = ("".join(signs[block.comparison_key] for block in side) for side in (old, new))
    pairs: list[BlockPair] = []
    at, to = 0, 0
    for operation, length in budget.diff(left, right, cleanup="No"):
        for _again in range(length):
            pairs.append((old[at] if operation != "+" else None, new[to] if operation != "-" else None))
            at, to = at + (operation != "+"), to + (operation != "-")
    return pairs


def _moved_block_ids(pairs: list[BlockPair]) -> set[int]:
    """Ids of the blocks that stand elsewhere with the same words, on both sides."""
    gone: dict[str, deque[BodyBlock]] = defaultdict(deque)
    for old, new in pairs:
        if new is None and (len(old.text) >= MIN_MOVED_CHARS or old.kind == "picture"):
            gone[old.comparison_key].append(old)
    found: set[int] = set()
    for old, new in pairs:
        if old is None and gone.get(new.comparison_key):
            found |= {id(new), id(gone[new.comparison_key].popleft())}
    return found


def _pair_versions(run: list[BlockPair], moved: set[int], budget: DiffBudget) -> list[BlockPair]:
    """Versions of one paragraph side by side, the others alone, in order.

    A run that is too long for comparing each with each is taken in parts, beginning after beginning.
    """
    old = [pair[0] for pair in run if pair[0]]
    new = [pair[1] for pair in run if pair[1]]
    if not (old and new):
        return run
    longest = max(len(old), len(new))
    parts = -(-longest // max(1, min(longest, budget.pair_comparisons // longest)))
    pairs: list[BlockPair] = []
    for part in range(parts):
        some, others = (side[len(side) * part // parts : len(side) * (part + 1) // parts] for side in (old, new))
        budget.pair_comparisons -= len(some) * len(others)
        pairs += _best_pairs(some, others, moved)
    return pairs


def _best_pairs(old: list[BodyBlock], new: list[BodyBlock], moved: set[int]) -> list[BlockPair]:
    """The pairing with the greatest likeness in all, by dynamic programming."""
    left, right = ([_bigrams(block) for block in side] for side in (old, new))
    best = [[0.0] * (len(new) + 1) for _row in range(len(old) + 1)]
    alike = [[0.0] * len(new) for _row in range(len(old))]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            if id(old[i]) not in moved and id(new[j]) not in moved:
                alike[i][j] = _similarity(old[i], left[i], new[j], right[j])
            together = best[i + 1][j + 1] + alike[i][j] if alike[i][j] >= MIN_SIMILARITY else -1.0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    pairs: list[BlockPair] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if alike[i][j] >= MIN_SIMILARITY and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return pairs + [(one, None) for one in old[i:]] + [(None, one) for one in new[j:]]


def _bigrams(block: BodyBlock) -> set[str]:
    text = block.text[:MAX_SIMILARITY_CHARS]
    return {text[at : at + 2] for at in range(len(text) - 1)} or {text}


def _similarity(one: BodyBlock, of_one: set[str], other: BodyBlock, of_other: set[str]) -> float:
    """Dice's coefficient of the pairs of characters; a picture is like itself only."""
    if "picture" in (one.kind, other.kind) or "rule" in (one.kind, other.kind):
        return float(one.kind == other.kind and one.address == other.address)
    return 2 * len(of_one & of_other) / (len(of_one) + len(of_other))


# --- What became of one paragraph ---


def _change_of_pair(pair: BlockPair, moved: set[int], budget: DiffBudget) -> BlockChange:
    old, new = pair
    if old is None:
        return BlockChange("moved" if id(new) in moved else "added", new.name, _single_piece("added", new))
    if new is None:
        return BlockChange("moved_away" if id(old) in moved else "removed", old.name, _single_piece("removed", old))
    notes = _format_notes(old, new)
    if old.text == new.text:
        kind = "format" if notes else "same"
        return BlockChange(kind, new.name, [DiffPiece("same", _display_text(new))], notes)
    return BlockChange("changed", new.name, diff_pieces(old.text, new.text, budget), notes)


def _single_piece(operation: str, block: BodyBlock) -> list[DiffPiece]:
    return [DiffPiece(operation, _display_text(block))]


def _display_text(block: BodyBlock) -> str:
    if block.kind == "picture":
        return block.text or _("(no description)")
    return block.text or "―――"


def _format_notes(old: BodyBlock, new: BodyBlock) -> list[str]:
    """What changed beside the words, in words."""
    if old.source == new.source and old.kind == new.kind:
        return []
    notes = []
    if old.kind != new.kind:
        notes.append(_("%(old)s → %(new)s") % {"old": old.name, "new": new.name})
    if old.links != new.links:
        there = frozenset(old.links), frozenset(new.links)
        gone = [one for one in old.links if one not in there[1]]
        come = [one for one in new.links if one not in there[0]]
        notes += [_("link: %(address)s → none") % {"address": address} for address in gone[len(come) :]]
        notes += [_("link: none → %(address)s") % {"address": address} for address in come[len(gone) :]]
        for before, after in zip(gone, come, strict=False):
            notes.append(_("link: %(old)s → %(new)s") % {"old": before, "new": after})
    if old.kind == new.kind == "picture" and old.text != new.text:
        notes.append(_("description of the picture"))
    if not notes and old.text == new.text:
        notes.append(_("cells of the table") if CELL_SEPARATOR in new.text else _("bold, alignment or the like"))
    return notes


# --- Unchanged stretches ---


def _fold_unchanged(changes: list[BlockChange]) -> list[BlockChange]:
    """Unchanged stretches as one fold each, but for the paragraphs next to a change."""
    if all(change.kind == "same" for change in changes):
        return []
    out: list[BlockChange] = []
    stretch: list[BlockChange] = []
    for change in [*changes, None]:
        if change and change.kind == "same":
            stretch.append(change)
            continue
        before = CONTEXT_PARAGRAPHS if out else 0
        after = CONTEXT_PARAGRAPHS if change else 0
        if len(stretch) > before + after + 1:
            middle = stretch[before : len(stretch) - after]
            words = [one.pieces[0].text for one in middle]
            shown = words if sum(map(len, words)) <= MAX_FOLDED_CHARS else []
            out += [
                *stretch[:before],
                BlockChange("fold", folded_texts=shown, count=len(middle)),
                *stretch[len(stretch) - after :],
            ]
        else:
            out += stretch
        stretch = []
        if change:
            out.append(change)
    return out
