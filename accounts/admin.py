"""Admin of people; every change goes through accounts.services."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
    UserCreationForm,
)
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import lockout, services
from accounts.models import User
from accounts.registration import save_new_user


class PersonCreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("username", "full_name")
        field_classes: dict[str, type[forms.Field]] = {}


class PasswordStatusWidget(ReadOnlyPasswordHashWidget):
    """Says whether there is a password, where Django would show how it is hashed."""

    def get_context(self, name: str, value: str | None, attrs: dict | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        is_set = bool(value) and is_password_usable(value)
        context["summary"] = [{"label": _("A password is set.") if is_set else _("No password is set.")}]
        return context


class PersonChangeForm(UserChangeForm):
    password = ReadOnlyPasswordHashField(
        label=_("Password"),
        widget=PasswordStatusWidget,
        help_text=_("Nobody can look it up; set another one when it is forgotten. The ledger has that it was set."),
    )

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, type[forms.Field]] = {}


class PasswordResetForm(AdminPasswordChangeForm):
    """A superuser sets or takes away somebody's password; `user.acting` is that superuser (PersonAdmin.get_object)."""

    def save(self, commit: bool = True) -> User:
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        services.set_password(self.user, password, by=self.user.acting_user)
        return self.user


admin.site.unregister(Group)  # Django's groups and permissions play no part here


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = PasswordResetForm
    list_display = ("username", "full_name", "email", "phone", "is_superuser", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("username", "full_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    actions = ("unlock", "end_sessions")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("full_name", "email", "phone")}),
        (_("Standing"), {"fields": ("is_active", "is_superuser", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": ("username", "full_name", "email", "phone", "is_superuser", "password1", "password2"),
            },
        ),
    )

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        if obj is None:
            kwargs.setdefault("fields", ("username", "full_name", "email", "phone", "is_superuser"))
        return super().get_form(request, obj, **kwargs)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        person = super().get_object(request, object_id, from_field)
        if person is not None:
            person.acting_user = request.user
        return person

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if change:
            services.change_user(obj, by=request.user)
        else:
            save_new_user(obj, by=request.user)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted: untick “active” for somebody who has left, so that the record keeps their name."""
        return False

    @admin.action(description=_("Unlock sign-in after too many failures"))
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            lockout.unlock(person)
            services.record_unlock(person, by=request.user)
        count = queryset.count()
        text = ngettext("%(count)d person can sign in again.", "%(count)d people can sign in again.", count)
        messages.success(request, text % {"count": count})

    @admin.action(description=_("Sign out on every device"))
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            services.end_sessions(person, by=request.user)
        count = queryset.count()
        text = ngettext("%(count)d person is signed out.", "%(count)d people are signed out.", count)
        messages.success(request, text % {"count": count})
