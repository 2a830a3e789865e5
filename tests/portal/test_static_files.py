"""Static files: what pages need is collected and served, and nothing else of libraries."""

import re
from collections import Counter
from pathlib import Path, PurePath

import ckeditor
import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client, override_settings

KINDS = {".css", ".js", ".png", ".svg", ".gif"}
STRANGE = re.compile(
    r"(^|[/._-])(tests?|samples?|demos?|examples?|build|bender|gruntfile|package|readme|license|changes|galleriffic)([/._-]|$)",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> list[str]:
    """Paths of what `collectstatic` puts together, as the settings of a site have it."""
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder):
        call_command("collectstatic", interactive=False, verbosity=0)
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_only_kinds_that_a_page_asks_for_are_collected(collected):
    assert set(Counter(PurePath(path).suffix for path in collected)) <= KINDS
    assert {"admin/css/base.css", "ckeditor/ckeditor/ckeditor.js", "desk/desk.css", "public/site.css"} <= set(collected)


def test_nothing_that_only_developers_of_a_library_need_is_collected(collected):
    assert [path for path in collected if STRANGE.search(path)] == []


def test_of_the_languages_only_ours_are_collected(collected):
    languages = {PurePath(path).stem.lower() for path in collected if PurePath(path).parent.name in ("lang", "i18n")}
    assert languages == {"en", "zh-cn"}


@pytest.fixture(scope="module")
def left_out(collected) -> set[str]:
    """What libraries and our own folder hold beyond that."""
    folders = [*(Path(package.__file__).parent / "static" for package in (admin, ckeditor)), *settings.STATICFILES_DIRS]
    files = {file.relative_to(folder).as_posix() for folder in folders for file in folder.rglob("*") if file.is_file()}
    return files - set(collected)


def test_libraries_bring_more_than_is_collected(left_out):
    """Or the tests above would say nothing."""
    assert len(left_out) > 300
    assert {".html", ".md", ".json", ".txt", ".js"} <= {PurePath(path).suffix for path in left_out}
    assert {path for path in left_out if STRANGE.search(path)} >= {
        "ckeditor/ckeditor/bender-runner.config.json",
        "ckeditor/ckeditor/build-config.js",
        "ckeditor/galleriffic/js/jquery-1.3.2.js",
        "vendor/chart.js/README.md",
    }
    assert "ckeditor/ckeditor/plugins/codesnippetgeshi/plugin.js" in left_out


def test_what_is_not_collected_is_not_served_from_its_own_folder_either(db, left_out):
    """As with DEBUG, where files come straight from the folders of apps."""
    assert [path for path in left_out if finders.find(path)] == []
    one_of_each_kind = {PurePath(path).suffix: path for path in left_out}.values()
    for path in one_of_each_kind:
        assert Client().get(f"/static/{path}").status_code == 404
    served = Client().get("/static/ckeditor/ckeditor/ckeditor.js")
    assert served.status_code == 200
    served.close()
