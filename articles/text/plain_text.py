"""Plain text: the words of HTML, summaries made of them, and cleaning of what people type into fields."""

import re
from html import unescape

from inputs.visible_text import has_visible_text

AUTO_SUMMARY_CHARS = 120

_any_tag = re.compile(r"<[^>]*>")
_line_ending_tag = re.compile(r"</(?:p|h[2-4]|div|li|tr|td|th|blockquote|pre|figcaption|caption)>|<br>|<hr>")
# Characters that XML, and so a feed, cannot hold; Word leaves some of them behind.
_unprintable = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_keyword_separators = re.compile(r"[\s,，、;；]+")


def plain_text(html: str) -> str:
    """Return the words of sanitised HTML, one line a paragraph; for search, summaries and counting."""
    return unescape(_any_tag.sub("", _line_ending_tag.sub("\n", html)))


def has_words(html: str) -> bool:
    """Return whether HTML, sanitised or not, holds letters, Hanzi or digits between its tags."""
    words = unescape(re.sub(r"<[^<>]*>", "", html))
    return any(map(has_visible_text, re.findall(r"\w+", words)))


def strip_control_characters(text: str, replacement: str = "") -> str:
    """Return the text without control characters; tabs and ends of lines stay."""
    return _unprintable.sub(replacement, text)


def generate_summary(body: str) -> str:
    """Return the first AUTO_SUMMARY_CHARS characters of the body's words, on one line."""
    words = " ".join(plain_text(body).split())
    return words if len(words) <= AUTO_SUMMARY_CHARS else words[: AUTO_SUMMARY_CHARS - 1].rstrip() + "…"


def written_summary(summary: str, body: str) -> str:
    """Return the summary, or "" if nobody wrote it: freezing generates it from the body, and would do so again."""
    return "" if summary == generate_summary(body) else summary


def split_keywords(text: str) -> list[str]:
    """Return the words of a keyword field, which people separate by spaces or commas of any kind."""
    return [word for word in _keyword_separators.split(text) if word]
