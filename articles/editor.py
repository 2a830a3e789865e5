"""The editor stands behind this one function, so that it can be replaced."""

from ckeditor.widgets import CKEditorWidget
from django import forms

# What the form's page must allow beyond the site's policy: CKEditor 4 has event attributes and inline styles in its own
# interface. Its script comes from our own files like all others; no inline <script> runs.
POLICY = {
    "script-src-attr": ["'unsafe-inline'"],
    "style-src": ["'unsafe-inline'"],
    # Pictures that somebody pasted, until they are uploaded: some browsers hand them over as blob: addresses.
    "img-src": ["data:", "blob:"],
    "connect-src": ["'self'", "blob:"],
}


def body_widget() -> forms.Widget:
    """The widget for the body of an article. Whatever it sends is sanitised on save (articles.sanitising)."""
    return CKEditorWidget(config_name="default")
