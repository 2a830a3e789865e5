"""Static files of the editor: every one that it asks for is served."""

import pytest

from tests.browser.test_editing import EDITOR
from tests.browser.test_journey import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BODY = '<p>第一段。</p><table><tbody><tr><td>格</td></tr></tbody></table><p><a href="https://www.example.org/">链接</a></p>'
EDITOR_FILES = "/static/ckeditor/ckeditor/"
DIALOGS = {"link": "link/dialogs/link", "table": "table/dialogs/table", "find": "find/dialogs/find"}
# Asked for by what a selection offers in the context menu, or by what is pasted.
OTHERS = [
    *["link/dialogs/anchor", "tabletools/dialogs/tableCell", "liststyle/dialogs/liststyle", "image2/dialogs/image2"],
    *["a11yhelp/dialogs/a11yhelp", "clipboard/dialogs/paste", "colordialog/dialogs/colordialog"],
    *["pastetools/filter/common", "pastetools/filter/image"],  # the filters below build on these
    *(f"{name}/filter/default" for name in ("pastefromword", "pastefromlibreoffice", "pastefromgdocs")),
]
OPEN_AND_HIDE = """
(name) => new Promise((resolve) => {
  Object.values(CKEDITOR.instances)[0].openDialog(name, (dialog) => dialog.on("show", () => setTimeout(() => {
    dialog.hide();
    resolve();
  })));
})
"""
LOAD = "(url) => new Promise((resolve) => CKEDITOR.scriptLoader.load(url, resolve))"


@pytest.fixture
def draft(newsroom):
    return newsroom.draft(body=BODY)


def test_every_dialog_and_every_paste_finds_its_files(draft, visit, newsroom):
    """The page fails this test by itself when the browser complains of a file (see `visit`)."""
    page = visit(expected=["frame is sandboxed", "Running the JavaScript URL"])
    asked = set()
    page.on(
        "response", lambda answer: asked.add((answer.url.partition("?")[0].partition(EDITOR_FILES)[2], answer.status))
    )
    sign_in(page, newsroom.drafter)
    page.goto(f"/admin/articles/article/{draft.pk}/change/")
    page.locator(EDITOR).wait_for()
    page.locator(EDITOR).locator("td").click()
    for name in DIALOGS:
        page.evaluate(OPEN_AND_HIDE, name)
    for place in OTHERS:
        assert page.evaluate(LOAD, f"{EDITOR_FILES}plugins/{place}.js"), place
    page.wait_for_load_state("networkidle")
    needed = {f"plugins/{place}.js" for place in [*DIALOGS.values(), *OTHERS]}
    assert needed <= {path for path, status in asked if status == 200}
    assert {(path, status) for path, status in asked if status >= 400} == set()
