"""Alternatives in a Word document: of what Word writes in two forms, the one that mammoth reads."""

from collections.abc import Iterator
from xml.etree import ElementTree

Element = ElementTree.Element

MC_NAMESPACE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
VML_NAMESPACE = "{urn:schemas-microsoft-com:vml}"
_ALTERNATIVES = f"{MC_NAMESPACE}AlternateContent"


def choose_alternatives(root: Element, w: str) -> None:
    """Keep the older form of what Word writes twice, or the newer where there is no other.

    `w`: the namespace of Word's elements, in braces. Children are written at once: to replace one after the other takes
    time squared.
    """
    for parent in root.iter():  # which looks at the children only after they are chosen here
        if parent.find(_ALTERNATIVES) is not None:
            parent[:] = [one for child in parent for one in _chosen(child, w)]


def _chosen(element: Element, w: str) -> Iterator[Element]:
    """Yield what is to stand in the place of an element: the chosen form of alternatives, else the element."""
    if element.tag != _ALTERNATIVES:
        yield element
        return
    older, newer = element.find(f"{MC_NAMESPACE}Fallback"), element.find(f"{MC_NAMESPACE}Choice")
    chosen = list(older if older is not None and len(older) else newer if newer is not None else ())
    boxes = [box for one in chosen for box in one.iter(f"{w}txbxContent")]
    if boxes and not any(True for one in chosen for _box in one.iter(f"{VML_NAMESPACE}textbox")):
        chosen = [_text_box(boxes, w)]
    for one in chosen:
        yield from _chosen(one, w)


def _text_box(boxes: list[Element], w: str) -> Element:
    picture = Element(f"{w}pict")
    for box in boxes:
        ElementTree.SubElement(picture, f"{VML_NAMESPACE}textbox").append(box)
    return picture
