"""POST views of remarks."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.drafts import StaleDraft
from articles.text.passages import Quote
from departments.exceptions import WrongState
from workflow.actions import remarks
from workflow.desk import review
from workflow.desk.forms import DecisionForm, RemarkForm
from workflow.exceptions import BadRemark
from workflow.models import Remark, Round, RoundState
from workflow.rules.visibility import check_see_round, round_or_404


def urls(site: AdminSite) -> list[URLPattern]:
    """For the addresses of rounds. Names: workflow_remark_make, …_withdraw, …_take, …_settle."""

    @require_POST
    def making(request: HttpRequest, pk: int) -> HttpResponse:
        request.current_app = site.name
        return add_view(request, pk, {**site.each_context(request), "opts": Round._meta})

    view = site.admin_view
    return [
        path("<int:pk>/remarks/", view(making), name="workflow_remark_make"),
        path("remarks/<int:pk>/withdraw/", view(withdraw_view), name="workflow_remark_withdraw"),
        path("remarks/<int:pk>/take/", view(accept_view), name="workflow_remark_take"),
        path("remarks/<int:pk>/settle/", view(resolve_view), name="workflow_remark_settle"),
    ]


def _asks_for_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def add_view(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """Puts a remark on a passage. Who asks for JSON gets {"list": HTML}, or 400 with {"errors": {field: sentence}}."""
    found = round_or_404(request.user, pk)
    form = RemarkForm(request.POST)
    if form.is_valid() and _add_remark(request, found, form):
        if _asks_for_json(request):
            return _remarks_json(request, found)
        messages.success(request, _("The remark stands."))
        return HttpResponseRedirect(reverse("admin:workflow_round_review", args=[pk]) + "#remarks")
    if _asks_for_json(request):
        return JsonResponse({"errors": {name: " ".join(said) for name, said in form.errors.items()}}, status=400)
    if found.state != RoundState.OPEN:  # the page shows no form, and so not what is wrong in it
        messages.error(request, _("This round is closed."))
        return HttpResponseRedirect(reverse("admin:workflow_round_review", args=[pk]) + "#remarks")
    deciding = DecisionForm(initial={"seen": found.revision.digest})
    return review.render_review(request, found, deciding, context, remark_form=form, status=400)


def _add_remark(request: HttpRequest, found: Round, form: RemarkForm) -> bool:
    words = form.cleaned_data
    quote = Quote(words["exact"], words["prefix"], words["suffix"])
    replacement = words["replacement"] if words["kind"] == "suggestion" else None
    try:
        remarks.add_remark(
            found, request.user, quote, field=words["field"], text=words["text"], replacement=replacement
        )
    except BadRemark as error:
        form.add_error(error.field, str(error))
        return False
    except WrongState as error:
        form.add_error(None, str(error))
        return False
    return True


def _remarks_json(request: HttpRequest, found: Round) -> JsonResponse:
    shown = {"remarks": remarks.on_round(found), "round": found}
    return JsonResponse({"list": render_to_string("admin/workflow/round/_remarks.html", shown, request)})


def _remark_or_404(pk: int) -> Remark:
    return get_object_or_404(Remark.objects.select_related("round__article__department", "round__revision"), pk=pk)


@require_POST
def withdraw_view(request: HttpRequest, pk: int) -> HttpResponse:
    made = _remark_or_404(pk)
    check_see_round(request.user, made.round)
    try:
        remarks.withdraw_remark(made, request.user)
    except WrongState as error:
        if _asks_for_json(request):
            return JsonResponse({"errors": {"__all__": str(error)}}, status=400)
        messages.error(request, str(error))
    if _asks_for_json(request):
        return _remarks_json(request, made.round)
    return HttpResponseRedirect(reverse("admin:workflow_round_review", args=[made.round_id]) + "#remarks")


@require_POST
def accept_view(request: HttpRequest, pk: int) -> HttpResponse:
    """采用: the draft, at the save whose number is sent as `version`, gets the suggested words."""
    made = _remark_or_404(pk)
    version = request.POST.get("version", "")
    try:
        lost = remarks.accept_suggestion(
            made, request.user, int(version) if version.isdecimal() and len(version) < 9 else 0
        )
    except StaleDraft as error:
        text = _("Not taken over: %(name)s saved the draft meanwhile. You see the present text now; try again.")
        messages.error(request, text % {"name": error.draft.saved_by_name})
    except WrongState as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken over into the draft: “%(words)s”") % {"words": made.replacement or "…"})
        for sentence in lost:
            messages.warning(request, sentence)
    return _redirect_to_draft(made)


@require_POST
def resolve_view(request: HttpRequest, pk: int) -> HttpResponse:
    """不采用 or 已处理: off the list of what is still to be looked at."""
    made = _remark_or_404(pk)
    try:
        remarks.resolve_remark(made, request.user)
    except WrongState as error:
        messages.error(request, str(error))
    return _redirect_to_draft(made)


def _redirect_to_draft(made: Remark) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:articles_article_change", args=[made.round.article_id]) + "#remarks")
