"""Removal of hidden text from Word documents before they are read."""

import re
from xml.etree import ElementTree

Element = ElementTree.Element

# Parts of a run that show nothing. They stay in a hidden run, so that the fields that they begin and end stay whole.
UNSEEN = {"rPr", "fldChar", "instrText", "delText", "lastRenderedPageBreak"}
BLANK = {"t", "tab", "br", "cr"}

MAX_STYLE_DEPTH = 50  # styles that are based on one another; Word itself goes no deeper than eleven

_invisible = re.compile(r"visibility:\s*hidden")


class HiddenText:
    """Knows which styles of one document hide text (w:vanish, ISO/IEC 29500-1, 17.3.2.41)."""

    def __init__(self, w: str, styles: Element | None) -> None:
        """`w`: the namespace of its elements, in braces. `styles`: the root of its styles part."""
        self.w = w
        raw = {} if styles is None else {one.get(f"{w}styleId", ""): one for one in styles.findall(f"{w}style")}
        defaults = None if styles is None else styles.find(f"{w}docDefaults/{w}rPrDefault/{w}rPr")
        self._hides_all = bool(self._said(defaults))
        self._hiding = {key: self._inherited(key, raw) for key in raw}
        self._defaults = {one.get(f"{w}type"): key for key, one in raw.items() if _is_on(one.get(f"{w}default", "0"))}

    def drop(self, element: Element, table: str = "", paragraph: str = "") -> int:
        """Take out the hidden text and drawings below an element. Return how many there were.

        `table`, `paragraph`: ids of the styles around the element. A hidden paragraph mark hides no text.
        """
        w, count = self.w, 0
        left: list[Element] = []  # written at once: to remove one child after the other takes time squared
        for child in element:
            inner = (table, paragraph)
            if child.tag == f"{w}tbl":
                inner = (self._style(child, "tblPr", "tblStyle", "table"), "")
            elif child.tag == f"{w}p":
                inner = (table, self._style(child, "pPr", "pStyle", "paragraph"))
            elif child.tag in (f"{w}drawing", f"{w}pict") and _is_invisible(child):
                count += 1
                continue
            elif _is_run(child) and self._is_hidden(child, table, paragraph):
                count += _empty(child)
            left.append(child)
            count += self.drop(child, *inner)
        if len(left) != len(element):
            element[:] = left
        return count

    def _is_hidden(self, run: Element, table: str, paragraph: str) -> bool:
        """Return whether Word hides a run. Its own properties count first.

        Hiding is a toggle property (17.7.3): a hiding character style inside a hiding paragraph style shows the text.
        """
        if (hides := self._said(run.find(f"{self.w}rPr"))) is not None:
            return hides
        styles = (table, paragraph, self._style(run, "rPr", "rStyle", "character"))
        return self._hides_all or sum(self._hiding.get(key, False) for key in styles) % 2 == 1

    def _said(self, properties: Element | None) -> bool | None:
        """Return whether run properties hide text; None where they say nothing about it.

        w:webHidden does not: Word shows and prints that text. w:specVanish is about paragraph marks.
        """
        found = None if properties is None else properties.find(f"{self.w}vanish")
        return None if found is None else _is_on(found.get(f"{self.w}val", "1"))

    def _inherited(self, key: str, raw: dict[str, Element]) -> bool:
        passed: set[str] = set()
        while key in raw and key not in passed and len(passed) < MAX_STYLE_DEPTH:
            passed.add(key)
            if (hides := self._said(raw[key].find(f"{self.w}rPr"))) is not None:
                return hides
            key = self._value(raw[key], "basedOn")
        return False

    def _style(self, element: Element, properties: str, name: str, kind: str) -> str:
        """Return the id of the element's style, or of the default style of this kind."""
        found = self._value(element.find(f"{self.w}{properties}"), name)
        return found if found in self._hiding else self._defaults.get(kind, "")

    def _value(self, element: Element | None, name: str) -> str:
        found = None if element is None else element.find(f"{self.w}{name}")
        return "" if found is None else found.get(f"{self.w}val", "")


def _is_on(value: str) -> bool:
    """Return what an on/off value means (ST_OnOff)."""
    return value not in ("0", "false", "off")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _is_run(element: Element) -> bool:
    """Return whether an element is a run of text or of a formula, which carries the same properties."""
    return _local(element) == "r" and "drawingml" not in element.tag


def _is_invisible(drawing: Element) -> bool:
    """Return whether a drawing is hidden: by its own properties in DrawingML, by its outermost shapes in VML."""
    properties = (one for child in drawing for one in child if _local(one) == "docPr")
    is_hidden = any(_is_on(one.get("hidden", "0")) for one in properties)
    return is_hidden or any(_invisible.search(child.get("style", "")) for child in drawing)


def _empty(run: Element) -> bool:
    """Empty a hidden run. Return whether it held anything that a reader would see."""
    parts = [one for one in run if _local(one) not in UNSEEN]
    run[:] = [one for one in run if _local(one) in UNSEEN]
    return any(_local(part) not in BLANK or (part.text or "").strip() for part in parts)
