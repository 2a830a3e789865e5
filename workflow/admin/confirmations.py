"""Views of the page where accounts are confirmed, and where superusers end the setup."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from accounts.models import IdentityChange
from departments.exceptions import WrongState
from departments.setup import end_setup
from workflow.admin.notifications import ReadOnlyAdmin
from workflow.desk import confirmations


@admin.register(IdentityChange)
class IdentityChangeAdmin(ReadOnlyAdmin):
    """What was done to accounts. Django's own pages for rows are not mounted: each person sees what concerns them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: IdentityChange | None = None) -> bool:
        return request.user.is_active

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.waiting), name="accounts_identitychange_changelist"),
            path("<int:pk>/answer/", view(self.answer), name="accounts_identitychange_answer"),
            path("end-setup/", view(self.end_setup), name="accounts_identitychange_end_setup"),
        ]

    def waiting(self, request: HttpRequest) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **confirmations.page_context(request)}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/accounts/identitychange/waiting.html", context)

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            messages.success(request, confirmations.answer(request, pk))
        except WrongState as error:
            messages.error(request, str(error))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return self._back()

    def end_setup(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            end_setup(by=request.user)
            messages.success(request, _("Setup is ended. The ledger lists every account."))
        except WrongState as error:
            messages.error(request, str(error))
        return self._back()

    def _back(self) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:accounts_identitychange_changelist", current_app=self.admin_site.name)
        )
