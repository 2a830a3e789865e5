"""Translated texts for the JavaScript of the draft form."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.files.storage import MAX_FILE_MB

SCRIPT_TEXTS = {
    "unsaved": _("Not saved yet"),
    "saving": _("Saving…"),
    "saved": _("Saved by itself at {time}"),
    "needs": _("Saves by itself once it has a title and a department"),
    "offline": _("No connection. Nothing was changed; try again."),
    "signed_out": _("You have been signed out. Sign in in another tab, then try again here."),
    "refused": _("The server refuses this. Reload the page to see why."),
    "broken": _("The server could not do this. Try again in a moment."),
    "kept_here": _("Your text is kept in this browser."),
    "partly": _("Saved by itself at {time}, but not: {fields}"),
    "lost": _("Left out while saving"),
    "conflict": _(
        "Saving by itself is off until you have chosen. Go on writing if you like; nothing of yours is lost."
    ),
    "kept": _("This browser still holds text from {time} that was not saved."),
    "length": _("{count} characters"),
    "long": _("{count} characters: longer than 30, lists may break or cut it"),
    "summary": _("Left empty, it will be: {text}"),
    "uploading": _("{name} is on its way: {percent}"),
    "not_uploaded": _("{name}: {why}"),
    "twice": _("It is attached already."),
    "name": _("Name of the file"),
    "caption": _("Remark"),
    "remove": _("Remove {name}"),
    "up": _("Move {name} up"),
    "down": _("Move {name} down"),
    "picture": _("Insert a picture"),
    "no_cover": _("No cover picture"),
    "no_keywords": _("The text names nothing often enough yet."),
    "add_keyword": _("Add the keyword {name}"),
    "preview_needs": _("Write a title and choose a department first; then there is something to show."),
    "copied": _("Copied"),
    "share": _("This link shows the text until {ends}, or until it is published:"),
}


def script_texts() -> dict[str, str]:
    """Return the texts in the language of the page."""
    too_large = gettext("It is larger than %(limit)d MB.") % {"limit": MAX_FILE_MB}
    return {**{name: str(text) for name, text in SCRIPT_TEXTS.items()}, "too_large": too_large}
