"""The list of attachments that the form sends as JSON."""

import json

import pytest
from django.core.exceptions import ValidationError

from articles.editing.fields import AttachmentsField


@pytest.mark.parametrize("place", ["digest", "name", "caption"])
@pytest.mark.parametrize("text", ["\ud800", "附\udfff件", "\0", "附件\0"])
def test_text_that_no_database_takes_is_refused_with_words(english, place, text):
    sent = json.dumps([{"digest": "0" * 64, "name": "附件.pdf", place: text}])
    with pytest.raises(ValidationError, match="list of attachments cannot be read"):
        AttachmentsField().clean(sent)


def test_characters_outside_the_first_plane_are_read(english, db):
    sent = json.dumps([{"digest": "0" * 64, "name": "𠮷😀.pdf"}])  # as \ud842\udfb7…
    with pytest.raises(ValidationError, match=r"𠮷😀\.pdf.+is not there"):
        AttachmentsField().clean(sent)
