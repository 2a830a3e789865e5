"""Public views of letters: the form, and the receipt page."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from feedback import form_tokens, intake
from feedback.forms import LetterForm, live_publication
from feedback.letter_actions import has_intact_seal
from feedback.models import Letter, format_receipt, parse_receipt

MAX_FORM_BYTES = 1_000_000  # bytes of a form; what is longer than a letter may be still comes back to whoever wrote it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def letter_form(request: HttpRequest) -> HttpResponse:
    """The form; `?about=` is the number of the article that it is about, `?receipt=` leads to a letter already sent.

    The only public page with a cookie: Django's own against forged forms.
    """
    if request.method == "POST":
        return _handle_post(request)
    if typed := request.GET.get("receipt", ""):
        found = parse_receipt(typed)
        if Letter.objects.with_receipt(found).exists():
            return HttpResponseRedirect(reverse("feedback-letter", args=[found]))
        return _render_form(request, _blank_form(request), 404, unknown_receipt=typed[:100])
    return _render_form(request, _blank_form(request))


def _blank_form(request: HttpRequest) -> LetterForm:
    return LetterForm(initial={"about": request.GET.get("about", ""), "form_token": form_tokens.issue_token()})


def _handle_post(request: HttpRequest) -> HttpResponse:
    if _content_length(request) > MAX_FORM_BYTES:
        raise RequestDataTooBig("a letter of more than a megabyte")
    form = LetterForm(request.POST)
    if not form.is_valid():
        return _render_form(request, form, 400)
    now = timezone.now()
    who, earlier = intake.visitor_hash(request, now), intake.visitor_hash(request, now - intake.RATE_LIMIT_WINDOW)
    try:
        letter = intake.store_letter(who, form.cleaned_data["form"], earlier_visitor=earlier, **form.letter_values())
    except intake.RateLimitExceeded as error:
        said = _(
            "You have sent several letters within the last hour. Please send this one later; the text stands below."
        )
        if not error.by_visitor:
            said = _("More letters than usual are coming in. Please send this one in an hour; the text stands below.")
        form.add_error(None, said)
        response = _render_form(request, form, 429)
        response["Retry-After"] = int(intake.RATE_LIMIT_WINDOW.total_seconds())
        return response
    return HttpResponseRedirect(reverse("feedback-letter", args=[letter.receipt]))


def _content_length(request: HttpRequest) -> int:
    """As Django reads it: what is no number is 0, and then no byte of the body is read either."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _render_form(request: HttpRequest, form: LetterForm, status: int = 200, unknown_receipt: str = "") -> HttpResponse:
    context = {"form": form, "unknown_receipt": unknown_receipt, "retention_days": settings.FEEDBACK_KEPT_DAYS}
    return render(request, "feedback/letter_form.html", context, status=status)


@never_cache
@require_safe
def letter_status(request: HttpRequest, receipt: str) -> HttpResponse:
    """State and answer of one letter, for whoever has its receipt. Never who wrote it."""
    found = get_object_or_404(Letter.objects.with_receipt(receipt))
    if not has_intact_seal(found):
        return render(request, "503.html", {"is_seal_broken": True}, status=503)
    about = live_publication(str(found.article_id)) if found.article_id else None
    context = {"letter": found, "publication": about, "progress": found.progress()}
    context["receipt"] = format_receipt(receipt)
    response = render(request, "feedback/letter_status.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
