"""Views of the queue and the review page."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from departments import permissions
from workflow.actions.round_records import signs_off
from workflow.admin import remarks
from workflow.desk import approval_sheet, bulk_approval, outcomes, queue, review
from workflow.desk.action_forms import action_form
from workflow.models import QuickPhrase, Round
from workflow.rules.eligible_deciders import stranded_rounds
from workflow.rules.transitions import Action


@admin.register(Round)
class RoundAdmin(admin.ModelAdmin):
    """The queue 等我审批 and the review page. Rounds are no form: nothing of them is edited."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: Round | None = None) -> bool:
        return request.user.is_active

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Round | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Round | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.queue), name="workflow_round_changelist"),
            path("stranded/", view(self.stranded), name="workflow_round_stranded"),
            path("<int:pk>/review/", view(self.review), name="workflow_round_review"),
            path("<int:pk>/outcome/", view(self.outcome), name="workflow_round_outcome"),
            path("<int:pk>/sheet/", view(self.sheet), name="workflow_round_sheet"),
            path("<int:pk>/sheet/proof.svg", view(approval_sheet.round_qr_code), name="workflow_round_sheet_code"),
            *remarks.urls(self.admin_site),
        ]

    def queue(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            if "confirmed" in request.POST:
                return self._approve_confirmed(request)
            return self._ask_to_confirm(request)
        context = {**self.admin_site.each_context(request), "opts": self.opts, **queue.queue_context(request)}
        context["refused"] = [said for said in messages.get_messages(request) if said.extra_tags == "refused"]
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/workflow/round/queue.html", context)

    def _ask_to_confirm(self, request: HttpRequest) -> HttpResponse:
        """List the ticked articles that can be approved; go back to the queue if there are none."""
        if "chosen" not in request.POST:
            text = _("Nothing was ticked. Tick what you want to approve, then press the button again.")
            messages.error(request, text)
            return HttpResponseRedirect(request.path)
        selection = bulk_approval.select(request.POST.getlist("chosen"), request.user)
        if not selection.rounds:
            self._tell(request, selection)
            return HttpResponseRedirect(request.path)
        rows = [(found, signs_off(found)) for found in selection.rounds]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Confirm the approval"),
            "rows": rows,
            "public_count": sum(is_published for _found, is_published in rows),
            "selection": selection,
            "page_size": queue.PAGE_SIZE,
            "confirmation_token": bulk_approval.issue_token(selection, request.user),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/workflow/round/confirm.html", context)

    def _approve_confirmed(self, request: HttpRequest) -> HttpResponse:
        ticks = bulk_approval.read_token(request.POST["confirmed"], request.user)
        if ticks:
            self._tell(request, bulk_approval.approve(ticks, request.user))
        else:
            messages.error(request, _("Nothing was approved: the confirmation is not valid. Tick the articles again."))
        return HttpResponseRedirect(request.path)

    def _tell(self, request: HttpRequest, selection: bulk_approval.Selection) -> None:
        for name, reason in selection.refused:
            # The page lists these by themselves (queue.html).
            messages.error(request, _("%(name)s: %(reason)s") % {"name": name, "reason": reason}, extra_tags="refused")
        if selection.left_over:
            text = _("Only the first %(count)d of what was ticked were looked at; tick the others again.")
            messages.error(request, text % {"count": queue.PAGE_SIZE})
        if selection.rounds:
            messages.success(request, selection.sentence)

    def review(self, request: HttpRequest, pk: int) -> HttpResponse:
        request.current_app = self.admin_site.name
        return review.review_view(request, pk, {**self.admin_site.each_context(request), "opts": self.opts})

    def outcome(self, request: HttpRequest, pk: int) -> HttpResponse:
        request.current_app = self.admin_site.name
        return outcomes.outcome(request, pk, {**self.admin_site.each_context(request), "opts": self.opts})

    def stranded(self, request: HttpRequest) -> HttpResponse:
        """无人可审: rounds that wait for nobody, for superusers to hand over."""
        permissions.check_superuser(request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Waiting for nobody"),
            "rows": [
                (found, action_form(Action.HAND_OVER, found.round.article, request.user)) for found in stranded_rounds()
            ],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/workflow/round/stranded.html", context)

    def sheet(self, request: HttpRequest, pk: int) -> HttpResponse:
        request.current_app = self.admin_site.name
        return approval_sheet.round_sheet(request, pk, self.admin_site.each_context(request))


@admin.register(QuickPhrase)
class QuickPhraseAdmin(admin.ModelAdmin):
    """常用语, for superusers to keep."""

    list_display = ("text", "position")

    def save_model(self, request: HttpRequest, obj: QuickPhrase, form: forms.ModelForm, change: bool) -> None:
        """Seal the phrase. One that was changed outside the site is not saved over; it can be deleted."""
        if change:
            QuickPhrase.objects.get(pk=obj.pk).check_seal()
        obj.apply_seal()
        super().save_model(request, obj, form, change)
