"""One cached page: encodings, headers, and how long it is valid."""

import gzip
import hashlib
import json
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache

import brotli

from articles.caching.versions import Versions

# Seconds. A page older than FRESH_SECONDS is rendered anew by the next visitor (its count of reads is as old as it
# is), the others get it meanwhile; one older than MAX_AGE_SECONDS is forgotten. Well below
# articles.caching.versions.BOUNDARY_WINDOW.
FRESH_SECONDS, MAX_AGE_SECONDS = 60, 600
# Browsers ask each time (and are mostly told that nothing has changed). What stands between may keep a page for the
# second, and show it while the site is down for a minute: whoever takes a page back can count on that.
CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1, stale-if-error=60"
DROPPED_HEADERS = {"cache-control", "content-length", "etag", "last-modified", "vary", "x-accel-expires"}
BROTLI_QUALITY, GZIP_LEVEL = 5, 6  # how hard to press: a page of 30 kB takes a millisecond

Headers = list[tuple[str, str]]


@dataclass
class CachedPage:
    """`scopes` and `stamp`: what it shows, as of which versions. `rendered_at`: Unix time. `body`: not compressed."""

    scopes: tuple[int, ...]
    version_key: str
    rendered_at: float
    headers: Headers
    body: bytes
    encodings: dict[str, tuple[Headers, bytes]] = field(default_factory=dict)
    validated_for: Versions | None = None

    def __post_init__(self) -> None:
        # Weak: the same page compressed or not.
        self.etag = f'W/"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'
        self.last_modified = formatdate(int(self.rendered_at), usegmt=True)

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        return 2000 + len(self.body) + sum(len(body) for _headers, body in self.encodings.values())

    def is_valid(self, versions: Versions) -> bool:
        """Whether what it shows is what these versions stand for."""
        if self.validated_for is not versions:
            if self.version_key != versions.version_key(self.scopes):
                return False
            self.validated_for = versions
        return self.age() < MAX_AGE_SECONDS

    def is_fresh(self) -> bool:
        return self.age() < FRESH_SECONDS

    def age(self) -> float:
        return time.time() - self.rendered_at

    def is_not_modified_for(self, environ: dict) -> bool:
        """Whether a browser that asks on a condition has it already. RFC 9110, 13.1.2 and 13.1.3."""
        if tags := environ.get("HTTP_IF_NONE_MATCH"):
            return tags.strip() == "*" or self.etag[2:] in (one.strip().removeprefix("W/") for one in tags.split(","))
        # In its first second it bears no date (see `encoded`), so that two pages at an address never have the same one.
        return environ.get("HTTP_IF_MODIFIED_SINCE") == self.last_modified and self.age() > 1

    def encoded(self, encoding: str) -> tuple[Headers, bytes]:
        """Headers and body in "br", "gzip" or "" (as it is)."""
        form = self.encodings.get(encoding)
        if form is None:
            form = self.encodings[encoding] = self._encode(encoding)
        headers, body = form
        return ([*headers, ("Last-Modified", self.last_modified)] if self.age() > 1 else headers), body

    def not_modified_headers(self) -> Headers:
        """The headers of a 304. RFC 9110, 15.4.5."""
        return [("ETag", self.etag), ("Cache-Control", CACHE_CONTROL), ("Vary", "Accept-Encoding")]

    def _encode(self, encoding: str) -> tuple[Headers, bytes]:
        headers = [*self.headers, ("ETag", self.etag), ("Cache-Control", CACHE_CONTROL), ("Vary", "Accept-Encoding")]
        body = self.body
        if encoding:
            packed = (
                brotli.compress(body, quality=BROTLI_QUALITY)
                if encoding == "br"
                else gzip.compress(body, GZIP_LEVEL, mtime=0)
            )
            headers, body = [*headers, ("Content-Encoding", encoding)], packed
        return [*headers, ("Content-Length", str(len(body)))], body

    # --- As bytes, for Redis ---

    def to_bytes(self) -> bytes:
        head = json.dumps([self.scopes, self.version_key, self.rendered_at, self.headers]).encode()
        return len(head).to_bytes(4) + head + gzip.compress(self.body, GZIP_LEVEL, mtime=0)

    @classmethod
    def from_bytes(cls, data: bytes) -> "CachedPage":
        """Raises ValueError for what is none. Whether it may be believed the caller has settled before."""
        length = int.from_bytes(data[:4])
        try:
            scopes, stamp, rendered_at, headers = json.loads(data[4 : 4 + length])
            body = gzip.decompress(data[4 + length :])
            return cls(tuple(scopes), stamp, rendered_at, [(name, value) for name, value in headers], body)
        except (TypeError, OSError, EOFError) as error:
            raise ValueError("no kept page") from error


@lru_cache(256)
def best_encoding(accepted: str) -> str:
    """The best of "br", "gzip" and "" for an Accept-Encoding. RFC 9110, 12.5.3: a quality of 0 is a refusal."""
    offered = {}
    for one in accepted.lower().split(","):
        name, _, quality = one.partition(";")
        offered[name.strip()] = quality.replace(" ", "").removeprefix("q=").strip("0.") != "" if quality else True
    return next((name for name in ("br", "gzip") if offered.get(name)), "")
