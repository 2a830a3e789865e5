"""The ledger and its alarms in the admin: to read, never to write."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ledger.models import Alarm, Entry


class ReadOnlyAdmin(admin.ModelAdmin):
    """A list and a page to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("number", "time", "actor_name", "verb", "object_type", "object_id")
    list_filter = ("verb", "object_type")
    search_fields = ("actor_name", "object_id")
    ordering = ("-number",)
    show_full_result_count = False


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    list_display = ("thing", "finding", "first_seen", "last_seen")
    fields = list_display

    @admin.display(description=_("what"), ordering="subject")
    def thing(self, alarm: Alarm) -> str:
        return alarm.thing

    @admin.display(description=_("finding"))
    def finding(self, alarm: Alarm) -> str:
        return alarm.finding

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An alarm that has been looked into can be cleared; it comes back while its cause remains."""
        return request.user.is_superuser
