"""The letter box: visitors write, and read what became of it."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from feedback import sending, stamps
from feedback.forms import LetterForm, live_article
from feedback.models import Letter, receipt_in

LARGEST = 1_000_000  # bytes of a form; what is longer than a letter may be still comes back to whoever wrote it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """The form; `?about=` is the number of the article that it is about, `?receipt=` leads to a letter already sent.

    The only public page with a cookie: Django's own against forged forms.
    """
    if request.method == "POST":
        return _send(request)
    if typed := request.GET.get("receipt", ""):
        found = receipt_in(typed)
        if Letter.objects.filter(receipt=found).exists():
            return HttpResponseRedirect(reverse("feedback-letter", args=[found]))
        return _page(request, _fresh(request), 404, unknown=typed[:100])
    return _page(request, _fresh(request))


def _fresh(request: HttpRequest) -> LetterForm:
    return LetterForm(initial={"about": request.GET.get("about", ""), "stamp": stamps.new()})


def _send(request: HttpRequest) -> HttpResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        raise RequestDataTooBig("a letter of more than a megabyte")
    form = LetterForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 400)
    now = timezone.now()
    who, earlier = sending.visitor(request, now), sending.visitor(request, now - sending.WINDOW)
    try:
        letter = sending.send(who, form.cleaned_data["form"], earlier=earlier, **form.words())
    except sending.TooMany as error:
        said = _(
            "You have sent several letters within the last hour. Please send this one later; the text stands below."
        )
        if not error.by_visitor:
            said = _("More letters than usual are coming in. Please send this one in an hour; the text stands below.")
        form.add_error(None, said)
        response = _page(request, form, 429)
        response["Retry-After"] = int(sending.WINDOW.total_seconds())
        return response
    return HttpResponseRedirect(reverse("feedback-letter", args=[letter.receipt]))


def _page(request: HttpRequest, form: LetterForm, status: int = 200, unknown: str = "") -> HttpResponse:
    context = {"form": form, "unknown": unknown, "days": settings.FEEDBACK_KEPT_DAYS}
    return render(request, "feedback/write.html", context, status=status)


@never_cache
@require_safe
def letter(request: HttpRequest, receipt: str) -> HttpResponse:
    """State and answer of one letter, for whoever has its receipt. Never who wrote it."""
    found = get_object_or_404(Letter, receipt=receipt)
    about = live_article(str(found.article_id)) if found.article_id else None
    context = {"letter": found, "publication": about, "way": found.way()}
    response = render(request, "feedback/letter.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
