"""The form for drafts."""

import re
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from articles import drafts
from articles.dates import ShownDayField, ShownMomentField
from articles.editing.editor import body_widget
from articles.editing.fields import AttachmentsField, DepartmentsField, PictureField
from articles.files import attachments
from articles.models import Article, Revision
from articles.models.revision import CONTENT_FIELDS
from articles.text.sanitising import CleanedHtml, sanitise_for_display
from departments import permissions
from departments.models import Department

DRAFT_FIELDS = (*CONTENT_FIELDS, "columns", "attachments")
_copy_key = re.compile(r"[0-9a-f]{16}")
DATETIME_LOCAL_FORMAT = "%Y-%m-%dT%H:%M"


class SavedDraft(NamedTuple):
    """`lost`: a sentence for each thing that the sanitiser left out. `digest`: of the draft as it was saved."""

    article: Article
    draft: Revision
    lost: list[str]
    digest: str


class DraftForm(forms.ModelForm):
    """All words of a draft, the department of a new article, and the version of the draft that the form shows.

    `save` has three outcomes: it returns the saved draft; or it returns None, and `conflict` is the text as it is now,
    because somebody saved, submitted or discarded it meanwhile; or it returns None, and `errors` names the fields.
    """

    conflict: Revision | None = None

    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none())
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # Names the copy that the browser keeps of this form (static/desk/autosave.js); a page that reports the save says
    # which copy is no longer needed.
    copy_key = forms.CharField(widget=forms.HiddenInput, required=False)
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
        field_classes = {"columns": DepartmentsField, "dated": ShownMomentField, "issued_on": ShownDayField}
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
        self.article, self.person = article, person
        if self.instance.body and not self.is_bound:  # a bound form shows what was sent
            # The editor builds a page of it, and the row of a draft is vouched for by nobody.
            self.initial["body"] = sanitise_for_display(self.instance.body)
        self.fields["department"].queryset = permissions.departments_to_draft_in(person)
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

    def clean_copy_key(self) -> str:
        """Return "" for a key that no page of ours sends."""
        key = self.cleaned_data["copy_key"]
        return key if _copy_key.fullmatch(key) else ""

    def clean_body(self) -> CleanedHtml:
        return drafts.check_body(self.cleaned_data["body"])

    def save(self, *, is_automatic: bool = False) -> SavedDraft | None:
        """Save the draft, or create the article. Raises NotAllowed for a department that the person does not write for.

        Saves all fields or none; an automatic save leaves out the fields that are not valid.
        """
        saved = None
        if self.article:
            permissions.check_draft(self.person, self.article.department)
        try:
            if self._can_be_saved(is_automatic):
                saved = self._save_draft(is_automatic) if self.article else self._create_article(is_automatic)
        except drafts.StaleDraft as error:
            self.conflict = error.draft
            self.add_error(None, str(error))
        except ValidationError as error:
            self.add_error("body", error.messages)
        return saved

    def _can_be_saved(self, is_automatic: bool) -> bool:
        """Return whether enough fields are valid. Raises StaleDraft if the article has no draft any more."""
        if self.article and not self.instance.pk:
            raise drafts.StaleDraft(self.article.latest_revision() or self.article.revisions.latest("number"))
        needed = set() if self.article else {"department", "title"}
        return self.is_valid() or (is_automatic and needed <= set(self.cleaned_data))

    # The digest is taken before the transaction ends: nobody else has been able to change the row by then.

    @transaction.atomic
    def _create_article(self, is_automatic: bool) -> SavedDraft:
        department = self.cleaned_data["department"]
        permissions.check_draft(self.person, department)
        article, lost = drafts.create_article(
            department=department, content=self.content(), by=self.person, is_automatic=is_automatic
        )
        draft = article.active_draft()
        return SavedDraft(article, draft, lost, draft.compute_digest())

    @transaction.atomic
    def _save_draft(self, is_automatic: bool) -> SavedDraft:
        version = self.cleaned_data.get("version") or 0
        lost = drafts.save_draft(
            self.instance, self.content(), by=self.person, version=version, is_automatic=is_automatic
        )
        return SavedDraft(self.article, self.instance, lost, self.instance.compute_digest())

    def content(self) -> dict[str, Any]:
        """Return what articles.drafts.save_draft takes, of the fields that are valid."""
        files = {name for name in ("cover", "attachments") if name not in self.data}  # left as they are
        return {
            name: self.cleaned_data[name] for name in DRAFT_FIELDS if name in self.cleaned_data and name not in files
        }

    def document_department_ids(self) -> list[int]:
        """Ids of the departments to choose from whose articles are official documents."""
        return list(self.fields["department"].queryset.filter(asks_for_documents=True).values_list("pk", flat=True))
