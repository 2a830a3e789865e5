"""The rich-text editor widget, behind one function so that it can be replaced."""

import re
from typing import Any

from ckeditor.widgets import CKEditorWidget
from django import forms

# What the form's page must allow beyond the site's policy: CKEditor 4 has event attributes and inline styles in its own
# interface. Its script comes from our own files like all others; no inline <script> runs.
EDITOR_CSP = {
    "script-src-attr": ["'unsafe-inline'"],
    "style-src": ["'unsafe-inline'"],
    # Pictures that somebody pasted, until they are uploaded: some browsers hand them over as blob: addresses.
    "img-src": ["data:", "blob:"],
    "connect-src": ["'self'", "blob:"],
}

_picture_figure = re.compile(r'<figure(?: class="([a-z-]+)")?>(?=\s*<img )')


class BodyWidget(CKEditorWidget):
    """Marks figures that hold a picture as the editor's own do; the sanitiser takes the mark away again on save."""

    def format_value(self, value: Any) -> Any:
        shown = super().format_value(value)
        return _picture_figure.sub(
            lambda found: f'<figure class="{" ".join(filter(None, ["image", found[1]]))}">', shown or ""
        )


def body_widget() -> forms.Widget:
    """The widget for the body of an article. Whatever it sends is sanitised on save (articles.text.sanitising)."""
    return BodyWidget(config_name="default")
