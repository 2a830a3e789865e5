"""Upload views for pictures and documents; an upload stays private until it is published."""

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.editing.fields import file_facts
from articles.editing.responses import error_response
from articles.files import storage
from articles.models import Attachment
from departments.permissions import check_draft_somewhere

MAX_NAME_CHARS = Attachment._meta.get_field("name").max_length


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Takes the `file` of a multipart form; `only` “picture” refuses documents.

    Answers what `file_facts` says of it, with the `name` that it had; 400 with {"error"} for what cannot be used.
    """
    check_draft_somewhere(request.user)
    brought = request.FILES.get("file")
    if brought is None:
        return error_response(_("No file came along. Choose one."))
    if brought.size > storage.MAX_FILE_BYTES:
        return error_response(_("It is larger than %(limit)d MB.") % {"limit": storage.MAX_FILE_MB}, 413)
    data = brought.read()
    if request.POST.get("only") == "picture" and not storage.is_picture(data):
        return error_response(_("It is no picture that can be read (JPEG, PNG, GIF, WebP)."))
    try:
        file = storage.store_upload(data, request.user)
    except storage.UnusableFile as error:
        return error_response(str(error))
    return JsonResponse({**file_facts(file), "name": _display_name(brought.name)})


def _display_name(name: str) -> str:
    """The name without folders, control characters and ending (which the content decides): words, no path."""
    plain = "".join(character for character in name.replace("\\", "/").rsplit("/", 1)[-1] if character.isprintable())
    return plain.rpartition(".")[0].strip()[:MAX_NAME_CHARS] or plain.strip(". ")[:MAX_NAME_CHARS]
