"""The sealed body as a page shows it: round its pictures and tables stand links and boxes; no word is added or lost."""

import re

# The sanitiser writes attributes as name="value", so that its output can be taken apart by pattern.
_mark = re.compile(r'<(/?)(a|table|img)((?: [a-z-]+="[^"]*")*)>')
_own_picture = re.compile(r' src="(/files/[^"]+)"')


def presented(body: str) -> str:
    """Sanitised HTML in which each picture leads to itself in full size and each table can scroll sideways.

    A picture that stands in a link keeps that link; a table in a table scrolls with the outer one. The patrol holds
    pages against this same form of what was sealed.
    """
    inside = {"a": 0, "table": 0}

    def rewritten(found: re.Match) -> str:
        closes, tag, attributes = found.groups()
        if tag == "img":
            source = _own_picture.search(attributes)
            return f'<a class="picture" href="{source[1]}">{found[0]}</a>' if source and not inside["a"] else found[0]
        inside[tag] += -1 if closes else 1
        if tag == "table" and inside["table"] == (0 if closes else 1):
            return f"{found[0]}</div>" if closes else f'<div class="table-scroll">{found[0]}'
        return found[0]

    return _mark.sub(rewritten, body)
