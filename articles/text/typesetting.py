"""Typesetting of Chinese text: punctuation, spaces, paragraphs, headings; never words.

Punctuation after GB/T 15834—2011 (full-width between Hanzi, ——, ……, “”), numbers of documents (〔2024〕5号) and the
levels of headings 一、（一） 1. after GB/T 9704—2012. First lines are indented by the style of the page, not by blanks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape

from articles.text.plain_text import plain_text

HANZI_RANGES = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
CHINESE_PUNCTUATION = "，。、；：？！“”‘’（）〔〕【】《》〈〉…—"  # of Chinese text
UNSPACED_PUNCTUATION = "，。、；：？！（）〔〕【】《》"  # those beside which no blank ever stands
BLANK_CHARACTERS = " \t\r\n\u00a0\u2002-\u200a\u3000"
BREAK_CHARACTER, IMAGE_CHARACTER = "\u2028", "\ufffc"  # stand for <br> and <img> while text is looked at
CHINESE_NUMERALS = "一二三四五六七八九十百"

MAX_HEADING_CHARS = 40
MAX_PASSES = 6
MAX_BRACKET_DEPTH = 20  # brackets in brackets
FOOTNOTE_BACKLINK = "↑"  # from a footnote to its mark
MAX_GAP_CHARS = 20  # characters in which something is still beside something else, with blanks between

_tag_splitter = re.compile(r"(<[^>]*>)")
_tag_name = re.compile(r"</?([a-z][a-z0-9]*)")
block_tag_pattern = re.compile(
    r"<(/?)(p|h[2-4]|div|blockquote|pre|hr|ul|ol|li|table|caption|thead|tbody|tfoot|tr|th|td|figure|figcaption)\b[^>]*>"
)
# Never touched: addresses, and what stands in <code> and <pre> or is the mark of a footnote.
_url_or_email = re.compile(
    r"(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://|www\.)[!-~]+|(?<![a-z0-9._%+-])[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}"
    r"|(?<![a-z0-9.-])(?:[a-z0-9-]+\.)+(?:cn|com|net|org|gov|edu)\b(?:[/?#:][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)

FULL_WIDTH = str.maketrans(",;:?!()", "，；：？！（）")


def typeset(html: str) -> str:
    """Sanitised HTML, set; sanitised it stays. What is set already comes out as it is."""
    for _pass in range(MAX_PASSES):
        before = html
        html = _mark_headings(_remove_empty_blocks(_apply_rules(_split_paragraphs(html))))
        if html == before:
            break
    return html


# Text between two tags of blocks: one line of characters, whatever stands inside it.


@dataclass
class _TextFlow:
    """`text`: the characters; `owners`: for each, the index of its token; `fixed`: those that nobody changes."""

    text: str
    token_indexes: list[int]
    fixed: list[bool]

    def edit(self, edits: list[tuple[int, int, str]]) -> None:
        """Puts new words in places (start, end). Those that touch what is fixed are passed over."""
        pieces, owners, fixed, end = [], [], [], 0
        for start, stop, words in edits:
            if start < end or any(self.fixed[start:stop]):
                continue
            pieces += [self.text[end:start], words]
            owners += self.token_indexes[end:start] + [self.token_indexes[start]] * len(words)
            fixed += self.fixed[end:start] + [False] * len(words)
            end = stop
        self.text = "".join([*pieces, self.text[end:]])
        self.token_indexes = owners + self.token_indexes[end:]
        self.fixed = fixed + self.fixed[end:]


TypesettingRule = Callable[[str], Iterator[tuple[int, int, str]]]


def _apply_rules(html: str) -> str:
    tokens = _tag_splitter.split(html)
    start = 0
    inside_pre = False
    for index, token in [*enumerate(tokens), (len(tokens), "<hr>")]:
        found = block_tag_pattern.fullmatch(token)
        if not found:
            continue
        if not inside_pre:
            _apply_rules_to_flow(tokens, start, index)
        if found[2] == "pre":
            inside_pre = not found[1]
        start = index + 1
    return "".join(tokens)


def _apply_rules_to_flow(tokens: list[str], start: int, stop: int) -> None:
    characters: list[str] = []
    flow = _TextFlow("", [], [])
    code = mark = 0
    for index in range(start, stop):
        piece = tokens[index]
        if not piece.startswith("<"):
            words = unescape(piece)
            characters.append(words)
            flow.token_indexes += [index] * len(words)
            flow.fixed += [bool(code or mark)] * len(words)
            continue
        name = _tag_name.match(piece)
        tag, step = (name[1] if name else ""), -1 if piece.startswith("</") else 1
        code += step if tag == "code" else 0
        mark = 0 if piece == "</a>" else 1 if piece.startswith('<a href="#fn') else mark
        if tag in ("br", "img"):
            characters.append(BREAK_CHARACTER if tag == "br" else IMAGE_CHARACTER)
            flow.token_indexes.append(index)
            flow.fixed.append(True)
    flow.text = "".join(characters)
    if not flow.text:
        return
    for found in _url_or_email.finditer(flow.text):
        length = len(found[0].rstrip(".,;:!?)'\""))  # these end the sentence, not the address
        flow.fixed[found.start() : found.start() + length] = [True] * length
    for rule in RULES:
        flow.edit(sorted(rule(flow.text)))
    characters_of: dict[int, list[str]] = {}
    for character, owner in zip(flow.text, flow.token_indexes, strict=True):
        characters_of.setdefault(owner, []).append(character)
    for index in range(start, stop):
        if not tokens[index].startswith("<"):  # a text keeps no plain "<"
            words = "".join(characters_of.get(index, []))
            tokens[index] = escape(words, quote=False).replace("\u00a0", "&nbsp;")


# Rules: each finds places in a line and says what shall stand there.


def _ellipses(text: str) -> Iterator[tuple[int, int, str]]:
    """... and 。。。 and a lone … beside Chinese become ……; before a number they lead to it and stay."""
    for found in re.finditer(r"\.{3,}|。{3,}|(?<!…)…(?!…)", text):
        after = text[found.end() : found.end() + MAX_GAP_CHARS].lstrip()[:1]
        if _is_beside_chinese(text, found) and not after.isdigit():
            yield found.start(), found.end(), "……"


def _dashes(text: str) -> Iterator[tuple[int, int, str]]:
    for found in re.finditer(r"[-─―－]{2,}", text):
        if _is_beside_chinese(text, found):
            yield found.start(), found.end(), "——"


def _is_beside_chinese(text: str, found: re.Match) -> bool:
    """Whether Chinese stands right before the place or right after it, blanks aside."""
    before = text[max(found.start() - MAX_GAP_CHARS, 0) : found.start()].rstrip()[-1:]
    after = text[found.end() : found.end() + MAX_GAP_CHARS].lstrip()[:1]
    return bool(_chinese.fullmatch(before) or _chinese.fullmatch(after))


_chinese = re.compile(f"[{HANZI_RANGES}{CHINESE_PUNCTUATION}]")
_hanzi = re.compile(f"[{HANZI_RANGES}]")
_after_chinese = re.compile(f"(?<=[{HANZI_RANGES}”’）】》〕%])[{BLANK_CHARACTERS}]*([,;:?!])")
_before_hanzi = re.compile(f"(?<=[0-9A-Za-z)\\]])([,;:?!])(?=[{BLANK_CHARACTERS}]*[{HANZI_RANGES}“《（])")
_full_stop = re.compile(
    f"(?<=[{HANZI_RANGES}”’）】》〕%])[{BLANK_CHARACTERS}]*(\\.)(?=[{BLANK_CHARACTERS}]*(?:[{HANZI_RANGES}{CHINESE_PUNCTUATION}{BREAK_CHARACTER}]|$))"
)


def _punctuation(text: str) -> Iterator[tuple[int, int, str]]:
    """Commas and the like beside Hanzi. Between digits (10:30, 3,000) and in Latin words they stay."""
    for pattern in (_after_chinese, _before_hanzi):
        for found in pattern.finditer(text):
            yield found.start(1), found.end(1), found[1].translate(FULL_WIDTH)
    for found in _full_stop.finditer(text):
        yield found.start(1), found.end(1), "。"


_document_year = re.compile(f"(?<=[{HANZI_RANGES}])[\\[【(（](?:19|20)\\d\\d[\\]】）)](?=第?\\d+号)")


def _brackets(text: str) -> Iterator[tuple[int, int, str]]:
    """Round brackets round or beside Hanzi; f(x) stays, also before Hanzi. 组发[2024]5号 has 〔〕."""
    numbers = {found.start(): found.end() for found in _document_year.finditer(text)}
    for start, end in numbers.items():
        yield start, start + 1, "〔"
        yield end - 1, end, "〕"
    opened: list[int] = []
    for place, sign in enumerate(text):
        if sign == BREAK_CHARACTER:
            opened = []
        elif sign in "(（" and len(opened) < MAX_BRACKET_DEPTH:
            opened.append(place)
        elif sign in ")）" and opened and (start := opened.pop()) not in numbers:
            inside, before, after = text[start + 1 : place], text[start - 1 : start], text[place + 1 : place + 2]
            is_call = inside.isascii() and before.isascii() and before.isalnum()
            if not is_call and (_hanzi.search(inside) or _chinese.search(before + after)):
                yield start, start + 1, "（"
                yield place, place + 1, "）"


_straight_quotes = re.compile(r'"([^"]*)"')
CORNER_QUOTES = str.maketrans("「」『』", "“”‘’")


def _quotes(text: str) -> Iterator[tuple[int, int, str]]:
    """Corner brackets, and straight quotes where they pair within a line and stand round or beside Hanzi."""
    for found in re.finditer("[「」『』]", text):
        yield found.start(), found.end(), found[0].translate(CORNER_QUOTES)
    for line in re.finditer(f"[^{BREAK_CHARACTER}]+", text):
        if line[0].count('"') % 2:
            continue
        for found in _straight_quotes.finditer(line[0]):
            start, end = line.start() + found.start(), line.start() + found.end()
            if _hanzi.search(found[1]) or _chinese.search(text[start - 1 : start] + text[end : end + 1]):
                yield start, start + 1, "“"
                yield end - 1, end, "”"


_blank_run = re.compile(f"[{BLANK_CHARACTERS}]+")
_zero_width = re.compile("[\u200b\u2060\ufeff]")
_line_of_names = re.compile(
    f"[{BLANK_CHARACTERS}]*[{HANZI_RANGES}]{{2,4}}(?:[{BLANK_CHARACTERS}]+[{HANZI_RANGES}]{{2,4}}){{2,}}[{BLANK_CHARACTERS}]*"
)
_law_article = re.compile(f"[{BLANK_CHARACTERS}]*第[{CHINESE_NUMERALS}千零〇0-9]+[编章节条款]")
_list_number = re.compile(f"[{BLANK_CHARACTERS}]*[0-9]{{1,2}}[.．、)）]")


def _spaces(text: str) -> Iterator[tuple[int, int, str]]:
    """None at the ends of lines, beside Chinese marks and between Hanzi; one elsewhere.

    A line of nothing but names keeps them apart, and 第一条 stands apart from its words.
    """
    for found in _zero_width.finditer(text):
        yield found.start(), found.end(), ""
    for line in re.finditer(f"[^{BREAK_CHARACTER}]+", text):
        words, is_of_names = line[0], _line_of_names.fullmatch(line[0])
        for found in _blank_run.finditer(words):
            # All of the line before it where that may be a number, which is short.
            before = words[: found.start()] if found.start() < MAX_GAP_CHARS else words[found.start() - 1]
            after = words[found.end() : found.end() + 1]
            if not before or not after:
                new = ""
            elif is_of_names or (_law_article.fullmatch(before) and _hanzi.match(after)):
                new = "\u3000"
            elif after != FOOTNOTE_BACKLINK and _is_superfluous(before, after):
                new = ""
            else:
                new = " "
            if new != found[0]:
                yield line.start() + found.start(), line.start() + found.end(), new


def _is_superfluous(before: str, after: str) -> bool:
    """Whether no blank belongs between the two."""
    left, right = before[-1], after[0]
    if (
        left in UNSPACED_PUNCTUATION
        or right in UNSPACED_PUNCTUATION
        or (_chinese.fullmatch(left) and _chinese.fullmatch(right))
    ):
        return True
    return bool(_list_number.fullmatch(before) and _hanzi.fullmatch(right))


RULES: tuple[TypesettingRule, ...] = (_ellipses, _dashes, _quotes, _brackets, _punctuation, _spaces)


# Paragraphs.

_space = f"(?:[{BLANK_CHARACTERS}]|&nbsp;)"
_paragraph_pattern = re.compile(r"<p((?: [^>]*)?)>(.*?)</p>", re.DOTALL)
_leading_blanks = re.compile(f"(?:{_space}|<br>)*")
_trailing_blanks_reversed = re.compile(
    f"(?:[{BLANK_CHARACTERS}]|;psbn&|>rb<)*"
)  # backwards: looked for forwards, it takes time squared
_line_break = re.compile(f"<br>(?:{_space}|<br>)*")
# An empty line, or a line that begins with blanks: a new paragraph by whoever typed it.
_paragraph_break = re.compile(f"<br>.*<br>|\u3000|{_space}{{2}}", re.DOTALL)
_inline_tag = re.compile(r"<(/?)(?:strong|b|em|i|u|s|sub|sup|code|a)\b[^>]*>")
_invisible_content = rf"(?:{_space}|[\u200b\u2060\ufeff]|<br>|</?(?:strong|b|em|i|u|s|sub|sup|code|a)\b[^>]*>)*"
_empty_block = re.compile(rf"<(p|h[2-4])(?: [^>]*)?>{_invisible_content}</\1>")


def _split_paragraphs(html: str) -> str:
    return _paragraph_pattern.sub(_split_paragraph, html)


def _split_paragraph(found: re.Match) -> str:
    attributes, inside = found[1], found[2]
    inside = inside[_leading_blanks.match(inside).end() :]
    inside = inside[: len(inside) - _trailing_blanks_reversed.match(inside[::-1]).end()]
    parts, begin, seen, depth = [], 0, 0, 0
    for line in _line_break.finditer(inside):
        depth += sum(-1 if tag[1] else 1 for tag in _inline_tag.finditer(inside, seen, line.start()))
        seen = line.end()
        if not depth and _paragraph_break.search(line[0]):  # bold text that goes over the line is not torn apart
            parts.append(inside[begin : line.start()])
            begin = line.end()
    return "".join(f"<p{attributes}>{part}</p>" for part in (*parts, inside[begin:]))


def _remove_empty_blocks(html: str) -> str:
    return _empty_block.sub("", html)


# Headings.

HEADING_PATTERNS = {
    2: re.compile(f"[{CHINESE_NUMERALS}]{{1,3}}、."),
    3: re.compile(f"（[{CHINESE_NUMERALS}]{{1,3}}）."),
    4: re.compile(r"[0-9]{1,2}[.．、](?![0-9])."),
}
_heading_tag = re.compile(r"<h([2-4])")
_never_a_heading = re.compile(r'<img|<br|class="align-(?:center|right)"')
_sentence_punctuation = re.compile(r"[。；！？：;!?:]|[，、,.]$")
_bold_tag = re.compile(r"</?(?:strong|b)>")


def _mark_headings(html: str) -> str:
    """Short numbered paragraphs become headings, unless several of a level follow one another: those are a list."""
    blocks = _top_level_blocks(html)
    levels = [_heading_level(block) for block in blocks]
    for place, block in enumerate(blocks):
        level = levels[place]
        around = [*levels[max(place - 1, 0) : place], *levels[place + 1 : place + 2]]
        if level and block.startswith("<p") and level not in around and place + 1 < len(blocks):
            inside = _bold_tag.sub("", block[block.index(">") + 1 : -len("</p>")])
            blocks[place] = f"<h{level}>{inside}</h{level}>"
    return "".join(blocks)


def _heading_level(block: str) -> int:
    """That of a heading, or that a paragraph would have as one; 0 for anything else."""
    if found := _heading_tag.match(block):
        return int(found[1])
    if not re.match("<p[ >]", block) or _never_a_heading.search(block):
        return 0
    words = plain_text(block).strip()
    if len(words) > MAX_HEADING_CHARS or _sentence_punctuation.search(words):
        return 0
    return next((level for level, pattern in HEADING_PATTERNS.items() if pattern.match(words)), 0)


def _top_level_blocks(html: str) -> list[str]:
    """The blocks that stand in no other, and what stands between them."""
    found, depth, begin = [], 0, 0
    for tag in block_tag_pattern.finditer(html):
        if depth == 0 and not tag[1]:
            found.append(html[begin : tag.start()])
            begin = tag.start()
        depth += 0 if tag[2] == "hr" else -1 if tag[1] else 1
        if depth == 0:
            found.append(html[begin : tag.end()])
            begin = tag.end()
    return [block for block in (*found, html[begin:]) if block.strip()]
