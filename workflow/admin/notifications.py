"""Admin of notifications: the inbox, and deliveries for superusers."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from workflow.models import Delivery, Notification
from workflow.notifications import delivery, inbox


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """Everybody's own messages. Django's own pages for rows are not mounted: they would show other people's."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        return request.user.is_active and (obj is None or obj.person_id == request.user.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return Notification.objects.for_person(request.user)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.inbox), name="workflow_notification_changelist"),
            path("read/", view(self.mark_all_read), name="workflow_notification_read"),
            path("<int:pk>/", view(self.open), name="workflow_notification_open"),
        ]

    def inbox(self, request: HttpRequest) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **inbox.inbox_context(request)}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/workflow/notification/inbox.html", context)

    def open(self, request: HttpRequest, pk: int) -> HttpResponse:
        address = inbox.open_message(request, pk)
        if address is None:
            messages.warning(request, gettext("You have no role in the department of this article any more."))
        return HttpResponseRedirect(address or self._inbox_url())

    def mark_all_read(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        inbox.mark_all_read(request)
        return HttpResponseRedirect(self._inbox_url())

    def _inbox_url(self) -> str:
        return reverse("admin:workflow_notification_changelist", current_app=self.admin_site.name)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """For superusers: which messages were sent, wait, or were given up."""

    list_display = ("created", "person", "channel", "state", "attempts", "last_error", "next_attempt_at", "sent_at")
    list_display_links = None
    list_filter = ("state", "channel")
    list_select_related = ("notification__person",)
    show_full_result_count = False
    ordering = ("-pk",)
    actions = ("try_again",)

    @admin.display(description=_("at"))
    def created(self, row: Delivery) -> object:
        return row.notification.created_at

    @admin.display(description=_("person"))
    def person(self, row: Delivery) -> str:
        return row.notification.person.full_name if row.notification.person else gettext("group chat")

    @admin.action(description=_("Try to send again what was given up"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = delivery.retry_given_up(queryset)
        text = ngettext("%(count)d message will be sent again.", "%(count)d messages will be sent again.", count)
        messages.success(request, text % {"count": count})
