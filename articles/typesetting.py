"""Chinese typography in one step, on sanitised HTML: punctuation, blanks, paragraphs, headings. Words never change.

Punctuation after GB/T 15834—2011 (full-width between Hanzi, ——, ……, “”), numbers of documents (〔2024〕5号) and the
levels of headings 一、（一） 1. after GB/T 9704—2012. First lines are indented by the style of the page, not by blanks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape

from articles.sanitising import plain_text

HANZI = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
SIGNS = "，。、；：？！“”‘’（）〔〕【】《》〈〉…—"  # of Chinese text
CLOSE = "，。、；：？！（）〔〕【】《》"  # those beside which no blank ever stands
BLANK = " \t\r\n\u00a0\u2002-\u200a\u3000"
BREAK, OBJECT = "\u2028", "\ufffc"  # stand for <br> and <img> while text is looked at
NUMERALS = "一二三四五六七八九十百"

LONGEST_HEADING = 40
MOST_PASSES = 6
DEEPEST = 20  # brackets in brackets
WAY_BACK = "↑"  # from a footnote to its mark
NEAR = 20  # characters in which something is still beside something else, with blanks between

_token = re.compile(r"(<[^>]*>)")
_name = re.compile(r"</?([a-z][a-z0-9]*)")
block_tag = re.compile(
    r"<(/?)(p|h[2-4]|div|blockquote|pre|hr|ul|ol|li|table|caption|thead|tbody|tfoot|tr|th|td|figure|figcaption)\b[^>]*>"
)
# Never touched: addresses, and what stands in <code> and <pre> or is the mark of a footnote.
_address = re.compile(
    r"(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://|www\.)[!-~]+|(?<![a-z0-9._%+-])[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}"
    r"|(?<![a-z0-9.-])(?:[a-z0-9-]+\.)+(?:cn|com|net|org|gov|edu)\b(?:[/?#:][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)

FULL = str.maketrans(",;:?!()", "，；：？！（）")


def typeset(html: str) -> str:
    """Sanitised HTML, set; sanitised it stays. What is set already comes out as it is."""
    for _pass in range(MOST_PASSES):
        before = html
        html = _with_headings(_without_empty(_with_flows_set(_with_lines_split(html))))
        if html == before:
            break
    return html


# Text between two tags of blocks: one line of characters, whatever stands inside it.


@dataclass
class _Flow:
    """`text`: the characters; `owners`: for each, the index of its token; `fixed`: those that nobody changes."""

    text: str
    owners: list[int]
    fixed: list[bool]

    def edit(self, edits: list[tuple[int, int, str]]) -> None:
        """Puts new words in places (start, end). Those that touch what is fixed are passed over."""
        pieces, owners, fixed, end = [], [], [], 0
        for start, stop, words in edits:
            if start < end or any(self.fixed[start:stop]):
                continue
            pieces += [self.text[end:start], words]
            owners += self.owners[end:start] + [self.owners[start]] * len(words)
            fixed += self.fixed[end:start] + [False] * len(words)
            end = stop
        self.text = "".join([*pieces, self.text[end:]])
        self.owners = owners + self.owners[end:]
        self.fixed = fixed + self.fixed[end:]


Rule = Callable[[str], Iterator[tuple[int, int, str]]]


def _with_flows_set(html: str) -> str:
    tokens = _token.split(html)
    start = 0
    inside_pre = False
    for index, token in [*enumerate(tokens), (len(tokens), "<hr>")]:
        found = block_tag.fullmatch(token)
        if not found:
            continue
        if not inside_pre:
            _set_flow(tokens, start, index)
        if found[2] == "pre":
            inside_pre = not found[1]
        start = index + 1
    return "".join(tokens)


def _set_flow(tokens: list[str], start: int, stop: int) -> None:
    characters: list[str] = []
    flow = _Flow("", [], [])
    code = mark = 0
    for index in range(start, stop):
        piece = tokens[index]
        if not piece.startswith("<"):
            words = unescape(piece)
            characters.append(words)
            flow.owners += [index] * len(words)
            flow.fixed += [bool(code or mark)] * len(words)
            continue
        name = _name.match(piece)
        tag, step = (name[1] if name else ""), -1 if piece.startswith("</") else 1
        code += step if tag == "code" else 0
        mark = 0 if piece == "</a>" else 1 if piece.startswith('<a href="#fn') else mark
        if tag in ("br", "img"):
            characters.append(BREAK if tag == "br" else OBJECT)
            flow.owners.append(index)
            flow.fixed.append(True)
    flow.text = "".join(characters)
    if not flow.text:
        return
    for found in _address.finditer(flow.text):
        length = len(found[0].rstrip(".,;:!?)'\""))  # these end the sentence, not the address
        flow.fixed[found.start() : found.start() + length] = [True] * length
    for rule in RULES:
        flow.edit(sorted(rule(flow.text)))
    for index in range(start, stop):
        if not tokens[index].startswith("<"):
            tokens[index] = ""
    for character, owner in zip(flow.text, flow.owners, strict=True):
        if not tokens[owner].startswith("<"):  # a text keeps no plain "<"
            tokens[owner] += escape(character, quote=False).replace("\u00a0", "&nbsp;")


# Rules: each finds places in a line and says what shall stand there.


def _ellipses(text: str) -> Iterator[tuple[int, int, str]]:
    """... and 。。。 and a lone … beside Chinese become ……; before a number they lead to it and stay."""
    for found in re.finditer(r"\.{3,}|。{3,}|(?<!…)…(?!…)", text):
        after = text[found.end() : found.end() + NEAR].lstrip()[:1]
        if _is_beside(text, found) and not after.isdigit():
            yield found.start(), found.end(), "……"


def _dashes(text: str) -> Iterator[tuple[int, int, str]]:
    for found in re.finditer(r"[-─―－]{2,}", text):
        if _is_beside(text, found):
            yield found.start(), found.end(), "——"


def _is_beside(text: str, found: re.Match) -> bool:
    """Whether Chinese stands right before the place or right after it, blanks aside."""
    before = text[max(found.start() - NEAR, 0) : found.start()].rstrip()[-1:]
    after = text[found.end() : found.end() + NEAR].lstrip()[:1]
    return bool(_chinese.fullmatch(before) or _chinese.fullmatch(after))


_chinese = re.compile(f"[{HANZI}{SIGNS}]")
_hanzi = re.compile(f"[{HANZI}]")
_after_chinese = re.compile(f"(?<=[{HANZI}”’）】》〕%])[{BLANK}]*([,;:?!])")
_before_hanzi = re.compile(f"(?<=[0-9A-Za-z)\\]])([,;:?!])(?=[{BLANK}]*[{HANZI}“《（])")
_full_stop = re.compile(f"(?<=[{HANZI}”’）】》〕%])[{BLANK}]*(\\.)(?=[{BLANK}]*(?:[{HANZI}{SIGNS}{BREAK}]|$))")


def _marks(text: str) -> Iterator[tuple[int, int, str]]:
    """Commas and the like beside Hanzi. Between digits (10:30, 3,000) and in Latin words they stay."""
    for pattern in (_after_chinese, _before_hanzi):
        for found in pattern.finditer(text):
            yield found.start(1), found.end(1), found[1].translate(FULL)
    for found in _full_stop.finditer(text):
        yield found.start(1), found.end(1), "。"


_document_number = re.compile(f"(?<=[{HANZI}])[\\[【(（](?:19|20)\\d\\d[\\]】）)](?=第?\\d+号)")


def _brackets(text: str) -> Iterator[tuple[int, int, str]]:
    """Round brackets round or beside Hanzi; f(x) stays, also before Hanzi. 组发[2024]5号 has 〔〕."""
    numbers = {found.start(): found.end() for found in _document_number.finditer(text)}
    for start, end in numbers.items():
        yield start, start + 1, "〔"
        yield end - 1, end, "〕"
    opened: list[int] = []
    for place, sign in enumerate(text):
        if sign == BREAK:
            opened = []
        elif sign in "(（" and len(opened) < DEEPEST:
            opened.append(place)
        elif sign in ")）" and opened and (start := opened.pop()) not in numbers:
            inside, before, after = text[start + 1 : place], text[start - 1 : start], text[place + 1 : place + 2]
            is_call = inside.isascii() and before.isascii() and before.isalnum()
            if not is_call and (_hanzi.search(inside) or _chinese.search(before + after)):
                yield start, start + 1, "（"
                yield place, place + 1, "）"


_quoted = re.compile(r'"([^"]*)"')
CORNERS = str.maketrans("「」『』", "“”‘’")


def _quotes(text: str) -> Iterator[tuple[int, int, str]]:
    """Corner brackets, and straight quotes where they pair within a line and stand round or beside Hanzi."""
    for found in re.finditer("[「」『』]", text):
        yield found.start(), found.end(), found[0].translate(CORNERS)
    for line in re.finditer(f"[^{BREAK}]+", text):
        if line[0].count('"') % 2:
            continue
        for found in _quoted.finditer(line[0]):
            start, end = line.start() + found.start(), line.start() + found.end()
            if _hanzi.search(found[1]) or _chinese.search(text[start - 1 : start] + text[end : end + 1]):
                yield start, start + 1, "“"
                yield end - 1, end, "”"


_run = re.compile(f"[{BLANK}]+")
_unseen = re.compile("[\u200b\u2060\ufeff]")
_names = re.compile(f"[{BLANK}]*[{HANZI}]{{2,4}}(?:[{BLANK}]+[{HANZI}]{{2,4}}){{2,}}[{BLANK}]*")
_article = re.compile(f"[{BLANK}]*第[{NUMERALS}千零〇0-9]+[编章节条款]")
_number = re.compile(f"[{BLANK}]*[0-9]{{1,2}}[.．、)）]")


def _blanks(text: str) -> Iterator[tuple[int, int, str]]:
    """None at the ends of lines, beside Chinese marks and between Hanzi; one elsewhere.

    A line of nothing but names keeps them apart, and 第一条 stands apart from its words.
    """
    for found in _unseen.finditer(text):
        yield found.start(), found.end(), ""
    for line in re.finditer(f"[^{BREAK}]+", text):
        words, is_of_names = line[0], _names.fullmatch(line[0])
        for found in _run.finditer(words):
            # All of the line before it where that may be a number, which is short.
            before = words[: found.start()] if found.start() < NEAR else words[found.start() - 1]
            after = words[found.end() : found.end() + 1]
            if not before or not after:
                new = ""
            elif is_of_names or (_article.fullmatch(before) and _hanzi.match(after)):
                new = "\u3000"
            elif after != WAY_BACK and _is_superfluous(before, after):
                new = ""
            else:
                new = " "
            if new != found[0]:
                yield line.start() + found.start(), line.start() + found.end(), new


def _is_superfluous(before: str, after: str) -> bool:
    """Whether no blank belongs between the two."""
    left, right = before[-1], after[0]
    if left in CLOSE or right in CLOSE or (_chinese.fullmatch(left) and _chinese.fullmatch(right)):
        return True
    return bool(_number.fullmatch(before) and _hanzi.fullmatch(right))


RULES: tuple[Rule, ...] = (_ellipses, _dashes, _quotes, _brackets, _marks, _blanks)


# Paragraphs.

_space = f"(?:[{BLANK}]|&nbsp;)"
_paragraph = re.compile(r"<p((?: [^>]*)?)>(.*?)</p>", re.DOTALL)
_begin = re.compile(f"(?:{_space}|<br>)*")
_end = re.compile(f"(?:[{BLANK}]|;psbn&|>rb<)*")  # backwards: looked for forwards, it takes time squared
_new_line = re.compile(f"<br>(?:{_space}|<br>)*")
# An empty line, or a line that begins with blanks: a new paragraph by whoever typed it.
_parts = re.compile(f"<br>.*<br>|\u3000|{_space}{{2}}", re.DOTALL)
_inline = re.compile(r"<(/?)(?:strong|b|em|i|u|s|sub|sup|code|a)\b[^>]*>")
_nothing = rf"(?:{_space}|[\u200b\u2060\ufeff]|<br>|</?(?:strong|b|em|i|u|s|sub|sup|code|a)\b[^>]*>)*"
_empty = re.compile(rf"<(p|h[2-4])(?: [^>]*)?>{_nothing}</\1>")


def _with_lines_split(html: str) -> str:
    return _paragraph.sub(_split, html)


def _split(found: re.Match) -> str:
    attributes, inside = found[1], found[2]
    inside = inside[_begin.match(inside).end() :]
    inside = inside[: len(inside) - _end.match(inside[::-1]).end()]
    parts, begin, seen, depth = [], 0, 0, 0
    for line in _new_line.finditer(inside):
        depth += sum(-1 if tag[1] else 1 for tag in _inline.finditer(inside, seen, line.start()))
        seen = line.end()
        if not depth and _parts.search(line[0]):  # bold text that goes over the line is not torn apart
            parts.append(inside[begin : line.start()])
            begin = line.end()
    return "".join(f"<p{attributes}>{part}</p>" for part in (*parts, inside[begin:]))


def _without_empty(html: str) -> str:
    return _empty.sub("", html)


# Headings.

LEVELS = {
    2: re.compile(f"[{NUMERALS}]{{1,3}}、."),
    3: re.compile(f"（[{NUMERALS}]{{1,3}}）."),
    4: re.compile(r"[0-9]{1,2}[.．、](?![0-9])."),
}
_heading = re.compile(r"<h([2-4])")
_never = re.compile(r'<img|<br|class="align-(?:center|right)"')
_sentence = re.compile(r"[。；！？：;!?:]|[，、,.]$")
_bold = re.compile(r"</?(?:strong|b)>")


def _with_headings(html: str) -> str:
    """Short numbered paragraphs become headings, unless several of a level follow one another: those are a list."""
    blocks = _blocks(html)
    levels = [_level(block) for block in blocks]
    for place, block in enumerate(blocks):
        level = levels[place]
        around = [*levels[max(place - 1, 0) : place], *levels[place + 1 : place + 2]]
        if level and block.startswith("<p") and level not in around and place + 1 < len(blocks):
            inside = _bold.sub("", block[block.index(">") + 1 : -len("</p>")])
            blocks[place] = f"<h{level}>{inside}</h{level}>"
    return "".join(blocks)


def _level(block: str) -> int:
    """That of a heading, or that a paragraph would have as one; 0 for anything else."""
    if found := _heading.match(block):
        return int(found[1])
    if not re.match("<p[ >]", block) or _never.search(block):
        return 0
    words = plain_text(block).strip()
    if len(words) > LONGEST_HEADING or _sentence.search(words):
        return 0
    return next((level for level, pattern in LEVELS.items() if pattern.match(words)), 0)


def _blocks(html: str) -> list[str]:
    """The blocks that stand in no other, and what stands between them."""
    found, depth, begin = [], 0, 0
    for tag in block_tag.finditer(html):
        if depth == 0 and not tag[1]:
            found.append(html[begin : tag.start()])
            begin = tag.start()
        depth += 0 if tag[2] == "hr" else -1 if tag[1] else 1
        if depth == 0:
            found.append(html[begin : tag.end()])
            begin = tag.end()
    return [block for block in (*found, html[begin:]) if block.strip()]
