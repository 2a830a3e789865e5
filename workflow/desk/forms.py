"""Form classes of the desk: decisions and what each action asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from articles.dates import MomentField
from articles.editing.forms import DATETIME_LOCAL_FORMAT
from articles.models import Article
from departments.models import Department
from departments.permissions import departments_to_draft_in, drafters_of
from workflow.models import Decision, Remark


class DecisionForm(forms.Form):
    """The opinion. The pressed button comes beside it as `verdict`, the token of the page as `opened`."""

    comment = forms.CharField(
        label=_("Opinion"),
        required=False,
        max_length=Decision._meta.get_field("comment").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when you return the text: what should be changed?"),
    )
    at = MomentField(
        label=_("Appears at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATETIME_LOCAL_FORMAT),
        help_text=_("Empty: at once."),
    )


class RemarkForm(forms.Form):
    """A remark on a passage, or a suggestion of other words for it. `kind` says which of the two is meant."""

    field = forms.ChoiceField(label=_("Where"), choices=Remark.Field.choices, initial=Remark.Field.BODY)
    exact = forms.CharField(
        label=_("Passage"),
        max_length=Remark.MAX_PASSAGE_CHARACTERS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Copied from the text, so that it can be found there."),
    )
    prefix = forms.CharField(required=False, max_length=200, strip=False, widget=forms.HiddenInput)
    suffix = forms.CharField(required=False, max_length=200, strip=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("What is meant"),
        choices=[("text", _("A remark")), ("suggestion", _("Suggest other words"))],
        initial="text",
        widget=forms.RadioSelect,
    )
    replacement = forms.CharField(
        label=_("Other words"),
        required=False,
        max_length=Remark.MAX_REPLACEMENT_CHARACTERS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Left empty, the passage is to go."),
    )
    text = forms.CharField(
        label=pgettext_lazy("on a passage", "Remark"),
        required=False,
        max_length=Remark._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def datetime_field(label: str, **options: Any) -> MomentField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATETIME_LOCAL_FORMAT)
    return MomentField(label=label, widget=widget, **options)


class ActionForm(forms.Form):
    """What an act asks for before it happens. `article` is the one it is about, `person` who would do it."""

    def __init__(self, *args: Any, article: Article, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.article, self.person = article, person


class ExpiryForm(ActionForm):
    """The end of a publication. Emptied, an end that is set is lifted."""

    at = datetime_field(_("Public until"), required=False, help_text=_("Empty: until further notice."))


class PinForm(ActionForm):
    until = datetime_field(_("At the top until"), required=False, help_text=_("Empty: no longer at the top."))


class MoveForm(ActionForm):
    to = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.holding_articles())


class SeenDigestForm(ActionForm):
    """Names the text that stood on the page."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


class HandOverForm(ActionForm):
    to = forms.ModelChoiceField(label=_("Hand over to"), queryset=User.objects.filter(is_active=True))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = User.objects.filter(is_active=True).exclude(pk=self.person.pk)


class CopyForm(ActionForm):
    """For which department the copy of an article is."""

    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments_to_draft_in(self.person)
        self.fields["department"].initial = self.article.department_id

    @classmethod
    def build_if_allowed(cls, article: Article, person: User) -> "CopyForm | None":
        """The form, for somebody who writes for any department."""
        form = cls(article=article, person=person, prefix=None)
        return form if form.fields["department"].queryset.exists() else None


class HandDraftForm(ActionForm):
    """To whom of those who write for the department."""

    to = forms.ModelChoiceField(label=_("Hand over to"), queryset=User.objects.none())
    reason = forms.CharField(label=_("What is still to be done"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = drafters_of(self.article.department).exclude(pk=self.person.pk)


class ReasonForm(ActionForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class WithdrawalForm(ReasonForm):
    notice = forms.CharField(
        label=_("Notice for visitors"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands at the article's address. Empty: “This article was withdrawn.”"),
    )


class EmergencyForm(ReasonForm, SeenDigestForm):
    """Publishing past all approval: which text, and why."""
