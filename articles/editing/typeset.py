"""排版 in the form: the text as it would be set, beside what it is. The form takes it over when its writer says so."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from articles.drafts import clean_body
from articles.editing.answers import refused
from articles.typesetting import typeset as set_text
from articles.typesetting_changes import changes
from departments.permissions import check_draft_somewhere


@require_POST
def typeset(request: HttpRequest) -> JsonResponse:
    """From `body` (HTML): {"html", "changes": [{"before", "after", "pieces"}], "lost": sentences}.

    `changes` as articles.typesetting_changes.Change; pictures in the text become files. 400 with {"error"} for a text
    that is too long.
    """
    check_draft_somewhere(request.user)
    try:
        before, lost = clean_body(request.POST.get("body", ""), request.user)
    except ValidationError as error:
        return refused(" ".join(error.messages))
    after = set_text(before)
    found = [vars(change) for change in changes(before, after)]
    return JsonResponse({"html": after, "changes": found, "lost": lost})
