"""Reading a page of the site: its words where they matter, and everything on it that runs or leads elsewhere."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# Attributes that hold an address, whatever the element.
ADDRESSES = frozenset("href src action formaction data poster cite background manifest ping xlink:href".split())
# Elements that no page of the site has.
FOREIGN = frozenset("iframe frame frameset object embed applet base style portal template svg math".split())

Event = tuple[str, ...]


@dataclass
class Link:
    """`words`: what a sighted reader sees of it, on one line."""

    address: str
    words: str = ""


@dataclass
class Page:
    """What was read. `prose`: the article's body as events, blanks at both ends left out; None when there is none."""

    title: str = ""
    brand: str = ""
    heading: str = ""
    date: str = ""
    footer: str = ""
    prose: list[Event] | None = None
    data: list[str] = field(default_factory=list)
    menu: list[Link] = field(default_factory=list)
    crumbs: list[Link] = field(default_factory=list)
    listed: list[Link] = field(default_factory=list)
    downloads: list[Link] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    addresses: list[tuple[str, str]] = field(default_factory=list)  # (element, address), in the order of the page
    foreign: list[str] = field(default_factory=list)  # what no page has, in words


def one_line(text: str) -> str:
    return " ".join(text.split())


def events_of(html: str) -> list[Event]:
    """HTML as a list of tags and texts, so that what means the same compares equal."""
    reader = _Events()
    reader.feed(html)
    reader.close()
    return trimmed(reader.events)


def trimmed(events: list[Event]) -> list[Event]:
    """The events without blanks at both ends; neighbouring texts are one."""
    joined: list[Event] = []
    for event in events:
        if event[0] == "text" and joined and joined[-1][0] == "text":
            joined[-1] = ("text", joined[-1][1] + event[1])
        else:
            joined.append(event)
    if joined and joined[0][0] == "text":
        joined[0] = ("text", joined[0][1].lstrip())
    if joined and joined[-1][0] == "text":
        joined[-1] = ("text", joined[-1][1].rstrip())
    return [event for event in joined if event != ("text", "")]


def _start(tag: str, attributes: list[tuple[str, str | None]]) -> Event:
    return ("start", tag, *(f"{name}={value}" for name, value in sorted(attributes, key=lambda pair: pair[0])))


class _Events(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.events.append(_start(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.events.append(("end", tag))

    def handle_data(self, data: str) -> None:
        self.events.append(("text", data))

    def handle_comment(self, data: str) -> None:
        self.events.append(("comment", data))


@dataclass
class _Open:
    """An element that is open. `place`: the part of the page that begins with it."""

    tag: str
    place: str = ""
    link: Link | None = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[_Open] = []
        self.texts: dict[str, list[str]] = {}

    def places(self) -> list[str]:
        return [element.place for element in self.open if element.place]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "prose" in self.places():
            self.page.prose.append(_start(tag, attrs))
        self.note(tag, values)
        place = self.place_of(tag, values)
        if place == "prose":
            if self.page.prose is not None:
                self.page.foreign.append("a second body")
            self.page.prose = self.page.prose or []
        link = None
        if tag == "a":
            link = Link(values.get("href", ""))
            self.keep(link)
        if tag not in VOID:
            self.open.append(_Open(tag, place, link))

    def place_of(self, tag: str, values: dict[str, str]) -> str:
        classes = values.get("class", "").split()
        inside = self.places()
        known = {
            "title": tag == "title" and "title" not in self.texts,
            "menu": values.get("id") == "menu",
            "brand": "brand" in classes,
            "heading": tag == "h1",
            "footer": tag == "footer",
            "crumbs": "crumbs" in classes,
            "listing": any(name in classes for name in ("listing", "lead", "neighbours")),
            "downloads": "downloads" in classes,
            "date": tag == "time" and "facts" in inside and "date" not in self.texts,
            "facts": "facts" in classes,
            "prose": "prose" in classes and "prose" not in inside,
            "unseen": "unseen" in classes,
            "data": tag == "script" and values.get("type") == "application/ld+json",
        }
        return next((place for place, holds in known.items() if holds), "")

    def keep(self, link: Link) -> None:
        inside = self.places()
        if "prose" in inside:
            return
        for place, links in [
            ("menu", self.page.menu),
            ("crumbs", self.page.crumbs),
            ("listing", self.page.listed),
            ("downloads", self.page.downloads),
        ]:
            if place in inside:
                links.append(link)

    def note(self, tag: str, values: dict[str, str]) -> None:
        """Everything that runs or leads somewhere."""
        if tag in FOREIGN:
            self.page.foreign.append(f"<{tag}>")
        if tag == "script":
            self.page.scripts.append(values.get("src", ""))
        if tag == "meta" and "http-equiv" in values:
            self.page.foreign.append(f"<meta http-equiv={values['http-equiv']}>")
        for name, value in values.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.page.foreign.append(f"{name}= on <{tag}>")
            if name in ADDRESSES and tag != "script":
                self.page.addresses.append((tag, value.strip()))
            if name in ("srcset", "imagesrcset"):
                self.page.addresses += [(tag, part.split()[0]) for part in value.split(",") if part.strip()]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # HTML knows no <div/>: the element stays open

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or not any(element.tag == tag for element in self.open):
            return
        while self.open:
            closed = self.open.pop()
            if "prose" in self.places():
                self.page.prose.append(("end", closed.tag))
            if closed.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        inside = self.places()
        if "prose" in inside:
            self.page.prose.append(("text", data))
        elif self.open and self.open[-1].tag == "script" and self.open[-1].place == "data":
            self.page.data.append(data)
        elif self.open and self.open[-1].tag == "script" and data.strip():
            self.page.foreign.append("a script in the page itself")
        for place in set(inside):
            self.texts.setdefault(place, []).append(data)
        if "unseen" not in inside:
            for element in self.open:
                if element.link:
                    element.link.words += data

    def handle_comment(self, data: str) -> None:
        if "prose" in self.places():
            self.page.prose.append(("comment", data))


def read_page(html: str) -> Page:
    """What stands on a page. Never raises, whatever the HTML is."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    page = reader.page
    for name in ("title", "brand", "heading", "date", "footer"):
        setattr(page, name, one_line("".join(reader.texts.get(name, []))))
    for link in [*page.menu, *page.crumbs, *page.listed, *page.downloads]:
        link.words = one_line(link.words)
    if page.prose is not None:
        page.prose = trimmed(page.prose)
    return page
