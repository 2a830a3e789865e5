"""Pictures for tests: bytes, and pasted HTML."""

import base64
import io

from PIL import Image


def picture(form="PNG", size=(12, 8), colour="red", mode="RGB", **options) -> bytes:
    """The bytes of a small picture."""
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, form, **options)
    return out.getvalue()


def pasted(data: bytes, media_type="image/png", name="图") -> str:
    """The element that an editor sends for a pasted picture."""
    return f'<img src="data:{media_type};base64,{base64.b64encode(data).decode()}" alt="{name}">'
