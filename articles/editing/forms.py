"""The form for drafts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from articles import drafts
from articles.dates import ShownDayField, ShownMomentField
from articles.editing.editor import body_widget
from articles.editing.fields import AttachmentsField, PictureField
from articles.files import attachments
from articles.models import Article, Revision
from articles.models.revision import CONTENT_FIELDS
from articles.text.sanitising import sanitise
from departments.models import Department
from departments.permissions import departments_to_draft_in

DRAFT_FIELDS = (*CONTENT_FIELDS, "columns", "attachments")
DATETIME_LOCAL_FORMAT = "%Y-%m-%dT%H:%M"


class DraftForm(forms.ModelForm):
    """All words of a draft, the department of a new article, and the number of the save that the form shows."""

    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none())
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    cover = PictureField(label=_("Cover picture"))
    attachments = AttachmentsField(label=_("Attachments"))

    class Meta:
        model = Revision
        fields = (
            "title",
            "subtitle",
            "body",
            "address",
            "summary",
            "author",
            "source",
            "keywords",
            "dated",
            "columns",
            "cover",
            "document_number",
            "issuing_body",
            "issued_on",
            "index_number",
            "validity",
        )
        field_classes = {"dated": ShownMomentField, "issued_on": ShownDayField}
        widgets = {
            "body": body_widget(),
            "address": forms.URLInput,
            "summary": forms.Textarea(attrs={"rows": 4}),
            "author": forms.TextInput(attrs={"list": "known-authors", "autocomplete": "off"}),
            "source": forms.TextInput(attrs={"list": "known-sources", "autocomplete": "off"}),
            "dated": forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATETIME_LOCAL_FORMAT),
            "issued_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "columns": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, person: User, article: Article | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.article = article
        self.fields["department"].queryset = departments_to_draft_in(person)
        self.fields["columns"].queryset = Department.objects.holding_articles()
        self.fields["columns"].required = False
        if article:
            # Moving an article is an act of its own, with an entry in the ledger.
            self.fields["department"].disabled = True
            self.fields["department"].queryset = Department.objects.filter(pk=article.department_id)
            self.fields["department"].initial = article.department_id
            self.fields["version"].initial = self.instance.version
            if self.instance.pk:
                self.fields["attachments"].initial = attachments.current_attachments(self.instance)
        elif len(own := self.fields["department"].queryset[:2]) == 1:
            self.fields["department"].initial = own[0].pk

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_body(self) -> str:
        """Bounds the body before anything is stored; the cleaning itself happens on save."""
        body = self.cleaned_data["body"]
        drafts.check_body_length(sanitise(body, lambda _data: f"/files/{'0' * 64}.png").html)
        return body

    def content(self) -> dict[str, Any]:
        """What articles.drafts.save_draft takes, of the fields that are valid."""
        files = {name for name in ("cover", "attachments") if name not in self.data}  # left as they are
        return {
            name: self.cleaned_data[name] for name in DRAFT_FIELDS if name in self.cleaned_data and name not in files
        }

    def document_department_ids(self) -> list[int]:
        """Ids of the departments to choose from whose articles are official documents."""
        return list(self.fields["department"].queryset.filter(asks_for_documents=True).values_list("pk", flat=True))
