"""Forms of letters: for visitors, and for answers by staff."""

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from articles.listings.queries import with_intact_seals
from articles.models import Publication
from articles.text.plain_text import strip_control_characters
from articles.text.web_addresses import is_trusted_host, parse_external
from feedback import form_tokens
from feedback.models import MAX_TEXT_LENGTH, MIN_TEXT_LENGTH, Letter, LetterKind
from inputs.visible_text import visible_text

LENGTH_MESSAGES = {
    "max_length": _("At most %(limit_value)d characters, please; you wrote %(show_value)d."),
    "min_length": _("At least %(limit_value)d characters, please; you wrote %(show_value)d."),
}
_PHONE = re.compile(r"[0-9+()\- ]{5,30}")
_ARTICLE_NUMBER = re.compile(r"[0-9]{1,18}")
_SITE_PATH = re.compile(r"/(?![/\\])[^\s\\]*")


def live_publication(number: str) -> Publication | None:
    """The live publication of the article, when it is what was sealed; `number` as it stands in an address."""
    if not _ARTICLE_NUMBER.fullmatch(number):
        return None
    live = Publication.objects.live().filter(article=int(number)).order_by("-number")
    return next(with_intact_seals(live[:1]), None)


class PlainTextField(forms.CharField):
    """Text without control characters, "" if nobody sees anything of it.

    Ends of lines count as one character, as in the browser.
    """

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return visible_text(strip_control_characters(text.replace("\r\n", "\n").replace("\r", "\n")))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No `maxlength`: browsers cut off what is pasted and say nothing. The server says it."""
        return {name: value for name, value in super().widget_attrs(widget).items() if not name.endswith("length")}


def letter_text_field(**options: Any) -> PlainTextField:
    """A field that says how much somebody wrote, when it is too much or too little."""
    field = PlainTextField(max_length=MAX_TEXT_LENGTH, **options)
    for validator in field.validators:
        validator.message = LENGTH_MESSAGES.get(validator.code, validator.message)
    return field


class LetterForm(forms.Form):
    """A letter. `about`: id of the article it is about, if any. `form_token` says when the form was shown."""

    use_required_attribute = True

    kind = forms.ChoiceField(
        label=_("What is it?"), choices=LetterKind.choices, widget=forms.RadioSelect, initial=LetterKind.ERROR
    )
    text = letter_text_field(
        label=_("Your letter"),
        min_length=MIN_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=format_lazy(
            _("{shortest} to {longest} characters."), shortest=MIN_TEXT_LENGTH, longest=MAX_TEXT_LENGTH
        ),
        error_messages={"required": _("Write what it is about.")},
    )
    page = PlainTextField(
        label=_("Address of the page"),
        required=False,
        max_length=500,
        help_text=_("If it is about a page of this site."),
    )
    name = PlainTextField(
        label=_("Your name"), required=False, max_length=50, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    contact = PlainTextField(
        label=_("E-mail or phone"),
        required=False,
        max_length=100,
        help_text=_("Seen by those who deal with your letter, and by nobody else."),
    )
    # For programs, which fill in whatever they find. People do not see it; the style sheet hides it.
    subject = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    about = forms.CharField(required=False, widget=forms.HiddenInput)
    form_token = forms.CharField(required=False, widget=forms.HiddenInput)

    letter_field_names = ("kind", "text", "page", "name", "contact")

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data.copy() if data is not None else None, **options)

    @cached_property
    def publication(self) -> Publication | None:
        """What the letter is about, whether the form was sent or is shown for the first time."""
        return live_publication(str(self["about"].value() or ""))

    def clean_page(self) -> str:
        """The path on this site, whatever way somebody wrote the address. Raises ValidationError for another site."""
        typed = self.cleaned_data["page"]
        if not typed:
            return ""
        address = typed if re.match(r"(/|https?:)", typed, re.IGNORECASE) else f"http://{typed}"
        outside = parse_external(address)
        if outside and not is_trusted_host(outside.host, ()):
            raise ValidationError(_("This is no page of this site. Leave it empty if there is none."))
        found = urlsplit(urljoin(settings.SITE_URL, outside.address if outside else address))
        path = f"{found.path or '/'}?{found.query}" if found.query else found.path or "/"
        if not _SITE_PATH.fullmatch(path):
            raise ValidationError(_("This is no page of this site. Leave it empty if there is none."))
        return path

    def clean_contact(self) -> str:
        contact = self.cleaned_data["contact"]
        if contact and not _PHONE.fullmatch(contact):
            try:
                validate_email(contact)
            except ValidationError as error:
                raise ValidationError(_("This is neither an e-mail address nor a phone number.")) from error
        return contact

    def clean_about(self) -> str:
        """Only a live article; what is not (any more) is forgotten, and the form says so."""
        about = self.cleaned_data["about"]
        if about and self.publication is None:
            self.data["about"] = ""
            raise ValidationError(_("The article is not public any more. Send it again if your letter stands without."))
        return about

    def clean(self) -> dict[str, Any]:
        """Holds off programs. Nobody loses a word by it: the form comes back as it was, and says what to do."""
        cleaned = super().clean()
        if self.data.get("subject"):
            # Told, and not pretended to be stored: a person whose browser filled it in must not wait for an answer
            # that never comes. A program learns no more than it could read in the page.
            self.data["subject"] = ""
            self.add_error(None, _("A field that must stay empty was filled in. It is empty now: please send again."))
        try:
            cleaned["form"] = form_tokens.verify_token(self.data.get("form_token", ""))
        except form_tokens.SubmittedTooSoon:
            self.add_error(None, _("That was very quick. Please look through your letter once more, then send it."))
        except form_tokens.InvalidToken:
            self.data["form_token"] = form_tokens.issue_token()
            self.add_error(None, _("The form had been open for too long. Nothing is lost: please send it again."))
        return cleaned

    def letter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.letter_field_names]

    def letter_values(self) -> dict[str, Any]:
        """Fields of Letter, once the form is valid."""
        words = {name: self.cleaned_data[name] for name in self.letter_field_names}
        return words | {"article_id": self.publication.article_id if self.publication else None}


class AnswerForm(forms.Form):
    """`expected_state`: the state that the letter had on the page. Which button was pressed comes as `to`."""

    expected_state = forms.CharField(widget=forms.HiddenInput)
    answer = letter_text_field(
        label=_("Answer"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=format_lazy(
            _("The visitor reads it at the address of the receipt. At most {longest} characters."),
            longest=MAX_TEXT_LENGTH,
        ),
    )

    def __init__(self, *args: Any, letter: Letter, **options: Any) -> None:
        super().__init__(*args, initial={"expected_state": letter.state, "answer": letter.answer}, **options)
