"""Bounds on XML: bytes, elements, depth and attributes are counted by a parser that builds nothing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from inputs.exceptions import InputTooLarge


class DoctypeRefused(ValueError):
    """The XML declares a document type, and so could define entities that grow."""


@dataclass(frozen=True)
class XmlLimits:
    """The most that the parts of one document may have together. `advice`: what to do instead, as a sentence.

    `named`: local name of an element → how many of them. `depth`, `attributes`: of one part, and of one element.
    """

    bytes: int
    elements: int
    advice: str | Promise
    named: Mapping[str, int] = field(default_factory=dict)
    depth: int = 150
    attributes: int = 200


class XmlCounter:
    """Counts the parts of one document against its limits, each before anything builds a tree of it."""

    def __init__(self, limits: XmlLimits) -> None:
        self.limits = limits
        self.bytes = self.elements = self.depth = 0
        self.named: Counter[str] = Counter()

    def add_bytes(self, size: int) -> None:
        """Count a part by the size in its archive, before it is unpacked. Raises InputTooLarge."""
        self.bytes += size
        if self.bytes > self.limits.bytes:
            text = _("It has more than %(limit)d MB of text. %(advice)s")
            raise self._too_large(text, self.limits.bytes // 1024 // 1024)

    def add_elements(self, data: bytes) -> None:
        """Count what one part holds. Raises InputTooLarge, DoctypeRefused, or expat.ExpatError for what is no XML."""
        self.depth = 0
        parser = expat.ParserCreate()
        parser.ordered_attributes = True
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.Parse(data, True)

    def _begin(self, name: str, attributes: list[str]) -> None:
        limits, local_name = self.limits, name.rpartition(":")[2]
        self.depth += 1
        self.elements += 1
        if self.elements > limits.elements:
            raise self._too_large(_("It has more than %(limit)d elements. %(advice)s"), limits.elements)
        if self.depth > limits.depth:
            raise self._too_large(_("More than %(limit)d elements stand inside each other. %(advice)s"), limits.depth)
        if len(attributes) > 2 * limits.attributes:  # a name and a value each
            raise self._too_large(_("A tag has more than %(limit)d attributes. %(advice)s"), limits.attributes)
        if local_name in limits.named:
            self.named[local_name] += 1
            if self.named[local_name] > limits.named[local_name]:
                text = _("It has more than %(limit)d elements of one kind (%(name)s). %(advice)s")
                raise self._too_large(text, limits.named[local_name], name=name)

    def _end(self, _name: str) -> None:
        self.depth -= 1

    def _too_large(self, text: str, limit: int, **facts: str) -> InputTooLarge:
        return InputTooLarge(text, params={"limit": limit, "advice": self.limits.advice, **facts})


def _refuse_doctype(*_facts: object) -> None:
    raise DoctypeRefused
