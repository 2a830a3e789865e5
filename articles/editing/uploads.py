"""Pictures and documents that somebody brings while writing. Nobody else has them until a text that uses them does."""

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles import files
from articles.editing.answers import refused
from articles.fields import described
from articles.models import Attachment
from departments.permissions import check_draft_somewhere

LONGEST_NAME = Attachment._meta.get_field("name").max_length


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Takes the `file` of a multipart form; `only` “picture” refuses documents.

    Answers what `described` says of it, with the `name` that it had; 400 with {"error"} for what cannot be used.
    """
    check_draft_somewhere(request.user)
    brought = request.FILES.get("file")
    if brought is None:
        return refused(_("No file came along. Choose one."))
    if brought.size > files.MOST_BYTES:
        return refused(_("It is larger than %(limit)d MB.") % {"limit": files.MOST_BYTES // 1024 // 1024}, 413)
    data = brought.read()
    if request.POST.get("only") == "picture" and not files.is_picture(data):
        return refused(_("It is no picture that can be read (JPEG, PNG, GIF, WebP)."))
    try:
        file = files.store_upload(data, request.user)
    except files.UnusableFile as error:
        return refused(str(error))
    return JsonResponse({**described(file), "name": _shown_name(brought.name)})


def _shown_name(name: str) -> str:
    """The name without folders, control characters and ending (which the content decides): words, no path."""
    plain = "".join(character for character in name.replace("\\", "/").rsplit("/", 1)[-1] if character.isprintable())
    return plain.rpartition(".")[0].strip()[:LONGEST_NAME] or plain.strip(". ")[:LONGEST_NAME]
