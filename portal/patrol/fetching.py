"""Fetching pages of one site, and of no other."""

from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

SECONDS = 15  # for one answer
MOST_BYTES = 8 * 1024 * 1024


class Unreachable(Exception):
    """Nothing came back, and why: a matter of the network, not of what is served."""


@dataclass(frozen=True)
class Answer:
    status: int
    content: bytes
    leads_to: str = ""

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


class _Stay(HTTPRedirectHandler):
    """Redirects are answers like any other: following one might lead to another site."""

    def redirect_request(self, *_args: object) -> None:
        return None


class Site:
    """The site at `base`, e.g. "https://www.example.gov.cn"."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{base!r} is no http or https address")
        self.base = base.rstrip("/")
        self.origin = (parts.scheme, parts.netloc)
        self._opener = build_opener(_Stay, ProxyHandler({}))

    def fetch(self, path: str) -> Answer:
        """GETs a path of the site. Raises Unreachable without an answer, ValueError for another site's address."""
        address = urljoin(self.base + "/", path)
        if urlsplit(address)[:2] != self.origin:
            raise ValueError(f"{path!r} is not an address of {self.base}")
        request = Request(address, headers={"User-Agent": "Qianfa patrol"})  # noqa: S310 (the scheme is checked above)
        try:
            with self._opener.open(request, timeout=SECONDS) as response:
                return Answer(response.status, response.read(MOST_BYTES))
        except HTTPError as error:
            with error:
                return Answer(error.code, error.read(MOST_BYTES), error.headers.get("Location", ""))
        except (URLError, HTTPException, OSError) as error:
            raise Unreachable(str(getattr(error, "reason", "") or error)) from error
