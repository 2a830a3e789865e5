"""HTTP client of the patrol, limited to one site."""

from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

FETCH_TIMEOUT_SECONDS = 15  # for one answer
MAX_RESPONSE_BYTES = 8 * 1024 * 1024


class Unreachable(Exception):
    """Nothing came back, and why: a matter of the network, not of what is served."""


@dataclass(frozen=True)
class Response:
    status: int
    content: bytes
    location: str = ""

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


class _NoRedirects(HTTPRedirectHandler):
    """Redirects are answers like any other: following one might lead to another site."""

    def redirect_request(self, *_args: object) -> None:
        return None


class SiteClient:
    """The site at `base`, e.g. "https://www.example.gov.cn"."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{base!r} is no http or https address")
        self.base_url = base.rstrip("/")
        self.origin = (parts.scheme, parts.netloc)
        self._opener = build_opener(_NoRedirects, ProxyHandler({}))

    def fetch(self, path: str) -> Response:
        """GETs a path of the site. Raises Unreachable without an answer, ValueError for another site's address."""
        address = urljoin(self.base_url + "/", path)
        if urlsplit(address)[:2] != self.origin:
            raise ValueError(f"{path!r} is not an address of {self.base_url}")
        request = Request(address, headers={"User-Agent": "Qianfa patrol"})  # noqa: S310 (the scheme is checked above)
        try:
            with self._opener.open(request, timeout=FETCH_TIMEOUT_SECONDS) as response:
                return Response(response.status, response.read(MAX_RESPONSE_BYTES))
        except HTTPError as error:
            with error:
                return Response(error.code, error.read(MAX_RESPONSE_BYTES), error.headers.get("Location", ""))
        except (URLError, HTTPException, OSError) as error:
            raise Unreachable(str(getattr(error, "reason", "") or error)) from error
