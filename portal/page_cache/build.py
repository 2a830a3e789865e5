"""The digest of everything that renders pages; an upgrade changes it, and no old page is found.

It covers our code and templates, the static manifest, the catalogues of the interface, the settings, the trusted keys,
and the versions of Python and of all installed libraries.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import translation

NOT_RENDERING = {"tests", "bench"}  # packages that no page is made with
# They hold secrets, or differ between processes that serve the same pages. Every other setting counts, so that nobody
# can forget a new one.
PROCESS_SETTINGS = {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "CACHES", "REDIS_URL", "LOGGING"}


@cache
def build_digest() -> str:
    """Return the digest as it was when this process first asked. 16 hexadecimal digits."""
    return compute_build_digest()


def compute_build_digest() -> str:
    found = hashlib.blake2b(digest_size=8)
    for part in _parts():
        found.update(len(part).to_bytes(8))  # so that parts cannot run into each other
        found.update(part)
    return found.hexdigest()


def _parts() -> Iterator[bytes]:
    for folder, pattern in _source_folders():
        for file in sorted(folder.rglob(pattern)):
            if file.is_file() and file.suffix != ".pyc":
                yield f"{folder.name}/{file.relative_to(folder)}".encode()
                yield file.read_bytes()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    yield manifest.read_bytes() if manifest.is_file() else b""
    yield _settings_text().encode()
    yield f"{sys.version}\n{_library_versions()}".encode()


def _source_folders() -> Iterator[tuple[Path, str]]:
    """Yield (folder, pattern of the files in it that count)."""
    for package in sorted(Path(settings.BASE_DIR).glob("*/__init__.py")):
        if package.parent.name not in NOT_RENDERING:
            yield package.parent, "*"
    for engine in settings.TEMPLATES:
        for folder in engine["DIRS"]:
            yield Path(folder), "*"
    for folder in settings.LOCALE_PATHS:
        yield Path(folder), "*.mo"
    yield Path(settings.TRUSTED_KEYS_DIR), "*.pem"


def _settings_text() -> str:
    names = (name for name in dir(settings) if name.isupper() and name not in PROCESS_SETTINGS)
    with translation.override(None):  # labels count by their msgid, whatever language is spoken now
        return json.dumps({name: getattr(settings, name) for name in names}, default=str, sort_keys=True)


def _library_versions() -> str:
    """The names and versions of installed libraries, as their folders `<name>-<version>.dist-info` have them.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    return "\n".join(sorted(file.name for folder in sys.path for file in Path(folder).glob("*.dist-info")))
