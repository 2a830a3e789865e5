"""Forms of the review desk."""

from django import forms
from django.utils.translation import gettext_lazy as _

from articles.forms import MOMENT
from workflow.models import Decision


class DecisionForm(forms.Form):
    """`seen`: digest of the text that was on the page. Which button was pressed comes as `verdict`."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    comment = forms.CharField(
        label=_("Opinion"),
        required=False,
        max_length=Decision._meta.get_field("comment").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when you return the text: what should be changed?"),
    )
    at = forms.DateTimeField(
        label=_("Appears at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        help_text=_("Empty: at once."),
    )


class ReasonForm(forms.Form):
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
