"""The typesetting view 排版: returns the typeset text and a preview of the changes."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from articles.drafts import clean_body
from articles.editing.responses import error_response
from articles.text.typesetting import typeset as set_text
from articles.text.typesetting_preview import compare_typeset
from departments.permissions import check_draft_somewhere


@require_POST
def typeset_body(request: HttpRequest) -> JsonResponse:
    """From `body` (HTML): {"html", "changes": [{"before", "after", "pieces"}], "lost": sentences}.

    `changes` as articles.text.typesetting_preview.TypesettingChange; pictures in the text become files. 400 with
    {"error"} for a text that is too long.
    """
    check_draft_somewhere(request.user)
    try:
        before, lost = clean_body(request.POST.get("body", ""), request.user)
    except ValidationError as error:
        return error_response(" ".join(error.messages))
    after = set_text(before)
    found = [vars(change) for change in compare_typeset(before, after)]
    return JsonResponse({"html": after, "changes": found, "lost": lost})
