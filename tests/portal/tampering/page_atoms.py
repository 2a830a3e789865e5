"""What a visitor sees of an answer, taken apart, and the comparison of two such answers."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from xml.etree import ElementTree

from django.utils.translation import trans_real

from tests.portal.visitor import Element, Page

Atom = tuple[str, ...]
# Attributes that say nothing to a visitor, and fields that differ each time.
SILENT_ATTRIBUTES = {"class", "id", "for", "aria-labelledby", "aria-describedby", "aria-current", "aria-invalid"}
CHANGING_FIELDS = {"csrfmiddlewaretoken", "form_token"}
SHOWN_HEADERS = ("Content-Type", "Content-Disposition", "Location", "Content-Language", "X-Accel-Redirect")
# Counts of rows and of reads, advice for a search (the table says that nothing seals them), and errors of a form.
UNSEALED_IDS = {"reads"}
UNSEALED_CLASSES = {"results-count", "listing-count", "pagination", "no-results", "errorlist"}


@dataclass
class Answer:
    """`rows`: link of a row of a list → everything that stands in the row; `atoms`: all else, in order."""

    status: int
    atoms: list[Atom] = field(default_factory=list)
    rows: list[tuple[Atom, frozenset[Atom]]] = field(default_factory=list)


def read_answer(response: Any) -> Answer:
    # Of an error only where it leads counts: its other headers are those of the page of the error.
    names = SHOWN_HEADERS if response.status_code < 400 else ()
    answer = Answer(response.status_code, [("header", name, response[name]) for name in names if name in response])
    kind = response.get("Content-Type", "").partition(";")[0]
    if kind == "text/html":
        for part in Page(response).inner:
            _take_html(part, answer)
    elif kind.endswith("xml") and "svg" not in kind:
        _take_xml(ElementTree.fromstring(response.content), answer)  # noqa: S314 (our own answer)
    elif kind == "application/json":
        answer.atoms += _json_atoms(json.loads(response.content))
    else:
        answer.atoms.append(("content", response.content.decode("latin-1")))
    return answer


def _take_html(part: Element | str, answer: Answer) -> None:
    if isinstance(part, str):
        answer.atoms += _words(part)
    elif _is_unsealed(part):
        return
    elif row := _row(part):
        answer.rows.append(row)
    else:
        answer.atoms += _attributes(part)
        if part.tag == "script" and part.inner:
            answer.atoms += _json_atoms(json.loads("".join(part.inner)))
            return
        for inner in part.inner:
            _take_html(inner, answer)


def _row(part: Element) -> tuple[Atom, frozenset[Atom]] | None:
    """A row that may be left out, or come in another's place: known by its link."""
    is_lead = part.tag == "article" and part.matches("", {"class_": "lead"})
    if not (is_lead or part.tag in ("li", "p")) or (part.tag == "p" and "muted" in part.attributes.get("class", "")):
        return None
    links = [(link.attributes["href"], link.seen_words) for link in part.all("a") if "href" in link.attributes]
    if len(links) not in (1, 2) or not links[0][0].strip("/").rpartition("/")[2].isdigit():
        return None
    inside = Answer(200)
    for inner in part.inner:
        _take_html(inner, inside)
    return ("link", *links[0]), frozenset(inside.atoms)


def _take_xml(element: ElementTree.Element, answer: Answer) -> None:
    tag = element.tag.rpartition("}")[2]
    if tag == "feed":  # when it was changed last: when its newest entry was, or now when it has none
        element.remove(element.find("{*}updated"))
    if tag in ("entry", "url"):
        inside = Answer(200)
        for inner in element:
            _take_xml(inner, inside)
        key = next(atom for atom in inside.atoms if atom[0] in ("loc", "id"))
        answer.rows.append((key, frozenset(inside.atoms)))
        return
    if element.text and element.text.strip():
        answer.atoms.append((tag, element.text.strip()))
    answer.atoms += [(tag, name, value) for name, value in element.attrib.items()]
    for inner in element:
        _take_xml(inner, answer)


def _json_atoms(value: Any, path: str = "") -> Iterator[Atom]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _json_atoms(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _json_atoms(inner, path)
    elif value is not None:
        yield ("json", path, str(value))


def _words(text: str) -> Iterator[Atom]:
    """The words of a text node; titles join several with a dash, the line for print with a dot."""
    for piece in text.replace(" · ", "\n").replace(" - ", "\n").split("\n"):
        if words := " ".join(piece.split()):
            yield ("text", words)


def _attributes(element: Element) -> Iterator[Atom]:
    if element.tag == "input" and element.attributes.get("name") in CHANGING_FIELDS:
        return
    for name, value in element.attributes.items():
        if name not in SILENT_ATTRIBUTES and value:
            label = element.attributes.get("name") or element.attributes.get("property") or ""
            yield ("attribute", element.tag, label, name, value)


def _is_unsealed(element: Element) -> bool:
    classes = set(element.attributes.get("class", "").split())
    return element.attributes.get("id") in UNSEALED_IDS or bool(classes & UNSEALED_CLASSES)


@cache
def interface_words() -> frozenset[str]:
    """Everything that the interface itself can say, in both languages."""
    chinese = trans_real.translation("zh-hans")._catalog
    words = {part for found in chinese._catalogs for pair in found.items() for part in pair}
    texts = {key[0] if isinstance(key, tuple) else key for key in words if isinstance(key, str | tuple)}
    return frozenset(" ".join(text.rpartition("\x04")[2].split()) for text in texts)


def differences(before: Answer, after: Answer, *, harmless: Iterable[Atom], sealed: dict[Atom, set[Atom]]) -> list:
    """What `after` shows that was not sealed for this page.

    `harmless`: what the pages of an empty site show. `sealed`: link of a row → what its rows may show, anywhere.
    """
    allowed, wrong = set(harmless), []
    sealed_atoms = iter(before.atoms)
    for atom in after.atoms:
        if atom in allowed or (atom[0] in ("text", "attribute") and atom[-1] in interface_words()):
            continue
        # In the same order: what was left out is passed by.
        if not any(atom == one for one in sealed_atoms):
            wrong.append(atom)
            sealed_atoms = iter(before.atoms)
    for link, inside in after.rows:
        surplus = {atom for atom in inside - sealed.get(link, set()) - allowed if atom[1] not in interface_words()}
        wrong += [(link, *sorted(surplus))] if surplus or link not in sealed else []
    return wrong
