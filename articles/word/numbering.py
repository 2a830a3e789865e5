"""Numbers that Word generates (一、, （一）, 1.), from the numbering part of a document.

ISO/IEC 29500-1, 17.9 (numbering), 17.18.59 (formats of numbers).
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

CHINESE_DIGITS = "〇一二三四五六七八九"
FINANCIAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
HEAVENLY_STEMS = "甲乙丙丁戊己庚辛壬癸"
EARTHLY_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
MAX_LABEL_CHARS = 40  # of a template such as “第%1章”
MAX_NUMBERING_LINKS = 20  # numberings that lead on to one another
MAX_LETTERS = 30  # Word begins with a single letter again after 30 of them: 780 is thirty z
_simple_label = re.compile(r"%[1-9][.．、)）]?")  # what an <ol> of HTML shows in its own way
_placeholder = re.compile(r"%([1-9])")

NumberingStyles = dict[str, tuple[str, int | None]]


@dataclass(frozen=True)
class NumberingLevel:
    """One level of a numbering, as the document defines it."""

    number_format: str = "decimal"
    label_template: str = ""
    start: int = 1
    style: str = ""
    is_legal: bool = False


@dataclass(frozen=True)
class ParagraphNumber:
    """What stands before a paragraph. `list_tag`: ul, ol, or "" for a label that only words can say."""

    list_tag: str
    level: int
    value: int
    label: str


class Numbering:
    """Counts through a document. `styles`: id of a numbering style → (numbering, level), for those that lead on."""

    def __init__(self, root: ElementTree.Element | None, styles: NumberingStyles) -> None:
        self._styles = styles
        self._abstract: dict[str, dict[int, NumberingLevel]] = {}
        self._links: dict[str, str] = {}
        self._numberings: dict[str, tuple[str, dict[int, int]]] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[str] = set()
        if root is not None:
            self._read(root, root.tag[: root.tag.index("}") + 1])

    def _read(self, root: ElementTree.Element, w: str) -> None:
        for one in root.iter(f"{w}abstractNum"):
            key = one.get(f"{w}abstractNumId", "")
            self._abstract[key] = {
                _small_int(level.get(f"{w}ilvl"), 0): _read_level(level, w) for level in one.findall(f"{w}lvl")
            }
            link = one.find(f"{w}numStyleLink")
            if link is not None:
                self._links[key] = link.get(f"{w}val", "")
        for one in root.findall(f"{w}num"):
            base = one.find(f"{w}abstractNumId")
            starts = {
                _small_int(change.get(f"{w}ilvl"), 0): _small_int(start.get(f"{w}val"), 1)
                for change in one.findall(f"{w}lvlOverride")
                if (start := change.find(f"{w}startOverride")) is not None
            }
            key = one.get(f"{w}numId", "")
            self._numberings[key] = (base.get(f"{w}val", "") if base is not None else "", starts)

    def next_number(self, numbering: str, level: int | None, style: str = "") -> ParagraphNumber | None:
        """The number of the next paragraph of a numbering; None for one that does not exist.

        Without `level` it is the one that belongs to the paragraph's `style`.
        """
        key, starts = self._resolve(numbering)
        levels = self._abstract.get(key, {})
        if level is None:
            level = next((index for index, one in levels.items() if style and one.style == style), 0)
        if level not in levels:
            return None
        counts = self._counts[key]
        if numbering not in self._begun:
            self._begun.add(numbering)
            for index in starts:
                counts.pop(index, None)
        counts[level] = counts[level] + 1 if level in counts else starts.get(level, levels[level].start)
        for deeper in [index for index in counts if index > level]:
            del counts[deeper]
        one = levels[level]
        if one.number_format == "bullet":
            return ParagraphNumber("ul", level, counts[level], "")
        label = _placeholder.sub(
            lambda found: self._placeholder_value(levels, counts, int(found[1]) - 1, one.is_legal), one.label_template
        )
        is_list = one.number_format == "decimal" and _simple_label.fullmatch(one.label_template)
        return ParagraphNumber("ol" if is_list else "", level, counts[level], label.strip())

    def _placeholder_value(
        self, levels: dict[int, NumberingLevel], counts: dict[int, int], index: int, is_legal: bool
    ) -> str:
        level = levels.get(index, NumberingLevel())
        return format_number(counts.get(index, level.start), "decimal" if is_legal else level.number_format)

    def _resolve(self, numbering: str) -> tuple[str, dict[int, int]]:
        seen = set()
        while numbering in self._numberings and numbering not in seen and len(seen) < MAX_NUMBERING_LINKS:
            seen.add(numbering)
            key, starts = self._numberings[numbering]
            if key not in self._links:
                return key, starts
            numbering = self._styles.get(self._links[key], ("", None))[0]
        return "", {}


def _read_level(level: ElementTree.Element, w: str) -> NumberingLevel:
    def said(name: str, otherwise: str = "") -> str:
        found = level.find(f"{w}{name}")
        return otherwise if found is None else found.get(f"{w}val", otherwise)

    legal = level.find(f"{w}isLgl")
    return NumberingLevel(
        number_format=said("numFmt", "decimal"),
        label_template=said("lvlText")[:MAX_LABEL_CHARS],
        start=_small_int(said("start"), 1),
        style=said("pStyle"),
        is_legal=legal is not None and legal.get(f"{w}val") not in ("0", "false"),
    )


def _small_int(text: str | None, otherwise: int) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,4}", text) else otherwise


def format_number(value: int, form: str) -> str:
    """A number in one of Word's formats; in Arabic digits where the format is not known."""
    return NUMBER_FORMATS.get(form, str)(value)


def chinese_number(value: int, digits: str, units: str) -> str:
    """A number up to 9999 as it is read: 12 → 十二, 20 → 二十, 105 → 一百〇五."""
    if not 0 < value < 10_000:
        return str(value)
    written, is_gap = "", False
    for power in range(3, -1, -1):
        digit = value // 10**power % 10
        if digit:
            written += (digits[0] if is_gap and written else "") + digits[digit] + (units[power - 1] if power else "")
        is_gap = not digit
    return written.removeprefix(digits[1]) if 10 <= value < 20 and units[0] == "十" else written


def _roman(value: int) -> str:
    written = ""
    for worth, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        written += sign * (value // worth)
        value %= worth
    return written


def _letter_number(value: int) -> str:
    return chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 % MAX_LETTERS + 1)


def _chinese_counting(value: int) -> str:
    return chinese_number(value, CHINESE_DIGITS, "十百千")


def _chinese_financial(value: int) -> str:
    return chinese_number(value, FINANCIAL_DIGITS, "拾佰仟")


def _chinese_digits(value: int) -> str:
    return "".join(CHINESE_DIGITS[int(digit)] for digit in str(value))


def _enclosed(first: int) -> Callable[[int], str]:
    """Unicode has twenty of each kind."""
    return lambda value: chr(first + value - 1) if 1 <= value <= 20 else str(value)


NUMBER_FORMATS: dict[str, Callable[[int], str]] = {
    "none": lambda value: "",
    **dict.fromkeys(["chineseCounting", "chineseCountingThousand", "japaneseCounting"], _chinese_counting),
    **dict.fromkeys(["taiwaneseCounting", "taiwaneseCountingThousand", "ideographEnclosedCircle"], _chinese_counting),
    **dict.fromkeys(["chineseLegalSimplified", "ideographLegalTraditional"], _chinese_financial),
    **dict.fromkeys(["ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"], _chinese_digits),
    "ideographTraditional": lambda value: HEAVENLY_STEMS[(value - 1) % 10],
    "ideographZodiac": lambda value: EARTHLY_BRANCHES[(value - 1) % 12],
    **dict.fromkeys(["decimalEnclosedCircle", "decimalEnclosedCircleChinese"], _enclosed(0x2460)),
    "decimalEnclosedParen": _enclosed(0x2474),
    "decimalEnclosedFullstop": _enclosed(0x2488),
    "decimalZero": lambda value: f"{value:02}",
    "lowerLetter": _letter_number,
    "upperLetter": lambda value: _letter_number(value).upper(),
    "lowerRoman": lambda value: _roman(value).lower(),
    "upperRoman": _roman,
}
