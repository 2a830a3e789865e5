"""HTML parser of the patrol: text, links, scripts and forms of a page."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby

from inputs.exceptions import InputTooLarge
from inputs.html import VOID_ELEMENTS, HtmlLimits, rewrite_html

# A page is an article of ARTICLE_LIMITS at most, with what stands round it.
PAGE_LIMITS = HtmlLimits(characters=8_000_000, tags=300_000, advice="")
# Attributes that hold an address, whatever the element.
URL_ATTRIBUTES = frozenset("href src action formaction data poster cite background manifest ping xlink:href".split())
# Elements that no page of the site has.
FORBIDDEN_ELEMENTS = frozenset("iframe frame frameset object embed applet base style portal template svg math".split())

HTMLToken = tuple[str, ...]


@dataclass
class Link:
    """`text`: what a sighted reader sees of it, on one line."""

    address: str
    text: str = ""
    parts: list[str] = field(default_factory=list, repr=False, compare=False)  # of the text, while the page is read


@dataclass
class ParsedPage:
    """What was read. `body_tokens`: the body of an article without whitespace at its ends; None if there is none."""

    title: str = ""
    site_name: str = ""
    heading: str = ""
    date: str = ""
    footer: str = ""
    body_tokens: list[HTMLToken] | None = None
    json_ld: list[str] = field(default_factory=list)
    menu: list[Link] = field(default_factory=list)
    breadcrumbs: list[Link] = field(default_factory=list)
    listing_links: list[Link] = field(default_factory=list)
    downloads: list[Link] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    references: list[tuple[str, str]] = field(default_factory=list)  # (element, address), in the order of the page
    forbidden: list[str] = field(default_factory=list)  # what no page has, in words


def one_line(text: str) -> str:
    return " ".join(text.split())


def tokenize_html(html: str) -> list[HTMLToken]:
    """HTML as a list of tags and texts, so that what means the same compares equal."""
    reader = _TokenCollector()
    reader.feed(rewrite_html(html, PAGE_LIMITS))
    reader.close()
    return trim_tokens(reader.tokens)


def trim_tokens(events: list[HTMLToken]) -> list[HTMLToken]:
    """The events without blanks at both ends; neighbouring texts are one."""
    joined: list[HTMLToken] = []
    for is_text, group in groupby(events, key=lambda event: event[0] == "text"):
        run = list(group)
        joined += [("text", "".join(text for _kind, text in run))] if is_text else run
    if joined and joined[0][0] == "text":
        joined[0] = ("text", joined[0][1].lstrip())
    if joined and joined[-1][0] == "text":
        joined[-1] = ("text", joined[-1][1].rstrip())
    return [event for event in joined if event != ("text", "")]


def _start_token(tag: str, attributes: list[tuple[str, str | None]]) -> HTMLToken:
    return ("start", tag, *(f"{name}={value}" for name, value in sorted(attributes, key=lambda pair: pair[0])))


class _TokenCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[HTMLToken] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tokens.append(_start_token(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID_ELEMENTS:
            self.tokens.append(("end", tag))

    def handle_data(self, data: str) -> None:
        self.tokens.append(("text", data))

    def handle_comment(self, data: str) -> None:
        self.tokens.append(("comment", data))


@dataclass
class _OpenElement:
    """An element that is open. `place`: the part of the page that begins with it."""

    tag: str
    region: str = ""
    link: Link | None = None


class _PageParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = ParsedPage()
        self.open_elements: list[_OpenElement] = []
        self.texts_by_region: dict[str, list[str]] = {}

    def open_regions(self) -> list[str]:
        return [element.region for element in self.open_elements if element.region]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "article-body" in self.open_regions():
            self.page.body_tokens.append(_start_token(tag, attrs))
        self.collect_references(tag, values)
        place = self.region_of(tag, values)
        if place == "article-body":
            if self.page.body_tokens is not None:
                self.page.forbidden.append("a second body")
            self.page.body_tokens = self.page.body_tokens or []
        link = None
        if tag == "a":
            link = Link(values.get("href", ""))
            self.collect_link(link)
        if tag not in VOID_ELEMENTS:
            self.open_elements.append(_OpenElement(tag, place, link))

    def region_of(self, tag: str, values: dict[str, str]) -> str:
        classes = values.get("class", "").split()
        inside = self.open_regions()
        known = {
            "title": tag == "title" and "title" not in self.texts_by_region,
            "menu": values.get("id") == "menu",
            "brand": "brand" in classes,
            "heading": tag == "h1",
            "footer": tag == "footer",
            "breadcrumbs": "breadcrumbs" in classes,
            "listing": any(name in classes for name in ("listing", "lead", "neighbours")),
            "downloads": "downloads" in classes,
            "date": tag == "time" and "article-meta" in inside and "date" not in self.texts_by_region,
            "article-meta": "article-meta" in classes,
            "article-body": "article-body" in classes and "article-body" not in inside,
            "visually-hidden": "visually-hidden" in classes,
            "data": tag == "script" and values.get("type") == "application/ld+json",
        }
        return next((place for place, holds in known.items() if holds), "")

    def collect_link(self, link: Link) -> None:
        inside = self.open_regions()
        if "article-body" in inside:
            return
        for place, links in [
            ("menu", self.page.menu),
            ("breadcrumbs", self.page.breadcrumbs),
            ("listing", self.page.listing_links),
            ("downloads", self.page.downloads),
        ]:
            if place in inside:
                links.append(link)

    def collect_references(self, tag: str, values: dict[str, str]) -> None:
        """Everything that runs or leads somewhere."""
        if tag in FORBIDDEN_ELEMENTS:
            self.page.forbidden.append(f"<{tag}>")
        if tag == "script":
            self.page.scripts.append(values.get("src", ""))
        if tag == "meta" and "http-equiv" in values:
            self.page.forbidden.append(f"<meta http-equiv={values['http-equiv']}>")
        for name, value in values.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.page.forbidden.append(f"{name}= on <{tag}>")
            if name in URL_ATTRIBUTES and tag != "script":
                self.page.references.append((tag, value.strip()))
            if name in ("srcset", "imagesrcset"):
                self.page.references += [(tag, part.split()[0]) for part in value.split(",") if part.strip()]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # HTML knows no <div/>: the element stays open

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID_ELEMENTS or not any(element.tag == tag for element in self.open_elements):
            return
        while self.open_elements:
            closed = self.open_elements.pop()
            if "article-body" in self.open_regions():
                self.page.body_tokens.append(("end", closed.tag))
            if closed.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        inside = self.open_regions()
        if "article-body" in inside:
            self.page.body_tokens.append(("text", data))
        elif self.open_elements and self.open_elements[-1].tag == "script" and self.open_elements[-1].region == "data":
            self.page.json_ld.append(data)
        elif self.open_elements and self.open_elements[-1].tag == "script" and data.strip():
            self.page.forbidden.append("a script in the page itself")
        for place in set(inside):
            self.texts_by_region.setdefault(place, []).append(data)
        if "visually-hidden" not in inside:
            for element in self.open_elements:
                if element.link:
                    element.link.parts.append(data)

    def handle_comment(self, data: str) -> None:
        if "article-body" in self.open_regions():
            self.page.body_tokens.append(("comment", data))


def parse_page(html: str) -> ParsedPage:
    """What stands on a page. Never raises, whatever the HTML is: a page that is too large is named as forbidden."""
    reader = _PageParser()
    try:
        reader.feed(rewrite_html(html, PAGE_LIMITS))
    except InputTooLarge as error:
        return ParsedPage(forbidden=[str(error)])
    reader.close()
    page = reader.page
    for name, region in (
        ("title", "title"),
        ("site_name", "brand"),
        ("heading", "heading"),
        ("date", "date"),
        ("footer", "footer"),
    ):
        setattr(page, name, one_line("".join(reader.texts_by_region.get(region, []))))
    for link in [*page.menu, *page.breadcrumbs, *page.listing_links, *page.downloads]:
        link.text = one_line("".join(link.parts))
    if page.body_tokens is not None:
        page.body_tokens = trim_tokens(page.body_tokens)
    return page
