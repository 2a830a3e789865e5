"""What tests of articles need."""

import base64
import io

import pytest
from django.utils import translation
from PIL import Image

from tests.ledger.conftest import fresh_record
from tests.newsroom import person

__all__ = ["fresh_record"]


@pytest.fixture
def media(settings, tmp_path):
    """A folder of this test's own for files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def drafter(db):
    return person("drafter")


def picture(form="PNG", size=(12, 8), colour="red", mode="RGB", **options) -> bytes:
    """The bytes of a small picture."""
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, form, **options)
    return out.getvalue()


def pasted(data: bytes, media_type="image/png", name="图") -> str:
    """The element that an editor sends for a pasted picture."""
    return f'<img src="data:{media_type};base64,{base64.b64encode(data).decode()}" alt="{name}">'


@pytest.fixture
def english():
    """Sentences are compared in the words of the source, whatever the catalogue says."""
    with translation.override("en"):
        yield
