"""Form fields for files: the browser sends digests, the database says what they are."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from articles.files.attachments import AttachmentSpec, check_count, check_specs
from articles.models import File


def storable_text(value: object) -> str:
    """Return a value of JSON as text. Raise ValueError for NUL and for half a character, which no database takes."""
    text = str(value or "")
    text.encode()
    if "\0" in text:
        raise ValueError("NUL character")
    return text


def file_facts(file: File) -> dict[str, Any]:
    """What a page needs to show a file: digest, url, size in bytes, ending, media type, measures in pixels or None."""
    facts = {name: getattr(file, name) for name in ("digest", "size", "extension", "media_type", "width", "height")}
    return {**facts, "url": file.get_absolute_url()}


class DepartmentsField(forms.ModelMultipleChoiceField):
    """Departments by their ids. A number that no database can hold is no department."""

    def clean(self, value: Any) -> Any:
        if any(not (str(one).isascii() and str(one).isdecimal() and len(str(one)) < 19) for one in value or []):
            raise ValidationError(_("One of the columns does not exist. Open the form again."))
        return super().clean(value)


class PictureField(forms.CharField):
    """The digest of a picture → File, or None for no picture. Whether the person may use it, saving checks."""

    widget = forms.HiddenInput

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=64, **options)

    def prepare_value(self, value: Any) -> str:
        """`value`: a File, its id (as a form of a model gives it), or the digest that was sent."""
        if isinstance(value, int):
            value = File.objects.filter(pk=value).first()
        return value.digest if isinstance(value, File) else value or ""

    def clean(self, value: Any) -> File | None:
        digest = super().clean(value)
        if not digest:
            return None
        found = File.objects.filter(digest=digest, media_type__startswith="image/").first()
        if found is None:
            raise ValidationError(_("This picture is not there. Choose it again."))
        return found


class AttachmentsField(forms.CharField):
    """A JSON list of {"digest", "name", "caption"} → list of Attached, in this order. Other facts do not count."""

    widget = forms.HiddenInput

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=200_000, **options)

    def prepare_value(self, value: Any) -> str:
        """`value`: a list of Attached, or the JSON that was sent."""
        if isinstance(value, str):
            return value
        shown = [{**file_facts(one.file), "name": one.name, "caption": one.caption} for one in value or []]
        return json.dumps(shown, ensure_ascii=False)

    def clean(self, value: Any) -> list[AttachmentSpec]:
        rows = self._parse_rows(super().clean(value))
        found = {file.digest: file for file in File.objects.filter(digest__in=[row["digest"] for row in rows])}
        if missing := [row["name"] for row in rows if row["digest"] not in found]:
            raise ValidationError(
                _("“%(name)s” is not there. Remove it and bring it again."), params={"name": missing[0]}
            )
        attachments = [AttachmentSpec(found[row["digest"]], row["name"], row["caption"]) for row in rows]
        check_specs(attachments)
        return attachments

    @staticmethod
    def _parse_rows(value: str) -> list[dict[str, str]]:
        """Raise ValidationError for a value that no page of ours sends."""
        try:
            rows = json.loads(value or "[]")
            check_count(len(rows))
            return [{name: storable_text(row.get(name)) for name in ("digest", "name", "caption")} for row in rows]
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ValidationError(_("The list of attachments cannot be read. Open the form again.")) from error
