"""The digest of what renders pages changes with everything that pages are made with."""

import pytest
from django.test import override_settings
from django.utils import translation

from portal.page_cache.build import compute_build_digest

SOURCES = {
    "a module": "workflow/rules/states.py",
    "a module of a package that no list names": "feedback/views.py",
    "a template inside a package": "portal/templates/portal/part.html",
    "a word list beside the code": "articles/text/words.txt",
    "a template": "templates/articles/article.html",
    "a template that is not HTML": "templates/articles/feed.xml",
    "a catalogue": "locale/fr/LC_MESSAGES/django.mo",
    "the static manifest": "var/static/staticfiles.json",
    "a trusted key": "keys/site.pem",
}


@pytest.fixture
def project(tmp_path, settings):
    """A small project of the same shape as ours, in a folder of its own."""
    for name in (*SOURCES.values(), *(f"{package}/__init__.py" for package in ("workflow", "feedback", "portal"))):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("before")
    (tmp_path / "articles/__init__.py").touch()
    settings.BASE_DIR = tmp_path
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path / "templates"]}]
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    settings.STATIC_ROOT = tmp_path / "var" / "static"
    settings.TRUSTED_KEYS_DIR = tmp_path / "keys"
    return tmp_path


@pytest.mark.parametrize("source", SOURCES)
def test_a_change_of_a_source_gives_another_digest(project, source):
    file = project / SOURCES[source]
    digests = [compute_build_digest(), compute_build_digest()]
    assert digests[0] == digests[1]
    file.write_text("after")
    digests.append(compute_build_digest())
    file.rename(file.with_stem(f"{file.stem}2"))
    digests.append(compute_build_digest())
    assert len(set(digests)) == 3


@pytest.mark.parametrize("name", ["tests/test_states.py", "bench/run.py", "docs/index.md", "var/db.sqlite3"])
def test_what_no_page_is_made_with_does_not_count(project, name):
    before = compute_build_digest()
    for file in (project / name, (project / name).parent / "__init__.py"):
        file.parent.mkdir(exist_ok=True)
        if file.suffix != ".py" or file.parent.name in ("tests", "bench"):
            file.write_text("new")
    (project / "workflow/__pycache__").mkdir()
    (project / "workflow/__pycache__/states.cpython-311.pyc").write_text("compiled")
    assert compute_build_digest() == before


@pytest.mark.parametrize(
    "changed",
    [
        {"SITE_URL": "https://portal.example"},
        {"SEAL_SITE": "another"},
        {"TIME_ZONE": "UTC"},
        {"LANGUAGE_CODE": "en"},
        {"DEMONSTRATION": True},
        {"X_FRAME_OPTIONS": "SAMEORIGIN"},
        {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {}}},
        {"A_SETTING_THAT_COMES_LATER": 1},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_setting_that_changes_pages_gives_another_digest(project, changed):
    before = compute_build_digest()
    with override_settings(**changed):
        assert compute_build_digest() != before
    assert compute_build_digest() == before


@pytest.mark.parametrize("changed", [{"SECRET_KEY": "another"}, {"REDIS_URL": "redis://cache/"}, {"LOGGING": {}}])
def test_settings_that_differ_between_processes_of_one_site_do_not_count(project, changed):
    before = compute_build_digest()
    with override_settings(**changed):
        assert compute_build_digest() == before


def test_another_version_of_a_library_gives_another_digest(project, tmp_path, monkeypatch):
    installed = tmp_path / "site-packages"
    digests = []
    monkeypatch.syspath_prepend(str(installed))
    for version in ("1.0", "1.1"):
        folder = installed / f"renderer-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: renderer\nVersion: {version}\n")
        digests.append(compute_build_digest())
        (folder / "METADATA").unlink()
        folder.rmdir()
    assert len({*digests, compute_build_digest()}) == 3


def test_the_digest_does_not_depend_on_the_language_that_is_spoken(project, english):
    spoken_english = compute_build_digest()
    with translation.override("zh-hans"):
        assert compute_build_digest() == spoken_english
