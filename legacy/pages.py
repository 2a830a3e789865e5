"""Parser of one saved page of an old portal.

Such a page has, from top to bottom: the menu, a breadcrumb, the title, a line
of labels 【字体: 】【2014-2-7】【作者/来源 …】, the body, 上一篇/下一篇, and a footer. The words
of title and body are taken over exactly; blanks around a line are its old
indentation and are not. The footer is the old site's and never becomes words:
in the page that this was written for it had been tampered with.
"""

import re
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.dates import SHOWN, check_date
from inputs.exceptions import InputTooLarge
from legacy.page_source import (
    BLANK_CHARACTERS,
    MissingBody,
    MissingDate,
    MissingTitle,
    NotText,
    PageSource,
    SourceLine,
    UnreadablePage,
    read_page_source,
    source_from_text,
)
from legacy.tamper_detection import Suspicion, find_suspicions

__all__ = ["LegacyPage", "LegacyParagraph", "MissingBody", "MissingDate", "MissingTitle", "NotText", "Suspicion"]
__all__ += ["UnreadablePage", "body_html", "parse_page", "read_page"]


@dataclass(frozen=True)
class LegacyParagraph:
    """One paragraph. `run_in_heading` is the run-in heading that `text` begins with, "" if there is none."""

    kind: Literal["heading", "text", "closing"]
    text: str
    run_in_heading: str = ""


@dataclass(frozen=True)
class LegacyPage:
    """What one old page says. Names and titles are "" where the page has none.

    `footer` holds the raw lines of the old footer, for the report only. `suspicions` and
    `notes` (what was left out, and why, as sentences) are for the person who imports. `address` is where the page was.
    """

    navigation: tuple[str, ...]
    breadcrumb: tuple[str, ...]
    department: str
    title: str
    date: date
    author: str
    source: str
    paragraphs: tuple[LegacyParagraph, ...]
    previous_title: str
    next_title: str
    footer: tuple[str, ...]
    suspicions: tuple[Suspicion, ...]
    notes: tuple[str, ...]
    address: str = ""


def read_page(path: Path) -> LegacyPage:
    """The page saved at `path`, as text or as HTML, in UTF-8 or GB18030.

    Raises UnreadablePage, or its kinds NotText, MissingTitle, MissingDate and MissingBody.
    """
    return _parse_source(read_page_source(path), str(path))


def parse_page(text: str, name: str) -> LegacyPage:
    """The page whose plain text is `text`; `name` stands for it in errors. Raises as `read_page` does."""
    try:
        return _parse_source(source_from_text(text), name)
    except InputTooLarge as error:
        raise UnreadablePage(name, str(error)) from error


def body_html(page: LegacyPage) -> str:
    """The paragraphs as HTML, one element a line, every word escaped."""
    return "\n".join(_paragraph_html(paragraph) for paragraph in page.paragraphs)


def _paragraph_html(paragraph: LegacyParagraph) -> str:
    text = escape(paragraph.text, quote=False)
    if paragraph.kind == "heading":
        return f"<h2>{text}</h2>"
    if paragraph.kind == "closing":
        return f'<p class="align-right">{text}</p>'
    if paragraph.run_in_heading:
        rest = escape(paragraph.text[len(paragraph.run_in_heading) :], quote=False)
        return f"<p><strong>{escape(paragraph.run_in_heading, quote=False)}</strong>{rest}</p>"
    return f"<p>{text}</p>"


MAX_NOTE_CHARS = 300  # of a line that was left out
_LABEL_LINE = re.compile(
    r"【\s*(字体|字号|日期|时间[:：]|发布[时日]|录入[时日]|更新[时日]|作者|撰稿|(?:文章|信息|稿件)?来源|阅读|浏览|点击|打印|关\s*闭|\d{4}\s*[-/.年])"
)
_LABEL_DATE = re.compile(r"(?<!\d)(\d{4})\s*[-/.年－／．]\s*(\d{1,2})\s*[-/.月－／．]\s*(\d{1,2})(?!\d)")
_AUTHOR_AND_SOURCE = re.compile(r"【\s*作者\s*/\s*来源\s*[:：]?([^【】]*)")
_AUTHOR = re.compile(r"【\s*(?:作者|撰稿人?)(?!\s*/)\s*[:：]?([^【】]*)")
_SOURCE = re.compile(r"【\s*(?:文章|信息|稿件)?来源\s*[:：]?([^【】]*)")
_USED_LABEL = re.compile(r"日期|时间|\d{4}\s*[-/.年－／．]|作者|撰稿|来源")
_GENERIC_CRUMBS = ("正文", "内容", "详情")
_LOCATION_PREFIX = re.compile(r"^[您你]?(?:现在|当前|所在)?的?位置(?:是|在)?\s*[:：]?\s*")
_FOOTER = re.compile(
    r"^(?:版权所有(?![者人的])|版权归|copyright|©|网站邮箱|联系邮箱|主办单位|主办[:：]|承办单位|技术支持|网站地址)"
    r"|all rights reserved|[\u4e00-\u9fff]icp[备证]?\s*\d+号|公网安备\s*\d+|.版权所有$",
    re.IGNORECASE,
)
_NEIGHBOUR = re.compile(r"(?:^|(?<=[|｜\s]))\s*(上一[篇条]|下一[篇条])\s*[:：]?|(上一[篇条]|下一[篇条])\s*[:：]")
_NO_NEIGHBOUR = re.compile(r"(没有了?|无|暂无|已经?是?(?:最后|第)一[篇条])[!！。.]?")


def _parse_source(source: PageSource, name: str) -> LegacyPage:
    lines = source.visible_lines
    start = next((index for index, line in enumerate(lines) if _LABEL_LINE.match(line.text)), None)
    if start is None:
        reason = _("There is no line 【字体…】, so the title cannot be found. Save the page of one article.")
        raise MissingTitle(name, reason)
    end = next((index for index in range(start, len(lines)) if not _LABEL_LINE.match(lines[index].text)), len(lines))
    head, labels = lines[:start], lines[start:end]
    crumbs = next((line for line in reversed(head) if _parse_breadcrumb(line.text)), None)
    breadcrumb = _parse_breadcrumb(crumbs.text) if crumbs else ()
    menu, navigation = _find_menu(head, crumbs)
    title = next((line for line in head[-1:] if line is not crumbs and line not in menu), None)
    if title is None:
        reason = _("No title stands before the line 【字体…】. Write the title on a line of its own there.")
        raise MissingTitle(name, reason)

    day = _parse_date("".join(line.text for line in labels), name)
    body, neighbours, footer = _split_sections(lines[end:])
    repeated = body[:1] if body and _without_blanks(body[0].text) == _without_blanks(title.text) else ()
    body = body[len(repeated) :]
    if not body:
        raise MissingBody(name, _("There is no text below the title. Save the page again when it is fully loaded."))
    known = {line.number for line in (*menu, crumbs, title) if line}
    unknown = [line for line in head if line.number not in known]
    notes = [*source.notes, *([] if crumbs else [_("There is no breadcrumb, so the department is not known.")])]
    notes += [_omission_note(line, _("not known as a part of the page")) for line in unknown]
    notes += [_omission_note(line, _("buttons and reads of the old page")) for line in _unused_labels(labels)]
    notes += [_omission_note(line, _("the title again")) for line in repeated]
    notes += [_omission_note(line, _("footer of the old site")) for line in footer]
    broken = _("Line %d holds characters that an earlier conversion destroyed.")
    notes += [broken % line.number for line in (title, *body) if "\ufffd" in line.text or "锟斤拷" in line.text]

    author, origin = _parse_author_and_source("".join(line.text for line in labels))
    older, newer = _neighbour_titles(neighbours)
    around = (*source.hidden_lines, *(line for line in head if line is not title), *footer)
    return LegacyPage(
        navigation=navigation,
        breadcrumb=breadcrumb,
        department=next((step for step in reversed(breadcrumb[1:]) if step not in (*_GENERIC_CRUMBS, title.text)), ""),
        title=title.text,
        date=day,
        author=author,
        source=origin,
        paragraphs=_paragraphs(body),
        previous_title=older,
        next_title=newer,
        footer=tuple(line.text for line in footer),
        suspicions=find_suspicions(around, (title, *labels, *body, *neighbours)),
        notes=tuple(notes),
        address=source.address,
    )


def _unused_labels(labels: tuple[SourceLine, ...]) -> list[SourceLine]:
    """The labels that say nothing about the article."""
    parts = ((line.number, re.findall(r"【[^【】]*】?", line.text)) for line in labels)
    rests = [
        SourceLine(number, " ".join(label for label in found if not _USED_LABEL.search(label)))
        for number, found in parts
    ]
    return [line for line in rests if line.text]


def _parse_author_and_source(labels: str) -> tuple[str, str]:
    """The names under 【作者/来源 …】 (one name is the author's), or under 【作者:…】 and 【来源:…】."""
    both, author, source = (pattern.search(labels) for pattern in (_AUTHOR_AND_SOURCE, _AUTHOR, _SOURCE))
    first, _slash, second = both[1].partition("/") if both else (author[1] if author else "", "", "")
    return first.strip(BLANK_CHARACTERS), (second or (source[1] if source else "")).strip(BLANK_CHARACTERS)


def _omission_note(line: SourceLine, why: str) -> str:
    return _("Line %(number)d was left out (%(why)s): %(text)s") % {
        "number": line.number,
        "why": why,
        "text": line.text if len(line.text) <= MAX_NOTE_CHARS else f"{line.text[:MAX_NOTE_CHARS]}…",
    }


def _without_blanks(text: str) -> str:
    return re.sub(r"\s", "", text)


def _is_home(step: str) -> bool:
    return _without_blanks(step) in ("首页", "主页", "网站首页")


def _parse_breadcrumb(text: str) -> tuple[str, ...]:
    """The names of a breadcrumb such as “首 页 > 组织建设”; () for any other line."""
    path = _LOCATION_PREFIX.sub("", text)
    steps = [step.strip() for step in re.split(r"[>＞»›]+", path)]
    if len(steps) < 2 or not (_is_home(steps[0]) or path != text):
        return ()
    return tuple("首页" if _without_blanks(step) == "首页" else step for step in steps if step)


def _find_menu(
    head: tuple[SourceLine, ...], breadcrumb: SourceLine | None
) -> tuple[tuple[SourceLine, ...], tuple[str, ...]]:
    """The menu's lines and its names: from 首页 to 返回主站, the breadcrumb, or the end of a row."""
    above = head[: head.index(breadcrumb)] if breadcrumb else head
    rows = [(line, re.sub(r"首\s页", "首页", line.text).replace("|", " ").split()) for line in above]
    first = next((index for index, (_line, names) in enumerate(rows) if names and _is_home(names[0])), None)
    if first is None:
        return (), ()
    # A menu in one row ends with it, one of many rows (list items in HTML) at its last known name.
    last = next((index for index, (_line, names) in enumerate(rows) if "返回主站" in names), None)
    if last is None or last < first:
        last = len(rows) - 1 if breadcrumb and len(rows[first][1]) == 1 else first
    chosen = rows[first : last + 1]
    return tuple(line for line, _names in chosen), tuple(name for _line, names in chosen for name in names)


def _split_sections(
    lines: tuple[SourceLine, ...],
) -> tuple[tuple[SourceLine, ...], tuple[SourceLine, ...], tuple[SourceLine, ...]]:
    """Body, 上一篇/下一篇 and footer. Long lines are prose, even if they speak of copyright."""
    short = [index for index, line in enumerate(lines) if len(line.text) <= 200]
    footer = next((index for index in short if _FOOTER.search(lines[index].text)), len(lines))
    marked = [index for index in short if index < footer and _is_neighbour(lines[index].text)]
    if not marked:
        return lines[:footer], (), lines[footer:]
    first = last = marked[-1]
    if (
        len(_NEIGHBOUR.findall(lines[last].text)) == 1
    ):  # the other label may stand one line above, or two with its title
        above = [last - 1] + [index for index in (last - 2,) if index in marked and _is_bare_label(lines[index])]
        first = min([last, *(index for index in above if index in marked)])
    if last + 1 < footer and _is_bare_label(lines[last]):
        last += 1  # its title stands on the next line
    return lines[:first], lines[first : last + 1], lines[last + 1 :]


def _is_neighbour(text: str) -> bool:
    return bool(_NEIGHBOUR.match(text)) and not text.endswith("。")


def _is_bare_label(line: SourceLine) -> bool:
    return bool(_NEIGHBOUR.fullmatch(line.text))


def _neighbour_titles(lines: tuple[SourceLine, ...]) -> tuple[str, str]:
    """The titles of the older (上一篇) and the newer (下一篇) article, "" for none."""
    text = "\n".join(line.text for line in lines)
    titles = {"上": "", "下": ""}
    labels = list(_NEIGHBOUR.finditer(text))
    for label, following in zip(labels, [*labels[1:], None], strict=False):
        words = text[label.end() : following.start() if following else len(text)].strip(BLANK_CHARACTERS + "|｜")
        titles[(label[1] or label[2])[0]] = "" if _NO_NEIGHBOUR.fullmatch(words) else words
    return titles["上"], titles["下"]


def _parse_date(labels: str, name: str) -> date:
    found = _LABEL_DATE.search(labels)
    if not found:
        raise MissingDate(name, _("The labels under the title hold no date. Write it there as 【2014-2-7】."))
    try:
        day = date(*map(int, found.groups()))
        check_date(day, SHOWN)
    except ValidationError as error:
        raise MissingDate(name, " ".join(error.messages)) from error
    except ValueError as error:
        reason = _("The calendar has no day %(day)s. Correct the date under the title.")
        raise MissingDate(name, reason % {"day": found[0]}) from error
    return day


_NUMERALS = "一二三四五六七八九十百"
_HEADING = re.compile(rf"(?:[（(][{_NUMERALS}]+[)）]|[{_NUMERALS}]+、)(?=.)")
_SENTENCE_END = re.compile(r"[。！？!?…；;，,、.]$|[:：].")  # “一、时间：3月1日” is an item, not a heading
_RUN_IN = re.compile(r"(?:\d{1,2}\s*[、.．](?!\d)|[（(]\d{1,2}[)）])[^。]*。(?=.)")
_CLOSING = re.compile(rf"[（(](?![{_NUMERALS}\d]+[)）])[^（）()。]{{1,28}}[)）]")
_TRAILING_CLOSING = re.compile(rf"(?:(?<=[。！？])|(?<=[。！？]”))\s*({_CLOSING.pattern})$")


def _paragraphs(body: tuple[SourceLine, ...]) -> tuple[LegacyParagraph, ...]:
    *texts, last = (line.text for line in body)
    closing = ""
    if texts and _CLOSING.fullmatch(last):
        closing, last = last, ""
    elif glued := _TRAILING_CLOSING.search(last):
        closing, last = glued[1], last[: glued.start()]
    paragraphs = [_classify_paragraph(text) for text in (*texts, last) if text]
    return (*paragraphs, LegacyParagraph("closing", closing)) if closing else tuple(paragraphs)


def _classify_paragraph(text: str) -> LegacyParagraph:
    if len(text) <= 40 and _HEADING.match(text) and not _SENTENCE_END.search(text):
        return LegacyParagraph("heading", text)
    run_in = _RUN_IN.match(text)
    return LegacyParagraph("text", text, run_in[0] if run_in and len(run_in[0]) <= 60 else "")
