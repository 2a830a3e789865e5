"""Autosave: the view that saves the form every half minute and reports conflicts.

Valid fields are saved; invalid ones are named and stay in the form. A newer save of somebody else is never overwritten:
the answer holds their text.
"""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from articles.editing.forms import DraftForm, SavedDraft
from articles.models import Article, Revision
from articles.text.plain_text import plain_text
from departments import permissions


@require_POST
def autosave(request: HttpRequest) -> JsonResponse:
    """Saves the form's fields into the draft of `article`, or begins an article where there is none yet.

    Answers 200 {"article", "version", "time", "address", "lost", "errors"}; 409 with what stands there now, when
    somebody saved or submitted meanwhile; 400 with {"errors": {field: sentence}} when nothing could be saved.
    """
    permissions.check_draft_somewhere(request.user)
    number = request.POST.get("article", "")
    article = draft = None
    if number:
        existing = Article.objects.select_related("department")
        article = get_object_or_404(existing, pk=int(number) if _is_id(number) else 0)
        draft = article.active_draft()
    form = DraftForm(request.POST, instance=draft, person=request.user, article=article)
    if saved := form.save(is_automatic=True):
        return _saved_response(saved, form)
    return _conflict_response(form.conflict) if form.conflict else _invalid_response(form)


def _saved_response(saved: SavedDraft, form: DraftForm) -> JsonResponse:
    article, draft, lost, _digest = saved
    return JsonResponse(
        {
            "article": article.pk,
            "version": draft.version,
            "time": timezone.localtime(draft.saved_at).strftime("%H:%M:%S"),
            "address": reverse("admin:articles_article_change", args=[article.pk]),
            "preview": reverse("admin:articles_article_preview", args=[article.pk, draft.number]),
            "lost": lost,
            "errors": _form_errors(form),
        }
    )


def _conflict_response(revision: Revision) -> JsonResponse:
    """`now`: what stands there."""
    is_draft = revision.state == "draft"
    name, time = revision.saved_by_name, timezone.localtime(revision.saved_at).strftime("%H:%M:%S")
    if is_draft:
        sentence = _("%(name)s saved this draft at %(time)s, while you were writing") % {"name": name, "time": time}
    else:
        sentence = _("This article is no longer a draft; nothing was saved.")
    answer = {"sentence": sentence, "is_draft": is_draft, "version": revision.version, "name": name, "time": time}
    text = plain_text(revision.body) if revision.is_intact() else ""
    return JsonResponse({**answer, "title": revision.shown_title, "text": text}, status=409)


def _invalid_response(form: DraftForm) -> JsonResponse:
    return JsonResponse({"errors": _form_errors(form)}, status=400)


def _form_errors(form: DraftForm) -> dict[str, str]:
    return {name: " ".join(found) for name, found in form.errors.items()}


def _is_id(number: str) -> bool:
    return number.isdecimal() and len(number) < 19


@require_GET
def fresh_csrf_token(request: HttpRequest) -> JsonResponse:
    """A fresh token for the open form: signing in again in another tab makes the one on the page stale."""
    answer: dict[str, Any] = {"token": get_token(request), "person": request.user.pk}
    return JsonResponse(answer)
