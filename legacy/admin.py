"""Admin of old addresses: add and delete, each with a ledger entry."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from legacy import old_addresses
from legacy.address_normalisation import normalise_address
from legacy.models import OldAddress


class OldAddressForm(forms.ModelForm):
    # Longer than what is stored: people paste the whole address, percent signs and all.
    address = forms.CharField(
        label=_("old address"),
        max_length=2000,
        help_text=OldAddress._meta.get_field("address").help_text,
        widget=admin.widgets.AdminTextInputWidget,
    )

    class Meta:
        model = OldAddress
        fields = ("address", "article", "department")

    def clean_address(self) -> str:
        return normalise_address(self.cleaned_data["address"])


@admin.register(OldAddress)
class OldAddressAdmin(admin.ModelAdmin):
    form = OldAddressForm
    list_display = ("address", "target_label", "made_at", "made_by_name")
    search_fields = ("address",)
    list_select_related = ("article", "department")
    raw_id_fields = ("article",)

    @admin.display(description=_("leads to"))
    def target_label(self, address: OldAddress) -> str:
        return address.target_label

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: OldAddress, form: forms.ModelForm, change: bool) -> None:
        made = old_addresses.create_old_address(
            obj.address, article=obj.article, department=obj.department, by=request.user
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: OldAddress) -> None:
        old_addresses.delete_old_address(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[OldAddress]) -> None:
        for address in queryset:
            old_addresses.delete_old_address(address, by=request.user)
