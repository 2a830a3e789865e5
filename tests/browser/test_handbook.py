"""The handbooks match the site: steps, pictures, words."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polib
import pytest

from tests import handbook

DOCS = handbook.PROJECT / "docs" / "zh"
HANDBOOKS = ["drafter.md", "leader.md"]
FOUR_PAGES = 2_400  # characters, beside the pictures


def pictures(text: str) -> set[str]:
    return {Path(name).stem for name in re.findall(r"!\[[^\]]+\]\(images/([^)]+)\)", text)}


def texts() -> dict[str, str]:
    return {name: (DOCS / name).read_text(encoding="utf-8") for name in HANDBOOKS}


@pytest.mark.browser
@pytest.mark.slow
def test_the_way_that_the_handbooks_tell_can_be_gone_and_gives_all_their_pictures(tmp_path, chromium):
    """Two drafts, a remark, a return, a suggestion taken over, the approval, at a computer and on a phone."""
    with ThreadPoolExecutor(1) as own_thread:  # the browser of the other tests has an event loop in this one
        own_thread.submit(handbook.take, tmp_path, chromium).result()
    taken = {file.stem for file in tmp_path.glob("*.png")}
    assert taken == set().union(*(pictures(text) for text in texts().values()))


def test_every_picture_is_there_and_none_is_left_over():
    shown = set().union(*(pictures(text) for text in texts().values()))
    assert shown == {file.stem for file in (DOCS / "images").glob("*.png")}


@pytest.mark.parametrize("name", HANDBOOKS)
def test_a_handbook_is_short(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    assert len(text) < FOUR_PAGES and len(pictures(text)) <= 8


@pytest.mark.parametrize("name", HANDBOOKS)
def test_the_buttons_that_a_handbook_names_are_called_so(name):
    catalogue = polib.pofile(str(handbook.PROJECT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))
    said = {entry.msgstr for entry in catalogue} | {
        words for entry in catalogue for words in entry.msgstr_plural.values()
    }
    named = set(re.findall(r"「([^」]+)」", (DOCS / name).read_text(encoding="utf-8")))
    assert named and named <= said, named - said
