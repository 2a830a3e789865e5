"""The Chinese catalogue is complete and compiled."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

PROJECT = Path(__file__).resolve().parent.parent
CATALOGUE = PROJECT / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\((\w+)\)")


def key(entry):
    return entry.msgctxt, entry.msgid


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(CATALOGUE / "django.po"))


@pytest.fixture(scope="module")
def extracted(tmp_path_factory, environment):
    """What `makemessages` finds in the sources now, in a copy of them."""
    copy = tmp_path_factory.mktemp("sources") / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".*", "var", "tests", "locale", "static"))
    (copy / "locale").mkdir()
    command = [sys.executable, "manage.py", "makemessages", "-l", "zh_Hans", "--no-location", "-v", "0"]
    subprocess.run(command, cwd=copy, env={**os.environ, **environment}, check=True, timeout=120)
    return polib.pofile(str(copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))


def test_every_text_of_the_interface_stands_in_the_catalogue_and_none_besides(catalogue, extracted):
    assert {key(entry) for entry in catalogue} == {key(entry) for entry in extracted}


def test_every_text_is_translated_and_none_is_a_guess(catalogue):
    assert [entry.msgid for entry in catalogue if not entry.translated() or "fuzzy" in entry.flags] == []


def test_translations_keep_their_placeholders(catalogue):
    for entry in catalogue:
        translated = entry.msgstr or entry.msgstr_plural[0]
        assert set(PLACEHOLDER.findall(translated)) == set(PLACEHOLDER.findall(entry.msgid)), entry.msgid


def test_the_compiled_catalogue_says_the_same(catalogue):
    compiled = {key(entry): entry.msgstr or entry.msgstr_plural for entry in polib.mofile(str(CATALOGUE / "django.mo"))}
    assert compiled == {key(entry): entry.msgstr or entry.msgstr_plural for entry in catalogue}
