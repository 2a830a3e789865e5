"""Admin of ledger entries and alarms, the page on recording, and the base of admins of sealed rows."""

from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from ledger import verbs
from ledger.heads.exceptions import LedgerBehind
from ledger.heads.head_file import read_head
from ledger.heads.recording import find_refusal
from ledger.heads.restores import accepted_restores
from ledger.models import Alarm, Entry
from ledger.monitoring.clearing import clear_alarm
from ledger.resealing import ResealRefused


class ReadOnlyAdmin(admin.ModelAdmin):
    """A list and a page to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ResealingAdmin(admin.ModelAdmin):
    """Rows that saving seals again. A row that was tampered with is refused in words, with an alarm."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ResealRefused as broken:  # the transaction is over
            broken.report()
            messages.error(request, str(broken))
            return HttpResponseRedirect(request.get_full_path())


class AreaFilter(admin.SimpleListFilter):
    """What an entry is about, by the first part of its verb: Django's own filter would look through every entry to
    find which verbs there are."""

    title = _("what it is about")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return verbs.area_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        chosen = self.value()
        return queryset.filter(verb__startswith=f"{chosen}.") if chosen in dict(verbs.area_choices()) else queryset


class EntryPaginator(Paginator):
    """Entries are numbered without a gap, so the highest number says how many there are in all."""

    @cached_property
    def count(self) -> int:
        if self.object_list.query.where:
            return self.object_list.count()
        return Entry.objects.order_by("-number").values_list("number", flat=True).first() or 0


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("number", "time", "actor_label", "verb_label", "object_label")
    list_filter = (AreaFilter,)
    search_fields = ("actor_name", "object_id")
    search_help_text = _("Name of who did it, or number of the thing")
    ordering = ("-number",)
    sortable_by = ()  # by anything but the number it would sort the whole ledger
    paginator = EntryPaginator
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("number", "time", "actor_label", "verb_label", "object_label")}),
        (_("As it was signed"), {"fields": ("verb", "object_type", "object_id", "data")}),
        (_("Chain"), {"fields": ("previous", "hash", "key", "signature")}),
    )

    def get_urls(self) -> list[URLPattern]:
        page = path("recording/", self.admin_site.admin_view(self.recording_view), name="ledger_entry_recording")
        return [page, *super().get_urls()]

    def recording_view(self, request: HttpRequest) -> HttpResponse:
        """Whether the ledger takes entries, and what to do if it does not. For superusers."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        refusal = find_refusal()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Recording"),
            "refusal": refusal,
            "is_behind": isinstance(refusal, LedgerBehind),
            "noted": read_head(),
            "last": Entry.objects.order_by("-number").first(),
            "restores": accepted_restores(),
        }
        return render(request, "admin/ledger/recording.html", context)

    @admin.display(description=_("actor"))
    def actor_label(self, entry: Entry) -> str:
        return entry.actor_name or str(_("the system"))

    @admin.display(description=_("act"))
    def verb_label(self, entry: Entry) -> str:
        return verbs.verb_label(entry.verb)

    @admin.display(description=_("object"))
    def object_label(self, entry: Entry) -> str:
        return verbs.object_label(entry.object_type, entry.object_id)


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    """Open alarms. To delete one is to clear it, which is an act in the ledger; its row stays."""

    list_display = ("translated_subject", "translated_message", "first_seen", "last_seen", "count")
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alarm]:
        return super().get_queryset(request).filter(cleared_at=None)

    @admin.display(description=_("what"), ordering="subject")
    def translated_subject(self, alarm: Alarm) -> str:
        return alarm.translated_subject

    @admin.display(description=_("finding"))
    def translated_message(self, alarm: Alarm) -> str:
        return alarm.translated_message

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An alarm that has been looked into can be cleared; it comes back while its cause remains."""
        return request.user.is_superuser

    def delete_model(self, request: HttpRequest, obj: Alarm) -> None:
        clear_alarm(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        for alarm in queryset:
            clear_alarm(alarm, by=request.user)
