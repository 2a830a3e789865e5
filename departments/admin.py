"""Admin of departments, roles and memberships; changes go through departments.services."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from departments import people_import_views, services
from departments.models import Department, Membership, Role
from ledger.admin import ResealingAdmin


@admin.register(Department)
class DepartmentAdmin(ResealingAdmin):
    list_display = ("name", "kind", "slug", "parent", "responsible", "position", "is_visible")
    list_filter = ("kind", "is_visible")
    search_fields = ("name", "slug")
    list_select_related = ("parent", "responsible")
    prepopulated_fields: dict[str, tuple[str, ...]] = {}
    fieldsets = (
        (None, {"fields": ("kind", "name", "slug", "url")}),
        (_("Place"), {"fields": ("parent", "responsible", "position", "is_visible")}),
        (_("For search engines"), {"fields": ("description", "keywords", "column_type")}),
        (_("At the desk"), {"fields": ("asks_for_documents",)}),
    )

    def save_model(self, request: HttpRequest, obj: Department, form: forms.ModelForm, change: bool) -> None:
        services.save_department(obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Department) -> None:
        services.delete_department(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Department]) -> None:
        for department in queryset:
            services.delete_department(department, by=request.user)


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin):
    list_display = ("name", "code", "may_draft", "position")

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Role, form: forms.ModelForm, change: bool) -> None:
        services.save_role(obj, by=request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Roles stay: pipelines and past rounds name them."""
        return False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    """Roles are granted and revoked, never edited: each is an entry of the ledger."""

    list_display = ("person", "role", "where")
    list_filter = ("role", "department")
    search_fields = ("person__username", "person__full_name")
    list_select_related = ("person", "role", "department")
    autocomplete_fields = ("person",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        page = partial(people_import_views.import_view, self.admin_site)
        return [
            path("import/", view(page), name="departments_membership_import"),
            path(
                "import/template.csv", view(people_import_views.template_view), name="departments_membership_template"
            ),
            *super().get_urls(),
        ]

    @admin.display(description=_("where"), ordering="department")
    def where(self, membership: Membership) -> str:
        return str(membership.department or _("whole site"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Membership, form: forms.ModelForm, change: bool) -> None:
        granted = services.grant_role(person=obj.person, role=obj.role, department=obj.department, by=request.user)
        obj.pk = granted.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.revoke_role(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset.select_related("person", "role"):
            services.revoke_role(membership, by=request.user)
