"""The admin site of the project (the desk), which replaces Django's `admin.site`."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts import services
from accounts.models import User

# Words of Django's own that our catalogue says otherwise: a full-width colon behind the labels of forms, no blanks
# between Chinese words, and the desk as the root of everything. `makemessages` keeps only what stands in our sources.
DJANGO_MESSAGE_OVERRIDES = (
    gettext_noop(":"),
    gettext_noop("Home"),  # the root of its breadcrumbs
    gettext_noop("Change history: %s"),
    gettext_noop(" By %(filter_title)s "),
    gettext_noop("Filter"),
    gettext_noop("Add %s"),
    gettext_noop("Change %s"),
    gettext_noop("View %s"),
    gettext_noop("Select %s to change"),
    gettext_noop("Select %s to view"),
    gettext_noop("Add %(name)s"),
    gettext_noop("Add another %(verbose_name)s"),
    gettext_noop("Delete selected %(verbose_name_plural)s"),
)


class SignInForm(AdminAuthenticationForm):
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _("User name and password do not match. After %(limit)d failures you must wait."),
    }

    def get_invalid_login_error(self) -> Any:
        return ValidationError(
            self.error_messages["invalid_login"], code="invalid_login", params={"limit": settings.AXES_FAILURE_LIMIT}
        )


class OwnPasswordChangeForm(AdminPasswordChangeForm):
    """Somebody changes their own password; the ledger has that it happened."""

    def save(self, commit: bool = True) -> User:
        services.set_password(self.user, self.cleaned_data["new_password1"], by=self.user)
        return self.user


class DeskSite(admin.AdminSite):
    site_header = _("Qianfa desk")
    site_title = _("Qianfa desk")
    index_title = _("Desk")
    login_form = SignInForm
    enable_nav_sidebar = False  # the desk has its own navigation

    def has_permission(self, request: HttpRequest) -> bool:
        """Everybody with an account works here; what they find depends on their roles."""
        return request.user.is_active

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        view = PasswordChangeView.as_view(
            form_class=OwnPasswordChangeForm,
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
            template_name="registration/password_change_form.html",
        )
        request.current_app = self.name
        return view(request)
