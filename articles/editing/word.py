"""A Word document brought into the form. It becomes words and pictures in the form; saving is the drafter's own act."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.drafts import check_length
from articles.word import UnreadableDocument, read_word
from articles.word_package import check_size
from departments.permissions import NotAllowed, departments_to_draft_in


@require_POST
def word(request: HttpRequest) -> JsonResponse:
    """Takes the `file` of a multipart form, a .docx document.

    Answers {"title", "subtitle", "html", "lost": sentences}; 400 with {"error"} for what cannot be read. The
    pictures are stored as files of the person's; nothing else is.
    """
    if not departments_to_draft_in(request.user).exists():
        raise NotAllowed(_("You do not write for any department. Ask a superuser for the role."))
    brought = request.FILES.get("file")
    if brought is None:
        return _refused(_("No file came along. Choose one."))
    try:
        check_size(brought.size)
        with transaction.atomic():
            text = read_word(brought.read(), request.user)
            check_length(text.html)
    except UnreadableDocument as error:
        return _refused(str(error))
    except ValidationError as error:
        return _refused(" ".join(error.messages))
    return JsonResponse({"title": text.title, "subtitle": text.subtitle, "html": text.html, "lost": text.lost})


def _refused(sentence: str) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=400)
