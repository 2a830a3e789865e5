"""Finders of static files: only what pages need is served, of libraries an allow list."""

import re
from collections.abc import Iterator
from fnmatch import translate
from pathlib import PurePath

from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder
from django.core.files.storage import Storage

OWN_KINDS = (".css", ".js", ".png", ".svg")  # a licence or a note beside a script is not served
# Parts of CKEditor that portal.settings leaves switched on and that have files of their own.
EDITOR_PLUGINS = (
    "a11yhelp clipboard colordialog copyformatting dialog divarea find image2 link liststyle magicline pastefromgdocs "
    "pastefromlibreoffice pastefromword pastetools table tableselection tabletools widget"
).split()
# Patterns of fnmatch, whose * matches slashes too. Libraries also ship demonstrations, tests and build scripts, some of
# which run whatever script they are given; nothing of the kind may come from our origin.
LIBRARY_FILES = [
    "admin/css/*.css",
    "admin/img/*.svg",
    "admin/js/*.js",
    "ckeditor/ckeditor-init.js",
    "ckeditor/ckeditor.css",
    "ckeditor/fixups.js",
    "ckeditor/ckeditor/ckeditor.js",
    "ckeditor/ckeditor/config.js",
    "ckeditor/ckeditor/styles.js",
    "ckeditor/ckeditor/lang/*.js",
    "ckeditor/ckeditor/skins/moono-lisa/*.png",
    "ckeditor/ckeditor/skins/moono-lisa/*.gif",
    *(f"ckeditor/ckeditor/skins/moono-lisa/{name}.css" for name in ("dialog", "editor", "editor_gecko")),
    *(f"ckeditor/ckeditor/plugins/{name}/*.{kind}" for name in EDITOR_PLUGINS for kind in ("js", "css", "png", "svg")),
]
LANGUAGE_FILES = ("en.js", "zh-cn.js", "zh-CN.js")

_listed = re.compile("|".join(map(translate, LIBRARY_FILES)))


def is_listed(path: str) -> bool:
    """Whether a file of an app is served. `path`: relative to the app's static folder, with slashes."""
    pure = PurePath(path)
    if pure.parent.name in ("lang", "i18n") and pure.name not in LANGUAGE_FILES:
        return False
    return bool(_listed.match(path))


class OwnFilesFinder(FileSystemFinder):
    """Django's finder of STATICFILES_DIRS, for `collectstatic` and for development, limited to OWN_KINDS."""

    def list(self, ignore_patterns: list[str] | None) -> Iterator[tuple[str, Storage]]:
        for path, storage in super().list(ignore_patterns):
            if path.endswith(OWN_KINDS):
                yield path, storage

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        return super().find_location(root, path, prefix) if path.endswith(OWN_KINDS) else None


class LibraryFilesFinder(AppDirectoriesFinder):
    """Django's finder of the static files of apps, limited to `is_listed`."""

    def list(self, ignore_patterns: list[str] | None) -> Iterator[tuple[str, Storage]]:
        for path, storage in super().list(ignore_patterns):
            if is_listed(PurePath(path).as_posix()):
                yield path, storage

    def find_in_app(self, app: str, path: str) -> str | None:
        return super().find_in_app(app, path) if is_listed(PurePath(path).as_posix()) else None
