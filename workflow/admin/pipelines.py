"""Admin of pipelines, delegations and rounds that nobody can decide."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from articles.dates import MomentField
from departments.exceptions import NotAllowed, WrongState
from workflow.actions import delegations, pipelines
from workflow.models import Delegation, Pipeline, PipelineChoice, Step


class StepsFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """A pipeline in use needs somebody to sign off."""
        super().clean()
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not any(form.cleaned_data.get("is_active") for form in kept):
            raise ValidationError(_("A pipeline needs at least one step in use; the last one signs off."))


class StepInline(admin.StackedInline):
    """A step is one line where there is room, and its fields stand below each other on a telephone."""

    model = Step
    formset = StepsFormSet
    extra = 0
    min_num = 1
    classes = ("desk-steps",)
    fieldsets = ((None, {"fields": (("position", "name", "role", "people", "due_hours", "is_active"),)}),)

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Roles are picked here and made on their own page."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "role":
            field.widget.can_add_related = field.widget.can_change_related = field.widget.can_view_related = False
        return field


@admin.register(Pipeline)
class PipelineAdmin(admin.ModelAdmin):
    """Each save is an entry of the ledger, steps included. Rounds that are under way keep the steps they began with."""

    list_display = ("name", "is_default", "is_active", "step_names", "description")
    inlines = (StepInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pipeline]:
        return super().get_queryset(request).prefetch_related("steps")

    @admin.display(description=_("steps"))
    def step_names(self, pipeline: Pipeline) -> str:
        return " → ".join(step.name for step in pipeline.steps.all() if step.is_active)

    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            return super().changeform_view(*args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Pipeline, form: forms.ModelForm, change: bool) -> None:
        if change:
            Pipeline.objects.get(pk=obj.pk).check_seal()
        for former in Pipeline.objects.exclude(pk=obj.pk).filter(is_default=True) if obj.is_default else ():
            former.check_seal()
            former.is_default = False
            former.save(update_fields=["is_default"])
            pipelines.record_change(former, by=request.user, is_new=False)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        pipelines.record_change(form.instance, by=request.user, is_new=not change)

    def has_delete_permission(self, request: HttpRequest, obj: Pipeline | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_default)

    def delete_model(self, request: HttpRequest, obj: Pipeline) -> None:
        pipelines.delete_pipeline(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Pipeline]) -> None:
        for pipeline in queryset:
            try:
                pipelines.delete_pipeline(pipeline, by=request.user)
            except ValidationError as error:
                messages.error(request, f"{pipeline}: {' '.join(error.messages)}")


@admin.register(PipelineChoice)
class PipelineChoiceAdmin(admin.ModelAdmin):
    """Which department uses which pipeline; those not listed use the default one."""

    list_display = ("department", "pipeline")
    list_select_related = ("department", "pipeline")

    def save_model(self, request: HttpRequest, obj: PipelineChoice, form: forms.ModelForm, change: bool) -> None:
        pipelines.choose_pipeline(obj.department, obj.pipeline, by=request.user)
        obj.pk = PipelineChoice.objects.get(department=obj.department).pk

    def get_readonly_fields(self, request: HttpRequest, obj: PipelineChoice | None = None) -> tuple[str, ...]:
        return ("department",) if obj else ()

    def delete_model(self, request: HttpRequest, obj: PipelineChoice) -> None:
        pipelines.choose_pipeline(obj.department, None, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PipelineChoice]) -> None:
        for choice in queryset.select_related("department"):
            pipelines.choose_pipeline(choice.department, None, by=request.user)


class DelegationForm(forms.ModelForm):
    class Meta:
        model = Delegation
        fields = ("principal", "deputy", "begins_at", "ends_at")
        widgets = {
            "begins_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "ends_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }
        field_classes = {"begins_at": MomentField, "ends_at": MomentField}


@admin.register(Delegation)
class DelegationAdmin(admin.ModelAdmin):
    """Everybody names their own deputies; superusers may do it for others. Nothing is edited, only revoked."""

    form = DelegationForm
    list_display = ("principal", "deputy", "begins_at", "ends_at", "revoked_at")
    list_select_related = ("principal", "deputy")
    actions = ("revoke",)
    formfield_overrides: dict = {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delegation]:
        found = super().get_queryset(request)
        if request.user.is_superuser:
            return found
        return found.filter(principal=request.user) | found.filter(deputy=request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: Delegation | None = None) -> bool:
        return request.user.is_active

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_change_permission(self, request: HttpRequest, obj: Delegation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delegation | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Delegation | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        if not request.user.is_superuser and "principal" in form.base_fields:
            mine = form.base_fields["principal"]
            mine.queryset = mine.queryset.filter(pk=request.user.pk)
            mine.initial = request.user.pk
        return form

    def save_model(self, request: HttpRequest, obj: Delegation, form: forms.ModelForm, change: bool) -> None:
        made = delegations.delegate(
            principal=obj.principal,
            deputy=obj.deputy,
            begins_at=obj.begins_at,
            ends_at=obj.ends_at,
            by=request.user,
        )
        obj.pk = made.pk

    @admin.action(description=_("Revoke"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Delegation]) -> None:
        for delegation in queryset.select_related("principal", "deputy"):
            try:
                delegations.revoke_delegation(delegation, by=request.user)
            except (NotAllowed, WrongState) as error:
                messages.error(request, f"{delegation}: {error}")
