"""The Word import view: turns a .docx file into title, body and pictures for the form."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.drafts import check_body_length
from articles.editing.responses import error_response
from articles.word.package import check_document_size
from articles.word.reader import UnreadableDocument, read_word
from departments.permissions import check_draft_somewhere


@require_POST
def import_word(request: HttpRequest) -> JsonResponse:
    """Takes the `file` of a multipart form, a .docx document.

    Answers {"title", "subtitle", "html", "lost": sentences}; 400 with {"error"} for what cannot be read. The
    pictures are stored as files of the person's; nothing else is.
    """
    check_draft_somewhere(request.user)
    brought = request.FILES.get("file")
    if brought is None:
        return error_response(_("No file came along. Choose one."))
    try:
        check_document_size(brought.size)
        with transaction.atomic():
            text = read_word(brought.read(), request.user)
            check_body_length(len(text.html))
    except UnreadableDocument as error:
        return error_response(str(error))
    except ValidationError as error:
        return error_response(" ".join(error.messages))
    return JsonResponse({"title": text.title, "subtitle": text.subtitle, "html": text.html, "lost": text.lost})
