"""The queue of what waits for somebody, and the review page."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from departments import permissions
from workflow import review, sheet, standing_in
from workflow.models import Round
from workflow.performing import form_for
from workflow.transitions import Action


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
            path("<int:pk>/sheet/", view(self.sheet), name="workflow_round_sheet"),
            path("<int:pk>/sheet/proof.svg", view(sheet.code_of_round), name="workflow_round_sheet_code"),
        ]

    def queue(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            review.approve_many(request)
            return HttpResponseRedirect(request.path)
        context = {**self.admin_site.each_context(request), "opts": self.opts, **review.queue(request)}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/workflow/round/queue.html", context)

    def review(self, request: HttpRequest, pk: int) -> HttpResponse:
        request.current_app = self.admin_site.name
        return review.review(request, pk, {**self.admin_site.each_context(request), "opts": self.opts})

    def stranded(self, request: HttpRequest) -> HttpResponse:
        """无人可审: rounds that wait for nobody, for superusers to hand over."""
        permissions.check_superuser(request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Waiting for nobody"),
            "rows": [
                (found, form_for(Action.HAND_OVER, found.round.article, request.user))
                for found in standing_in.stranded()
            ],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/workflow/round/stranded.html", context)

    def sheet(self, request: HttpRequest, pk: int) -> HttpResponse:
        request.current_app = self.admin_site.name
        return sheet.of_round(request, pk, self.admin_site.each_context(request))
