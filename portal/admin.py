"""Admin of the site's identity and of the home page's blocks."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from articles.dates import PlannedDayField
from ledger.admin import ResealingAdmin
from portal import identity
from portal.home import block_settings
from portal.home.blocks import default_blocks
from portal.models import IDENTITY_FIELDS, HomeBlock, Identity


@admin.register(Identity)
class IdentityAdmin(admin.ModelAdmin):
    list_display = ("name", "saved_at", "saved_by_name", "is_intact")
    fieldsets = (
        (None, {"fields": ("name", "description", "keywords")}),
        (_("Who is responsible"), {"fields": ("organiser", "undertaker", "copyright_holder", "technical_support")}),
        (_("Where to turn"), {"fields": ("address", "email", "phone", "error_report_url")}),
        (_("Licences"), {"fields": ("icp_number", "police_number", "site_code")}),
        (_("Links to other sites"), {"fields": ("trusted_hosts",)}),
        (_("Look"), {"fields": ("theme",)}),
        (_("Days of mourning"), {"fields": (("mourning_from", "mourning_until"),)}),
    )

    formfield_overrides = {models.DateField: {"form_class": PlannedDayField}}

    @admin.display(description=_("seal holds"), boolean=True)
    def is_intact(self, version: Identity) -> bool:
        return version.seal_holds()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version begins with the words of the present one."""
        present = identity.current_identity()
        return {name: getattr(present, name) for name in IDENTITY_FIELDS}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Identity, form: forms.ModelForm, change: bool) -> None:
        obj.pk = identity.save_identity(obj, by=request.user).pk


@admin.register(HomeBlock)
class HomeBlockAdmin(ResealingAdmin):
    list_display = ("position", "kind", "department", "how_many", "is_shown")
    list_display_links = ("kind",)
    list_select_related = ("department",)
    fields = ("kind", "department", "how_many", "position", "is_shown")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [path("default/", view(self.save_default_blocks), name="portal_homeblock_default"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """While nobody has chosen, the list says what the home page shows instead of standing there empty."""
        default = [] if HomeBlock.objects.exists() else default_blocks()
        return super().changelist_view(request, {**(extra_context or {}), "default_blocks": default})

    def save_default_blocks(self, request: HttpRequest) -> HttpResponse:
        """Puts the default set into the list, by POST."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST" and block_settings.save_default_blocks(by=request.user):
            messages.success(request, _("Now each block of the default set can be changed, moved and removed."))
        return HttpResponseRedirect(reverse("admin:portal_homeblock_changelist"))

    def save_model(self, request: HttpRequest, obj: HomeBlock, form: forms.ModelForm, change: bool) -> None:
        block_settings.save_block(obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: HomeBlock) -> None:
        block_settings.remove_block(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[HomeBlock]) -> None:
        for block in queryset:
            block_settings.remove_block(block, by=request.user)
